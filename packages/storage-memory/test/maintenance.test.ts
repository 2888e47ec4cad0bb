import { fixtures } from '@xwms/storage-contract'
import t from 'tap'
import { emptyData } from '../src/data.ts'
import { storageOver } from '../src/memory.ts'

const { later } = fixtures
const HOUR = 3600
/** Between one time that something comes and the next. */
const HOURS = 6
const RETENTION = { eventDays: 62, requestLogDays: 2, auditDays: 3 }

/** What grows with time, and not with requests. */
const BY_TIME = ['usageCounters', 'monthTotals']

t.test('under steady load nothing grows without end', async t => {
  const data = emptyData()
  const storage = storageOver(data)
  const client = await fixtures.storedClient(storage, {
    metadata: { backchannel_logout_uri: 'https://shop.example/logout' },
  })
  const workspace = await fixtures.storedWorkspace(storage)

  /** Some of each kind, which lives for an hour. */
  async function feed(hour: number): Promise<void> {
    const at = later(hour * HOUR)
    const given = { createdAt: at, expiresAt: later((hour + 1) * HOUR) }
    for (let times = 0; times < 3; times++) {
      const [session, ended] = [fixtures.session(given), fixtures.session(given)]
      await storage.sessions.create(session)
      await storage.sessions.create(ended)
      await storage.interactions.create(fixtures.interaction(client, given))
      await storage.pushedRequests.create(fixtures.pushedRequest(client, given))
      await storage.deviceCodes.create(fixtures.deviceCode(client, given))
      await storage.codes.create(fixtures.code(client, given))
      await storage.codes.create(fixtures.code(client, { ...given, sid: ended.sid, sub: ended.sub }))
      await storage.sessions.logOut(ended.idHash, at)
      await storage.replays.remember(fixtures.hash(), given.expiresAt, at)
      const grant = fixtures.grant(client)
      const accessToken = fixtures.accessToken(grant, given)
      await storage.tokens.issue({
        grant,
        accessToken,
        refreshToken: fixtures.refreshToken(grant, { ...given, familyExpiresAt: given.expiresAt }),
      })
      await storage.limits.admit([{ key: 'rate', limit: 10, windowStart: at, windowEnd: given.expiresAt }])
      await storage.requestLog.append([fixtures.requestLogEntry({ at })])
      await storage.workspaces.update(workspace, workspace, fixtures.audit({ workspaceId: workspace.id, at }))
      await storage.blocks.add(fixtures.block(given))
      await storage.failures.record(fixtures.failure({ at, expiresAt: given.expiresAt }), at)
      await storage.knownOrigins.see('secret', fixtures.hash(), at)
      await storage.workspaceEvents.record(fixtures.workspaceEvent({ at }))
      const caller = { ip: '192.0.2.1', userAgent: undefined }
      const window = { key: fixtures.hash(), start: at, end: given.expiresAt, since: at, used: 1 }
      await storage.usage.append(fixtures.usageBatch([fixtures.meteredRequest({ at, caller })], [window]))
    }
    await storage.maintenance.run(at, RETENTION)
  }

  function sizes(): ReadonlyMap<string, number> {
    const size = (kept: object): number => {
      if ('size' in kept) {
        const inner = kept instanceof Map ? [...kept.values()].filter(value => value instanceof Map) : []
        return (kept.size as number) + inner.reduce((sum, map) => sum + map.size, 0)
      }
      return Array.isArray(kept) ? kept.length : (kept as { list(): unknown[] }).list().length
    }
    const kept = Object.entries(data).filter(([name]) => name !== 'usageBatches')
    return new Map(kept.map(([name, of]) => [name, size(of)]))
  }

  // Everything is kept for 62 days at most.
  const steady = 63 * 24
  for (let hour = 0; hour < steady; hour += HOURS) await feed(hour)
  const before = sizes()
  for (let hour = steady; hour < 2 * steady; hour += HOURS) await feed(hour)
  for (const [name, size] of sizes()) {
    const most = before.get(name) ?? 0
    if (BY_TIME.includes(name)) t.ok(size > most, `${name} grew from ${most} to ${size}`)
    else t.ok(size <= most, `${name} stayed at ${size}`)
  }
  const counters = await storage.usage.counters({ from: later(-HOUR), to: later(4 * steady * HOUR) })
  t.equal(
    counters.reduce((sum, { requests }) => sum + requests, 0n),
    BigInt((2 * steady * 3) / HOURS),
    'what invoices are made from is complete',
  )
})
