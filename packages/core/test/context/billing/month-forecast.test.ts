import * as fc from 'fast-check'
import t from 'tap'
import { monthCost } from '../../../src/context/billing/month-cost.ts'
import { type ForecastBasis, monthForecast } from '../../../src/context/billing/month-forecast.ts'
import type { MonthCost, MonthUsage } from '../../../src/model/invoice.ts'
import type { Price } from '../../../src/model/price.ts'
import { divided, someTerms, someUsage, usage } from './month.ts'

const month = new Date('2026-09-01T00:00:00Z')
const end = new Date('2026-10-01T00:00:00Z')
const at = (day: number) => new Date(Date.UTC(2026, 8, day))
const terms = { feeNanoEuro: 1_000_000_000, includedRequests: 100, vatBasisPoints: 2000 }

const forecast = (of: readonly MonthUsage[], now: Date, given: Partial<ForecastBasis> = {}) =>
  monthForecast(of, terms, { month, now, since: new Date('2020-01-01T00:00:00Z'), prices: {}, ...given })

t.test('requests go on as they came, and the allowance is used up on the way', async t => {
  const counted = [usage({ requests: 50n }), usage({ requests: 5n, mode: 'test' })]
  const half = forecast(counted, at(16))
  t.match(half?.lines, [{ requests: 110n, free: 10n, included: 100n, billable: 0n }])
  const tenth = forecast(counted, at(4))
  t.match(tenth?.lines, [
    { requests: 550n, free: 50n, included: 100n, billable: 400n, amountNanoEuro: 4_000_000n },
  ])
  t.equal(tenth?.netNanoEuro, 1_004_000_000n)
})

t.test('a workspace that was first used within the month is reckoned from then', async t => {
  const counted = [usage({ requests: 500n })]
  t.match(forecast(counted, at(21), { since: at(11) })?.lines, [{ requests: 1000n }])
})

t.test('before a day was seen nothing can be said, and after the end everything is known', async t => {
  const counted = [usage({ requests: 500n })]
  const minute = 60_000
  const almost = (day: number) => new Date(at(day).getTime() - minute)
  for (const now of [at(-3), month, almost(2)]) t.equal(forecast(counted, now), undefined, String(now))
  t.equal(forecast(counted, almost(13), { since: at(12) }), undefined)
  t.match(forecast(counted, at(2))?.lines, [{ requests: 15_000n }])
  t.match(forecast(counted, at(13), { since: at(12) })?.lines, [{ requests: 9500n }])
  for (const now of [end, at(60)]) t.strictSame(forecast(counted, now), monthCost(counted, terms))
  t.strictSame(forecast(counted, end, { since: almost(31) }), monthCost(counted, terms))
})

/** Billed and included requests of each line, by route and unit price. */
const priced = (cost: MonthCost | undefined) =>
  cost?.lines.map(line => [line.route, line.unitPriceNanoEuro, Number(line.requests)])

t.test('what is to come has the price that holds then', async t => {
  const rise: Price = [{ nanoEuro: 10 }, { nanoEuro: 20, from: at(11) }]
  const ten = (given = {}) => usage({ unitPriceNanoEuro: 10, requests: 100n, ...given })
  const twenty = (given = {}) => usage({ unitPriceNanoEuro: 20, requests: 50n, ...given })
  const route = 'GET /orders'
  const table: [
    name: string,
    of: MonthUsage[],
    prices: Record<string, Price>,
    expected: [string, number, number][],
  ][] = [
    [
      'one that changed holds on',
      [ten(), twenty()],
      { rise },
      [
        [route, 20, 200],
        [route, 10, 100],
      ],
    ],
    [
      'and has held since before anybody came again',
      [ten()],
      { rise },
      [
        [route, 20, 100],
        [route, 10, 100],
      ],
    ],
    ['one that did not change', [ten()], { plain: 10, rise }, [[route, 10, 200]]],
    [
      'two of which one changed are told apart by the route',
      [ten(), twenty(), ten({ route: 'GET /stock' })],
      { plain: 10, rise },
      [
        [route, 20, 200],
        [route, 10, 100],
        ['GET /stock', 10, 200],
      ],
    ],
    [
      'one that will change',
      [ten({ requests: 150n })],
      { later: [{ nanoEuro: 10 }, { nanoEuro: 30, from: at(26) }] },
      [
        [route, 30, 50],
        [route, 10, 250],
      ],
    ],
    [
      'one that changes with the next month',
      [ten()],
      { later: [{ nanoEuro: 10 }, { nanoEuro: 30, from: end }] },
      [[route, 10, 200]],
    ],
    [
      'one that was nothing',
      [usage({ unitPriceNanoEuro: 0, requests: 100n })],
      { trial: [{ nanoEuro: 5, from: at(11) }] },
      [[route, 5, 200]],
    ],
    [
      'what nobody pays for stays free',
      [
        usage({ unitPriceNanoEuro: 0, requests: 100n, mode: 'test' }),
        usage({ unitPriceNanoEuro: 0, statusClass: 5 }),
      ],
      { trial: [{ nanoEuro: 5, from: at(11) }] },
      [[route, 0, 202]],
    ],
    ['one that is configured no more', [ten()], {}, [[route, 10, 200]]],
  ]
  for (const [name, of, prices, expected] of table)
    t.strictSame(priced(forecast(of, at(16), { prices })), expected, name)
})

t.test('a forecast is the same for any division, and never below what is owed already', async () => {
  const moment = fc.integer({ min: at(2).getTime(), max: end.getTime() - 1 }).map(ms => new Date(ms))
  const prices = {
    a: 1,
    b: [{ nanoEuro: 3 }, { nanoEuro: 10_000, from: at(9) }, { nanoEuro: 1, from: at(21) }],
  }
  fc.assert(
    fc.property(
      someUsage.chain(of => fc.tuple(fc.constant(of), divided(of))),
      someTerms,
      moment,
      ([whole, parts], someTerms, now) => {
        const basis = { month, now, since: month, prices }
        const forecast = monthForecast(whole, someTerms, basis)
        t.matchOnly(monthForecast(parts, someTerms, basis), forecast)
        t.ok((forecast?.grossCents ?? 0n) >= monthCost(whole, someTerms).grossCents)
      },
    ),
    { numRuns: 200 },
  )
})
