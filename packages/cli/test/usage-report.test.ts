import type { UsageCounter } from '@xwms/core'
import t from 'tap'
import { DIMENSION_NAMES, type Dimension, usageReport } from '../src/usage-report.ts'

const PERIOD = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-02-01T00:00:00Z') }

function counter(changes: Partial<UsageCounter>): UsageCounter {
  return {
    hour: new Date('2026-01-31T13:00:00Z'),
    workspaceId: 'ws_1',
    clientId: 'cl_1',
    domainId: 'dom_1',
    route: 'orders',
    mode: 'live',
    statusClass: 2,
    unitPriceNanoEuro: 1,
    month: new Date('2026-01-01T00:00:00Z'),
    requests: 1n,
    ...changes,
  }
}

t.test('each dimension has a row for each of its values', async t => {
  const other: UsageCounter = counter({
    hour: new Date('2026-01-30T12:00:00Z'),
    clientId: 'cl_2',
    domainId: 'dom_2',
    route: 'info',
    mode: 'test',
    statusClass: 4,
  })
  const values: Record<Dimension, [string, string]> = {
    route: ['info', 'orders'],
    client: ['cl_1', 'cl_2'],
    domain: ['dom_1', 'dom_2'],
    mode: ['live', 'test'],
    status: ['2xx', '4xx'],
    hour: ['2026-01-30T12:00:00.000Z', '2026-01-31T13:00:00.000Z'],
    day: ['2026-01-30', '2026-01-31'],
  }
  for (const by of DIMENSION_NAMES) {
    const { json } = usageReport([counter({}), other, counter({})], by, PERIOD)
    t.match(json, { by, total: { requests: 3 } }, by)
    const rows = (json as { rows: Record<string, unknown>[] }).rows.map(row => row[by])
    t.same(rows, values[by])
  }
})

t.test('large amounts keep every digit', async t => {
  const large = counter({ unitPriceNanoEuro: 3, requests: 3_002_399_751_580_331n })
  t.match(usageReport([large, large], 'route', PERIOD).json, {
    total: { price_nano_euro: '18014398509481986', price: 'EUR 18014398.509481986' },
  })
})

t.test('nothing metered is a total of nothing', async t => {
  t.equal(usageReport([], 'route', PERIOD).text, 'route  requests     price\ntotal         0  EUR 0.00')
})
