import { randomUUID } from 'node:crypto'
import { type MeteredRequest, type SeriesQuery, USAGE_DIMENSIONS, type UsageRow } from '@xwms/core'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const from = new Date('2026-01-01T00:00:00Z')
const to = new Date('2027-01-01T00:00:00Z')

/** A row without what it was not asked for. */
function said(row: UsageRow) {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined))
}

export const usageSeries: Suite = {
  name: 'usage series',
  async run(t, { storage, elsewhere }) {
    const workspaceId = randomUUID()
    const request = (at: string, given: Partial<MeteredRequest> = {}) =>
      fixtures.meteredRequest({ workspaceId, at: new Date(at), route: 'GET /a', ...given })
    await storage.usage.append(
      fixtures.usageBatch([
        request('2026-03-31T22:59:59.999Z', { clientId: 'two', priceNanoEuro: 5 }),
        request('2026-03-31T23:00:00Z', { route: 'GET /b' }),
        request('2026-03-31T23:30:00Z', { status: 404 }),
        request('2026-03-31T23:59:59.999Z', { domainId: undefined }),
        request('2026-04-01T00:00:00Z', { mode: 'test', priceNanoEuro: 0 }),
        request('2026-04-02T00:00:00Z', { domainId: 'dom_0' }),
        fixtures.meteredRequest({ at: new Date('2026-04-02T00:00:00Z') }),
      ]),
    )
    const series = async (query: Partial<SeriesQuery>) => {
      const asked = { workspaceId, from, to, interval: 'none', by: [], ...query } as const
      return (await elsewhere.usage.series(asked)).map(said)
    }
    const all = { requests: 6n, costNanoEuro: 40_005n }

    await t.test('by hour, day, month, or not in time at all', async t => {
      const start = (text: string) => new Date(text)
      t.strictSame(await series({ interval: 'hour' }), [
        { start: start('2026-03-31T22:00:00Z'), requests: 1n, costNanoEuro: 5n },
        { start: start('2026-03-31T23:00:00Z'), requests: 3n, costNanoEuro: 30_000n },
        { start: start('2026-04-01T00:00:00Z'), requests: 1n, costNanoEuro: 0n },
        { start: start('2026-04-02T00:00:00Z'), requests: 1n, costNanoEuro: 10_000n },
      ])
      t.strictSame(await series({ interval: 'day' }), [
        { start: start('2026-03-31T00:00:00Z'), requests: 4n, costNanoEuro: 30_005n },
        { start: start('2026-04-01T00:00:00Z'), requests: 1n, costNanoEuro: 0n },
        { start: start('2026-04-02T00:00:00Z'), requests: 1n, costNanoEuro: 10_000n },
      ])
      t.strictSame(await series({ interval: 'month' }), [
        { start: start('2026-03-01T00:00:00Z'), requests: 4n, costNanoEuro: 30_005n },
        { start: start('2026-04-01T00:00:00Z'), requests: 2n, costNanoEuro: 10_000n },
      ])
      t.strictSame(await series({}), [all])
    })

    await t.test('by each dimension', async t => {
      t.strictSame(await series({ by: ['client'] }), [
        { clientId: 'client', requests: 5n, costNanoEuro: 40_000n },
        { clientId: 'two', requests: 1n, costNanoEuro: 5n },
      ])
      t.strictSame(await series({ by: ['domain'] }), [
        { domainId: 'dom_0', requests: 1n, costNanoEuro: 10_000n },
        { domainId: 'dom_1', requests: 4n, costNanoEuro: 20_005n },
        { requests: 1n, costNanoEuro: 10_000n },
      ])
      t.strictSame(await series({ by: ['route'] }), [
        { route: 'GET /a', requests: 5n, costNanoEuro: 30_005n },
        { route: 'GET /b', requests: 1n, costNanoEuro: 10_000n },
      ])
      t.strictSame(await series({ by: ['mode'] }), [
        { mode: 'live', requests: 5n, costNanoEuro: 40_005n },
        { mode: 'test', requests: 1n, costNanoEuro: 0n },
      ])
      t.strictSame(await series({ by: ['status_class'] }), [
        { statusClass: 2, requests: 5n, costNanoEuro: 30_005n },
        { statusClass: 4, requests: 1n, costNanoEuro: 10_000n },
      ])
      t.strictSame(await series({ by: ['price'] }), [
        { unitPriceNanoEuro: 0, requests: 1n, costNanoEuro: 0n },
        { unitPriceNanoEuro: 5, requests: 1n, costNanoEuro: 5n },
        { unitPriceNanoEuro: 10_000, requests: 4n, costNanoEuro: 40_000n },
      ])
    })

    await t.test('by several at once, in one order whatever order they are asked in', async t => {
      const rows = await series({ interval: 'month', by: ['price', 'client'] })
      t.strictSame(rows, await series({ interval: 'month', by: ['client', 'price'] }))
      t.strictSame(
        rows.map(({ clientId, unitPriceNanoEuro, requests }) => [clientId, unitPriceNanoEuro, requests]),
        [
          ['client', 10_000, 3n],
          ['two', 5, 1n],
          ['client', 0, 1n],
          ['client', 10_000, 1n],
        ],
      )
      t.strictSame(await series({ interval: 'month', by: ['client', 'price'], limit: 2 }), rows.slice(0, 2))
    })

    await t.test('page by page, each row once', async t => {
      const kinds: Partial<SeriesQuery>[] = [
        { interval: 'hour' },
        { interval: 'day', by: ['domain'] },
        { interval: 'month', by: ['client', 'domain', 'price'] },
        { interval: 'none', by: ['domain', 'status_class'] },
        { interval: 'hour', by: [...USAGE_DIMENSIONS] },
        { interval: 'none', by: ['mode'] },
      ]
      for (const kind of kinds) {
        const all = { workspaceId, from, to, interval: 'none', by: [], ...kind } as const
        const rows: UsageRow[] = []
        for (;;) {
          const page = await elsewhere.usage.series({ ...all, limit: 1, after: rows.at(-1) })
          if (page.length === 0) break
          rows.push(...page)
        }
        t.strictSame(rows, await elsewhere.usage.series(all), JSON.stringify(kind))
      }
      const sum = await elsewhere.usage.series({ workspaceId, from, to, interval: 'none', by: [] })
      const after = sum[0]
      t.strictSame(
        await elsewhere.usage.series({ workspaceId, from, to, interval: 'none', by: [], after }),
        [],
        'after the one row of everything there is nothing',
      )
    })

    await t.test('narrowed by each', async t => {
      const requests = async (query: Partial<SeriesQuery>) => (await series(query))[0]?.requests
      t.equal(await requests({ clientId: 'two' }), 1n)
      t.equal(await requests({ domainId: 'dom_0' }), 1n)
      t.equal(await requests({ route: 'GET /a' }), 5n)
      t.equal(await requests({ mode: 'test' }), 1n)
      t.equal(await requests({ statusClass: 4 }), 1n)
      t.equal(await requests({ statusClass: 5 }), undefined)
      t.equal(await requests({ month: new Date('2026-04-01T00:00:00Z') }), 2n)
      t.equal(await requests({ from: new Date('2026-03-31T23:00:00Z') }), 5n)
      t.equal(await requests({ to: new Date('2026-03-31T23:00:00Z') }), 1n)
      t.equal(await requests({ route: 'GET /a', mode: 'live', to: new Date('2026-04-01T00:00:00Z') }), 3n)
      t.strictSame(await series({ workspaceId: 'nobody' }), [], 'nothing is no row')
    })

    await t.test('sums may outgrow what a JavaScript number, and a bigint of PostgreSQL, holds', async t => {
      const clientId = randomUUID()
      const dear = fixtures.meteredRequest({ clientId, priceNanoEuro: Number.MAX_SAFE_INTEGER })
      await storage.usage.append(fixtures.usageBatch(Array.from({ length: 2000 }, () => dear)))
      const [row] = await elsewhere.usage.series({ clientId, from, to, interval: 'none', by: [] })
      t.equal(row?.costNanoEuro, BigInt(Number.MAX_SAFE_INTEGER) * 2000n)
    })
  },
}
