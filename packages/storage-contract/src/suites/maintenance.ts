import { randomUUID } from 'node:crypto'
import { monthAfter, monthOf } from '@xwms/core'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures
const HOUR = 3600
const DAY = 24 * HOUR

const RETENTION = { eventDays: 100, requestLogDays: 10, auditDays: 50 }

/** The moment so many days later; before it, when negative. */
function daysAfter(moment: Date, days: number): Date {
  return new Date(moment.getTime() + days * DAY * 1000)
}

export const maintenance: Suite = {
  name: 'maintenance',
  async run(t, { storage, elsewhere, race }) {
    const run = (at: Date, by = storage) => by.maintenance.run(at, RETENTION)

    await t.test('what expired stays for a day, in which a replay is recognised, and then goes', async t => {
      const client = await fixtures.storedClient(storage)
      const session = fixtures.session()
      const interaction = fixtures.interaction(client)
      const deviceCode = fixtures.deviceCode(client)
      const [code, pushed] = [fixtures.code(client), fixtures.pushedRequest(client)]
      await storage.sessions.create(session)
      await storage.interactions.create(interaction)
      await storage.pushedRequests.create(pushed)
      await storage.deviceCodes.create(deviceCode)
      await storage.codes.create(code)
      t.match(await storage.codes.consume(code.hash, later(1)), { outcome: 'consumed' })

      t.ok(await run(later(DAY)))
      t.match(await elsewhere.codes.consume(code.hash, later(DAY)), { outcome: 'replayed' })
      t.ok(await elsewhere.interactions.find(interaction.hash))
      t.ok(await elsewhere.deviceCodes.find(deviceCode.hash))

      t.ok(await run(later(2 * DAY), elsewhere))
      t.match(await storage.codes.consume(code.hash, later(2 * DAY)), { outcome: 'unknown' })
      t.equal(await storage.interactions.find(interaction.hash), undefined)
      t.equal(await storage.deviceCodes.find(deviceCode.hash), undefined)
      // Asked as of a time before they expired: their rows are gone.
      t.equal(await storage.pushedRequests.find(pushed.hash, now), undefined)
      t.equal(await storage.sessions.find(session.idHash, now), undefined)
    })

    await t.test('tokens go, and a grant with the last of its own', async t => {
      const client = await fixtures.storedClient(storage)
      const [short, long] = [fixtures.grant(client), fixtures.grant(client)]
      const lasting = fixtures.refreshToken(long, {
        expiresAt: later(9 * DAY),
        familyExpiresAt: later(9 * DAY),
      })
      const tokens = [fixtures.accessToken(short), fixtures.accessToken(long)] as const
      await storage.tokens.issue({
        grant: short,
        accessToken: tokens[0],
        refreshToken: fixtures.refreshToken(short, { expiresAt: later(HOUR) }),
      })
      await storage.tokens.issue({ grant: long, accessToken: tokens[1], refreshToken: lasting })

      t.ok(await run(later(3 * DAY)))
      for (const { hash } of tokens) t.equal(await elsewhere.tokens.findAccessToken(hash, now), undefined)
      t.equal(await elsewhere.tokens.isGrantLive(short.id, []), false)
      t.equal(await elsewhere.tokens.isGrantLive(long.id, []), true)
      t.ok(await elsewhere.tokens.findRefreshToken(lasting.hash))

      t.ok(await run(later(11 * DAY)))
      t.equal(await elsewhere.tokens.isGrantLive(long.id, []), false)
      t.equal(await elsewhere.tokens.findRefreshToken(lasting.hash), undefined)
    })

    await t.test('what was used once is remembered until it expires', async t => {
      const key = fixtures.hash()
      await storage.replays.remember(key, later(HOUR), now)
      t.ok(await run(later(HOUR - 1)))
      t.equal(await elsewhere.replays.remember(key, later(HOUR), later(HOUR - 1)), false)
    })

    await t.test('deliveries that nobody delivers are given up', async t => {
      const client = await fixtures.storedClient(storage, {
        metadata: { backchannel_logout_uri: 'https://shop.example/logout' },
      })
      for (const at of [now, later(5 * DAY)]) {
        const session = fixtures.session({ expiresAt: later(10 * DAY) })
        await storage.sessions.create(session)
        await storage.codes.create(fixtures.code(client, { sid: session.sid, sub: session.sub }))
        await storage.sessions.logOut(session.idHash, at)
      }
      t.ok(await run(later(5 * DAY)))
      const left = await elsewhere.logoutDeliveries.claim(later(9 * DAY), later(10 * DAY), 10)
      t.strictSame(
        left.map(({ createdAt }) => createdAt),
        [later(5 * DAY)],
      )
    })

    await t.test('the request log and the audit go after their own times', async t => {
      const workspace = await fixtures.storedWorkspace(storage)
      const clientId = randomUUID()
      for (const day of [0, 30, 45]) {
        const at = later(day * DAY)
        const action = `day.${day}`
        await storage.requestLog.append([fixtures.requestLogEntry({ clientId, at })])
        const entry = fixtures.audit({ workspaceId: workspace.id, at, action })
        await storage.workspaces.update(workspace, workspace, entry)
      }
      t.ok(await run(later(54 * DAY)))
      const log = await elsewhere.requestLog.search({
        workspaceId: 'workspace',
        clientId,
        from: later(0),
        to: later(54 * DAY),
        limit: 10,
      })
      t.strictSame(
        log.map(({ at }) => at),
        [later(45 * DAY)],
      )
      const audit = await elsewhere.audit.list(workspace.id, 10)
      t.strictSame(
        audit.map(({ action }) => action),
        ['day.45', 'day.30'],
      )
    })

    await t.test('blocks go a month after they ended, failures when they count no more', async t => {
      const [over, lasting] = [
        fixtures.block({ expiresAt: later(DAY) }),
        fixtures.block({ expiresAt: later(2 * DAY) }),
      ]
      await storage.blocks.add(over)
      await storage.blocks.add(lasting)
      const failure = fixtures.failure({ expiresAt: later(HOUR) })
      await storage.failures.record(failure, now)
      t.ok(await run(later(31.5 * DAY)))
      const left = await elsewhere.blocks.get([over.id, lasting.id])
      t.strictSame(
        left.map(({ id }) => id),
        [lasting.id],
      )
      const { purpose, origin, subject } = failure
      const next = fixtures.failure({ purpose, origin, subject, at: later(1) })
      t.match(await elsewhere.failures.record(next, now), { pair: 1, pairTriedAt: undefined })
    })

    await t.test('events of a workspace go with the audit, and may then come again', async t => {
      const event = fixtures.workspaceEvent()
      await storage.workspaceEvents.record(event)
      t.ok(await run(later(49 * DAY)))
      t.strictSame(await elsewhere.workspaceEvents.record(event), { outcome: 'known' })
      t.ok(await run(later(51 * DAY)))
      t.strictSame(await elsewhere.workspaceEvents.record(event), { outcome: 'recorded' })
    })

    await t.test('the report names every table, and what went', async t => {
      const session = fixtures.session()
      await storage.sessions.create(session)
      await run(later(60 * DAY))
      await storage.sessions.create(fixtures.session())
      const report = await run(later(60 * DAY))
      const tables = report?.tables ?? []
      t.equal(tables.find(({ table }) => table === 'sessions')?.removed, 1)
      t.equal(tables.find(({ table }) => table === 'codes')?.removed, 0)
      t.ok(tables.every(({ durationMs }) => durationMs >= 0))
      t.equal(new Set(tables.map(({ table }) => table)).size, tables.length)
    })

    await t.test('of several at once each table is worked on by one', async t => {
      for (let index = 0; index < 50; index++) await storage.sessions.create(fixtures.session())
      const reports = await race(6, storage => storage.maintenance.run(later(60 * DAY), RETENTION))
      const worked = reports.filter(report => report !== undefined)
      t.ok(worked.length >= 1)
      const removed = worked.flatMap(({ tables }) => tables.filter(({ table }) => table === 'sessions'))
      t.equal(
        removed.reduce((sum, { removed }) => sum + removed, 0),
        50,
      )
    })

    await t.test(
      'what is exactly as old as its retention stays, and what is a moment older goes',
      async t => {
        // A month and days begin at each edge: a storage may remove whole ones, and nothing sooner.
        const month = monthAfter(now)
        const at = daysAfter(month, RETENTION.eventDays)
        const aged = (days: number) => {
          const edge = daysAfter(at, -days)
          return [edge, new Date(edge.getTime() - 1)]
        }
        const workspace = await fixtures.storedWorkspace(storage)
        const { id: workspaceId } = workspace
        const clientId = randomUUID()
        const events = aged(RETENTION.eventDays).map(at => fixtures.meteredRequest({ workspaceId, at }))
        await storage.usage.append(fixtures.usageBatch(events))
        for (const at of aged(RETENTION.requestLogDays))
          await storage.requestLog.append([fixtures.requestLogEntry({ workspaceId, clientId, at })])
        for (const at of aged(RETENTION.auditDays)) {
          const entry = fixtures.audit({ workspaceId, at, action: 'edge' })
          await storage.workspaces.update(workspace, workspace, entry)
        }

        t.ok(await run(at))
        const all = { workspaceId, from: new Date(0), to: at }
        const times = (entries: readonly { readonly at: Date }[]) => entries.map(({ at }) => at)
        t.strictSame(times(await elsewhere.usage.events(all, 10)), [month])
        t.strictSame(times(await elsewhere.requestLog.search({ ...all, clientId, limit: 10 })), [
          daysAfter(at, -RETENTION.requestLogDays),
        ])
        const edits = (await elsewhere.audit.list(workspaceId, 10)).filter(({ action }) => action === 'edge')
        t.strictSame(times(edits), [daysAfter(at, -RETENTION.auditDays)])

        const counters = await elsewhere.usage.counters(all)
        t.equal(
          counters.reduce((sum, { requests }) => sum + requests, 0n),
          2n,
          'what invoices are made from stays',
        )
        const compare = (eventsSince: Date) =>
          elsewhere.reconciler.compare({ workspaceId, from: monthOf(now), to: month, eventsSince }, 10)
        const whole = { events: 1n, counted: 1n, differing: 0 }
        t.match(await compare(month), { ...whole, eventsSince: month })
        t.match(
          await compare(monthOf(now)),
          { ...whole, eventsSince: month },
          'what went is known to have gone',
        )
        const hour = new Date(month.getTime() + HOUR * 1000)
        t.match(await compare(hour), { events: 0n, counted: 0n, differing: 0, eventsSince: hour })

        const late = fixtures.meteredRequest({ workspaceId, at: monthOf(now) })
        await storage.usage.append(fixtures.usageBatch([late]))
        t.match(
          await compare(monthOf(now)),
          { ...whole, eventsSince: month },
          'one that comes late brings none back',
        )
        t.ok(await storage.maintenance.run(daysAfter(at, -1), { ...RETENTION, eventDays: 400 }))
        t.match(
          await compare(monthOf(now)),
          { ...whole, eventsSince: month },
          'and a longer retention neither',
        )
      },
    )

    await t.test('a run that is to end does no more', async t => {
      await storage.sessions.create(fixtures.session())
      const report = await storage.maintenance.run(later(60 * DAY), RETENTION, AbortSignal.abort())
      t.ok(report?.tables.every(({ removed }) => removed === 0))
    })
  },
}
