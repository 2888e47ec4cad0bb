import { randomUUID } from 'node:crypto'
import {
  type MeteredRequest,
  type RequestLogEntry,
  type RequestLogQuery,
  type Storage,
  usageEventId,
} from '@xwms/core'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { later } = fixtures

export const requestLog: Suite = {
  name: 'request log',
  async run(t, { storage, elsewhere }) {
    const period = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2027-01-01T00:00:00Z') }

    const logged = ({ requestLog }: Storage, clientId: string, limit = 10) =>
      requestLog.search({ ...period, workspaceId: 'workspace', clientId, limit })

    await t.test("a client's entries come back as they went in, newest first, at most so many", async t => {
      const clientId = randomUUID()
      const entries = [
        fixtures.requestLogEntry({ clientId, userAgent: 'agent “ü”', domainId: 'dom_1' }),
        fixtures.requestLogEntry({ clientId, at: later(1), refusedBy: undefined, facts: {} }),
        fixtures.requestLogEntry({ clientId, at: later(2), status: 500 }),
      ]
      await storage.requestLog.append([...entries, fixtures.requestLogEntry()])
      const newestFirst = [...entries].reverse()
      t.strictSame(await logged(elsewhere, clientId), newestFirst)
      t.strictSame(await logged(elsewhere, clientId, 2), newestFirst.slice(0, 2))
      t.strictSame(await logged(storage, 'unknown'), [])
    })

    await t.test('an entry that is written again is there once', async t => {
      const clientId = randomUUID()
      const entry = fixtures.requestLogEntry({ clientId })
      await storage.requestLog.append([entry, entry])
      await elsewhere.requestLog.append([entry])
      await storage.requestLog.append([])
      t.strictSame(await logged(storage, clientId), [entry])
    })

    await t.test('a search narrows by each thing that it names, newest first', async t => {
      const workspaceId = randomUUID()
      const entry = (seconds: number, given: Partial<RequestLogEntry>) =>
        fixtures.requestLogEntry({ workspaceId, at: later(seconds), ...given })
      const plain = entry(0, {})
      const client = entry(1, { clientId: 'another' })
      const domain = entry(86_400, { domainId: 'dom_1', status: 404 })
      const other = entry(2 * 86_400, { route: 'GET /', status: 503, refusedBy: undefined, facts: {} })
      const who = entry(31 * 86_400, { ip: '192.0.2.9', refusedBy: 'rate_limited', status: 429 })
      await storage.requestLog.append([who, plain, other, domain, client])
      const admitted = fixtures.meteredRequest({
        workspaceId,
        at: later(3),
        caller: { ip: '192.0.2.7', userAgent: undefined },
      })
      await storage.usage.append(fixtures.usageBatch([admitted]))

      const requestIds = async (query: Partial<RequestLogQuery>) => {
        const found = await elsewhere.requestLog.search({ workspaceId, ...period, limit: 100, ...query })
        return found.map(({ requestId }) => requestId)
      }
      const ids = (...entries: { requestId: string }[]) => entries.map(({ requestId }) => requestId)
      t.strictSame(await requestIds({}), ids(who, other, domain, admitted, client, plain))
      t.strictSame(await requestIds({ limit: 2 }), ids(who, other))
      t.strictSame(await requestIds({ clientId: 'another' }), ids(client))
      t.strictSame(await requestIds({ domainId: 'dom_1' }), ids(domain, admitted))
      t.strictSame(await requestIds({ route: 'GET /' }), ids(other))
      t.strictSame(await requestIds({ status: 403 }), ids(client, plain))
      t.strictSame(await requestIds({ statusClass: 4 }), ids(who, domain, client, plain))
      t.strictSame(await requestIds({ statusClass: 2 }), ids(admitted))
      t.strictSame(await requestIds({ refusedBy: 'rate_limited' }), ids(who))
      t.strictSame(await requestIds({ ip: '192.0.2.7' }), ids(admitted))
      t.strictSame(await requestIds({ requestId: domain.requestId }), ids(domain))
      t.strictSame(await requestIds({ from: later(1), to: later(86_400) }), ids(admitted, client))
      t.strictSame(await requestIds({ clientId: 'another', statusClass: 5 }), [])
      t.strictSame(await requestIds({ workspaceId: 'nobody' }), [])
    })

    await t.test('page after page, a search gives every entry once, those of one moment as well', async t => {
      const workspaceId = randomUUID()
      const entries = Array.from({ length: 23 }, (_, index) =>
        fixtures.requestLogEntry({ workspaceId, at: later(Math.floor(index / 5) * 43_200) }),
      )
      await storage.requestLog.append(entries)
      const seen: RequestLogEntry[] = []
      for (;;) {
        const before = seen.at(-1)
        const page = await elsewhere.requestLog.search({
          workspaceId,
          ...period,
          limit: 4,
          ...(before && { before }),
        })
        if (page.length === 0) break
        seen.push(...page)
      }
      t.equal(new Set(seen.map(({ id }) => id)).size, 23)
      t.equal(seen.length, 23)
      const times = seen.map(({ at }) => at.getTime())
      t.strictSame(times, [...times].sort().reverse())
      const nowhere = { at: later(43_200), id: 'no entry of any log' }
      const older = await storage.requestLog.search({ workspaceId, ...period, limit: 100, before: nowhere })
      t.ok(older.length >= 5 && older.every(({ at }) => at <= nowhere.at), 'a place where nothing is')
    })

    await t.test('the request log keeps those whose caller is told, as they were', async t => {
      const clientId = randomUUID()
      const caller = { ip: 'fe80::1%eth0', userAgent: 'agent “ü”' }
      const requests = [
        fixtures.meteredRequest({ clientId, caller }),
        fixtures.meteredRequest({ clientId, at: fixtures.later(1) }),
        fixtures.meteredRequest({
          clientId,
          at: fixtures.later(2),
          caller: { ...caller, userAgent: undefined },
        }),
      ]
      const batch = fixtures.usageBatch(requests)
      await storage.usage.append(batch)
      await elsewhere.usage.append(batch)
      const [first, , third] = requests as [MeteredRequest, MeteredRequest, MeteredRequest]
      const entry = ({ mode, sub, priceNanoEuro, caller, ...request }: MeteredRequest, position: number) => ({
        id: usageEventId(batch.id, position),
        ...request,
        ip: caller?.ip,
        userAgent: caller?.userAgent,
        refusedBy: undefined,
        facts: {},
      })
      const { workspaceId } = first
      t.strictSame(await elsewhere.requestLog.search({ workspaceId, clientId, ...period, limit: 10 }), [
        entry(third, 2),
        entry(first, 0),
      ])
    })
  },
}
