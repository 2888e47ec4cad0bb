import * as fc from 'fast-check'
import t from 'tap'
import { isPaid, monthCost } from '../../../src/context/billing/month-cost.ts'
import { type ForecastBasis, monthForecast } from '../../../src/context/billing/month-forecast.ts'
import type { MonthCost, MonthUsage } from '../../../src/model/invoice.ts'
import type { Price } from '../../../src/model/price.ts'
import { divided, someCaps, someTerms, someUsage, usage } from './month.ts'

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

t.test('late requests of earlier months are counted, and do not go on', async t => {
  const table: [name: string, of: MonthUsage[], requests: bigint | undefined][] = [
    ['none of the month itself', [usage({ requests: 1000n, late: 1000n })], 1000n],
    // Of 30 days one has passed: 40 of the month itself become 1,200.
    ['some', [usage({ requests: 1040n, late: 1000n })], 2200n],
    ['those that nobody pays for, too', [usage({ requests: 7n, late: 7n, statusClass: 5 })], 7n],
    ['in counters of their own', [usage({ requests: 40n }), usage({ requests: 1000n, late: 1000n })], 2200n],
  ]
  for (const [name, of, requests] of table) t.equal(forecast(of, at(2))?.lines[0]?.requests, requests, name)
  const capped = forecast([usage({ requests: 1040n, late: 1000n })], at(2), { caps: { requests: 1500 } })
  t.match(capped?.lines, [{ requests: 1500n }], 'and take room of a cap')
  const prices: Record<string, Price> = { plain: 10, rise: [{ nanoEuro: 10 }, { nanoEuro: 20, from: at(3) }] }
  const old = usage({ unitPriceNanoEuro: 20, requests: 9n, late: 9n })
  t.strictSame(
    priced(forecast([usage({ unitPriceNanoEuro: 10, requests: 100n }), old], at(16), { prices })),
    [
      ['GET /orders', 20, 9],
      ['GET /orders', 10, 200],
    ],
    'nor do they say what the route is charged at now',
  )
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

t.test('what a cap refuses is not to come', async t => {
  const [dear, cheap] = [
    usage({ route: 'dear', unitPriceNanoEuro: 100, requests: 100n }),
    usage({ route: 'cheap', unitPriceNanoEuro: 7, requests: 100n }),
  ]
  const free = usage({ route: 'test', mode: 'test', unitPriceNanoEuro: 0, requests: 10n })
  const all = [dear, cheap, free]
  const table: [name: string, caps: ForecastBasis['caps'], included: number, dear: bigint, cheap: bigint][] =
    [
      ['no cap', undefined, 0, 200n, 200n],
      ['caps that nobody set', { requests: undefined, spendNanoEuro: undefined }, 0, 200n, 200n],
      ['a cap of requests that is not reached', { requests: 400 }, 0, 200n, 200n],
      ['a cap of requests', { requests: 300 }, 0, 150n, 150n],
      ['an odd one', { requests: 301 }, 0, 151n, 150n],
      ['one that holds for included requests, too', { requests: 300 }, 1000, 150n, 150n],
      ['one that was made smaller than what is used', { requests: 5 }, 0, 100n, 100n],
      ['a spend cap', { spendNanoEuro: 16_050 }, 0, 150n, 150n],
      ['a spend cap, of which cheap requests take the rest', { spendNanoEuro: 16_064 }, 0, 150n, 152n],
      [
        'a spend cap, which counts from behind the included requests',
        { spendNanoEuro: 1400 },
        200,
        200n,
        200n,
      ],
      ['of both the first that is reached', { requests: 300, spendNanoEuro: 21_399 }, 0, 150n, 150n],
      ['of both the other', { requests: 399, spendNanoEuro: 16_050 }, 0, 150n, 150n],
      ['nothing', { requests: 0, spendNanoEuro: 0 }, 0, 100n, 100n],
    ]
  for (const [name, caps, includedRequests, ...expected] of table) {
    const basis = { month, now: at(16), since: month, prices: {}, caps }
    const { lines = [] } = monthForecast(all, { ...terms, includedRequests }, basis) ?? {}
    t.strictSame(
      ['dear', 'cheap', 'test'].map(route => lines.find(line => line.route === route)?.requests),
      [...expected, 20n],
      name,
    )
  }
})

t.test('what has no price yet goes on, and is refused from when it has one', async t => {
  const trial: Price = [{ nanoEuro: 0 }, { nanoEuro: 5, from: at(21) }]
  const counted = [usage({ unitPriceNanoEuro: 0, requests: 300n })]
  t.match(forecast(counted, at(16), { prices: { trial }, caps: { requests: 30 } })?.lines, [
    { unitPriceNanoEuro: 5, requests: 430n, free: 400n },
  ])
})

const moment = fc.integer({ min: at(2).getTime(), max: end.getTime() - 1 }).map(ms => new Date(ms))
const changing = {
  a: 1,
  b: [{ nanoEuro: 3 }, { nanoEuro: 10_000, from: at(9) }, { nanoEuro: 1, from: at(21) }],
}

/** What caps are about: how many billable requests a cost is of, and what those beyond the included ones cost. */
const used = ({ lines, netNanoEuro, feeNanoEuro }: MonthCost) => ({
  requests: lines.reduce((sum, { included, billable }) => sum + included + billable, 0n),
  spend: netNanoEuro - feeNanoEuro,
})
const greater = (a: bigint, b: bigint) => (a > b ? a : b)

t.test('a forecast admits what caps admit, all of it, and nothing else', async () => {
  fc.assert(
    fc.property(someUsage, someTerms, moment, someCaps, (of, someTerms, now, caps) => {
      const basis = { month, now, since: month, prices: changing }
      const capped = monthForecast(of, someTerms, { ...basis, caps }) as MonthCost
      const [before, after, free] = [
        monthCost(of, someTerms),
        capped,
        monthForecast(of, someTerms, basis) as MonthCost,
      ].map(used) as [ReturnType<typeof used>, ReturnType<typeof used>, ReturnType<typeof used>]
      const { requests, spendNanoEuro } = caps
      if (requests !== undefined) t.ok(after.requests <= greater(before.requests, BigInt(requests)))
      if (spendNanoEuro !== undefined) t.ok(after.spend <= greater(before.spend, BigInt(spendNanoEuro)))
      t.ok(after.requests >= before.requests && after.requests <= free.requests)
      t.ok(after.spend >= before.spend && after.spend <= free.spend)
      if (spendNanoEuro === undefined && requests !== undefined) {
        const most = greater(before.requests, BigInt(requests))
        const isFull = free.requests > most
        t.equal(after.requests, isFull ? most : free.requests, 'all that there is room for')
      }
      const allRequests = (cost: MonthCost | undefined) =>
        cost?.lines.reduce((sum, { free }) => sum + free, 0n)
      t.equal(allRequests(capped), allRequests(monthForecast(of, someTerms, basis)), 'free ones all come')
    }),
    { numRuns: 300 },
  )
})

t.test('of what a spend cap keeps out nothing would have fitted', async () => {
  fc.assert(
    fc.property(someUsage, someTerms, moment, someCaps, (of, someTerms, now, caps) => {
      const basis = { month, now, since: month, prices: {} }
      const capped = monthForecast(of, someTerms, { ...basis, caps }) as MonthCost
      const open = monthForecast(of, someTerms, basis) as MonthCost
      const as = (cost: MonthCost) =>
        cost.lines.map(({ included, billable, ...line }): MonthUsage & { readonly rest: bigint } => {
          const whole = open.lines.find(
            each => each.route === line.route && each.unitPriceNanoEuro === line.unitPriceNanoEuro,
          )
          const requests = included + billable
          const rest = (whole?.included ?? 0n) + (whole?.billable ?? 0n) - requests
          return { ...line, mode: 'live', statusClass: 2, requests, rest }
        })
      const admitted = as(capped).filter(isPaid)
      for (const { rest, ...line } of admitted) {
        if (rest === 0n) continue
        const withOne = used(monthCost([...admitted, { ...line, requests: 1n }], someTerms))
        const isBroken =
          (caps.requests !== undefined && withOne.requests > BigInt(caps.requests)) ||
          (caps.spendNanoEuro !== undefined && withOne.spend > BigInt(caps.spendNanoEuro))
        t.ok(isBroken, `${line.route} at ${line.unitPriceNanoEuro}`)
      }
    }),
    { numRuns: 300 },
  )
})

t.test('without a cap, or with one that is beyond reach, a forecast is what it was', async () => {
  fc.assert(
    fc.property(someUsage, someTerms, moment, (of, someTerms, now) => {
      const basis = { month, now, since: month, prices: changing }
      const open = monthForecast(of, someTerms, basis) as MonthCost
      t.strictSame(monthForecast(of, someTerms, { ...basis, caps: {} }), open)
      const { requests, spend } = used(open)
      if (requests > Number.MAX_SAFE_INTEGER || spend > Number.MAX_SAFE_INTEGER) return
      const caps = { requests: Number(requests), spendNanoEuro: Number(spend) }
      t.strictSame(monthForecast(of, someTerms, { ...basis, caps }), open)
    }),
    { numRuns: 200 },
  )
})

t.test('a forecast is the same for any division, and never below what is owed already', async () => {
  fc.assert(
    fc.property(
      someUsage.chain(of => fc.tuple(fc.constant(of), divided(of))),
      someTerms,
      moment,
      someCaps,
      ([whole, parts], someTerms, now, caps) => {
        const basis = { month, now, since: month, prices: changing, caps }
        const forecast = monthForecast(whole, someTerms, basis)
        t.matchOnly(monthForecast(parts, someTerms, basis), forecast)
        t.ok((forecast?.grossCents ?? 0n) >= monthCost(whole, someTerms).grossCents)
      },
    ),
    { numRuns: 200 },
  )
})

t.test('whatever is late adds itself to a forecast, and nothing else', async () => {
  const ofRoutes = (usage: readonly { readonly route: string; readonly requests: bigint }[]) =>
    usage.reduce(
      (sums, { route, requests }) => sums.set(route, (sums.get(route) ?? 0n) + requests),
      new Map<string, bigint>(),
    )
  fc.assert(
    fc.property(someUsage, someTerms, moment, (of, someTerms, now) => {
      const basis = { month, now, since: month, prices: changing }
      const own = of.map(({ late, ...each }) => ({ ...each, requests: each.requests - late }))
      const [whole, without] = [of, own].map(usage => monthForecast(usage, someTerms, basis)?.lines ?? [])
      const late = of.map(({ route, late }) => ({ route, requests: late }))
      const sums = [...ofRoutes(whole as MonthCost['lines'])].sort()
      t.strictSame(sums, [...ofRoutes([...(without as MonthCost['lines']), ...late])].sort())
    }),
    { numRuns: 200 },
  )
})
