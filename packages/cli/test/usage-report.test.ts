import type { MonthSummary, SeriesQuery, UsageRow } from '@xwms/core'
import t from 'tap'
import { usageReport } from '../src/usage-report.ts'

const QUERY: SeriesQuery = {
  from: new Date('2026-01-01T00:00:00Z'),
  to: new Date('2026-02-01T00:00:00Z'),
  interval: 'none',
  by: ['route'],
}
const NOTHING = { requests: 0, cost_nano_euro: '0', cost: 'EUR 0.00' }

function row(changes: Partial<UsageRow>): UsageRow {
  return {
    start: undefined,
    clientId: undefined,
    domainId: undefined,
    route: 'orders',
    mode: undefined,
    statusClass: undefined,
    unitPriceNanoEuro: undefined,
    requests: 1n,
    costNanoEuro: 10_000n,
    ...changes,
  }
}

const SO_FAR: MonthSummary['so_far'] = {
  requests: 3,
  free: 0,
  included: 1,
  billable: 2,
  fee_nano_euro: '0',
  net_nano_euro: '20000',
  net: 'EUR 0.00002',
}

t.test('people see a table with its total, and what the month costs', async t => {
  const { text } = usageReport({
    query: QUERY,
    rows: [row({}), row({ route: 'stock', requests: 2n, costNanoEuro: 0n })],
    total: { requests: 3, cost_nano_euro: '10000', cost: 'EUR 0.00001' },
    month: {
      month: '2026-01',
      invoice: null,
      so_far: SO_FAR,
      forecast: { ...SO_FAR, requests: 30, net: 'EUR 0.01' },
      forecast_capped: false,
    },
  })
  t.equal(
    text,
    [
      'route   requests         cost',
      'orders         1  EUR 0.00001',
      'stock          2     EUR 0.00',
      'total          3  EUR 0.00001',
      '',
      '2026-01   requests  included  billable          net',
      'so far           3         1         2  EUR 0.00002',
      'forecast        30         1         2     EUR 0.01',
    ].join('\n'),
  )
})

t.test('where there is no forecast yet, it is said what it needs', async t => {
  const total = { requests: 3, cost_nano_euro: '10000', cost: 'EUR 0.00001' }
  const month = { month: '2026-01', invoice: null, so_far: SO_FAR, forecast: null, forecast_capped: false }
  const { text } = usageReport({ query: QUERY, rows: [row({})], total, month })
  t.match(text, /so far .*\nA forecast needs a day of use in this month\.$/)
})

t.test('where a cap ends a forecast, people are told', async t => {
  const total = { requests: 3, cost_nano_euro: '10000', cost: 'EUR 0.00001' }
  const month = { month: '2026-01', invoice: null, so_far: SO_FAR, forecast: SO_FAR, forecast_capped: true }
  const { text, json } = usageReport({ query: QUERY, rows: [row({})], total, month })
  t.match(
    text,
    /forecast .*\nA cap will refuse requests before the month ends, if they go on coming like this\.$/,
  )
  t.match(json, { month: { forecast_capped: true } })
})

t.test('people read why an invoice says less than usage, and a closed month names its invoice', async t => {
  const later = { month: '2026-01', requests: 18, billed_in: '2026-02', invoice: null }
  const { text, json } = usageReport({
    query: QUERY,
    rows: [row({})],
    total: { requests: 45, cost_nano_euro: '10000', cost: 'EUR 0.00001' },
    billedLater: [later, { ...later, month: '2025-12', requests: 1, invoice: 'INV-2026-000002' }],
    month: {
      month: '2026-01',
      invoice: 'INV-2026-000001',
      so_far: SO_FAR,
      forecast: null,
      forecast_capped: false,
    },
  })
  t.match(
    text,
    [
      '18 of 2026-01 came in after its invoice and are billed with the invoice for 2026-02.',
      '1 of 2025-12 came in after its invoice and is billed with invoice INV-2026-000002 (2026-02).',
      '2026-01          requests  included  billable          net',
      'INV-2026-000001         3         1         2  EUR 0.00002',
    ]
      .join('\n\n')
      .replace(/net\n\n/, 'net\n'),
  )
  t.match(json, { billed_later: [later, { invoice: 'INV-2026-000002' }] })
})

t.test('programs see what the management API tells', async t => {
  const large = 18_014_398_509_481_986n
  const start = new Date('2026-01-31T00:00:00Z')
  const { json } = usageReport({
    query: { ...QUERY, interval: 'day', by: ['domain', 'price'] },
    rows: [row({ start, unitPriceNanoEuro: 3, requests: 6_004_799_503_160_662n, costNanoEuro: large })],
    total: NOTHING,
    month: undefined,
  })
  t.strictSame(json, {
    from: QUERY.from,
    to: QUERY.to,
    interval: 'day',
    by: ['domain', 'price'],
    series: [
      {
        start: '2026-01-31T00:00:00.000Z',
        domain_id: null,
        unit_price_nano_euro: '3',
        requests: 6_004_799_503_160_662,
        cost_nano_euro: '18014398509481986',
        cost: 'EUR 18014398.509481986',
      },
    ],
    total: NOTHING,
    billed_later: [],
  })
})

t.test('people see hosts and prices, programs ids and nano-euro', async t => {
  const { text, json } = usageReport({
    query: { ...QUERY, by: ['domain', 'price'] },
    rows: [
      row({ domainId: 'dom_1', unitPriceNanoEuro: 10_000 }),
      row({ domainId: 'dom_2', unitPriceNanoEuro: 0, costNanoEuro: 0n }),
      row({ domainId: undefined, unitPriceNanoEuro: 0, costNanoEuro: 0n }),
    ],
    total: { requests: 3, cost_nano_euro: '10000', cost: 'EUR 0.00001' },
    month: undefined,
    hosts: new Map([['dom_1', 'shop.example']]),
  })
  t.equal(
    text,
    [
      'domain         unit price  requests         cost',
      'shop.example  EUR 0.00001         1  EUR 0.00001',
      'dom_2            EUR 0.00         1     EUR 0.00',
      '-                EUR 0.00         1     EUR 0.00',
      'total                   -         3  EUR 0.00001',
    ].join('\n'),
  )
  t.match(json, { series: [{ domain_id: 'dom_1', unit_price_nano_euro: /10000/ }] })
  t.notOk(JSON.stringify(json).includes('shop.example'))
})

t.test('prices in the first column have a total beneath them', async t => {
  const total = { requests: 1, cost_nano_euro: '10000', cost: 'EUR 0.00001' }
  const rows = [row({ unitPriceNanoEuro: 10_000 })]
  const { text } = usageReport({ query: { ...QUERY, by: ['price'] }, rows, total, month: null })
  t.match(text, /\nEUR 0\.00001 .*\n *total /)
})

t.test('nothing metered is a total of nothing', async t => {
  const nothing = { rows: [], total: NOTHING, month: null }
  t.equal(
    usageReport({ query: QUERY, ...nothing }).text,
    'route  requests      cost\ntotal         0  EUR 0.00',
  )
  t.equal(
    usageReport({ query: { ...QUERY, by: [] }, ...nothing }).text,
    'requests      cost\n       0  EUR 0.00',
  )
})
