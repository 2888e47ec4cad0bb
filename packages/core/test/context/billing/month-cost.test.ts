import * as fc from 'fast-check'
import t from 'tap'
import { isPaid, type MonthTerms, monthCost } from '../../../src/context/billing/month-cost.ts'
import type { MonthUsage } from '../../../src/model/invoice.ts'
import { divided, someTerms, someUsage, usage } from './month.ts'

const FREE: MonthTerms = { feeNanoEuro: 0, includedRequests: 0, vatBasisPoints: 0 }

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n)

t.test('a month without requests costs the fee', async t => {
  t.strictSame(monthCost([], { feeNanoEuro: 29_000_000_000, includedRequests: 5, vatBasisPoints: 2100 }), {
    feeNanoEuro: 29_000_000_000n,
    lines: [],
    netNanoEuro: 29_000_000_000n,
    netCents: 2900n,
    vatBasisPoints: 2100,
    vatCents: 609n,
    grossCents: 3509n,
  })
})

t.test('a line tells free, included and billable requests of a route apart', async t => {
  const counted = [
    usage({ requests: 7n }),
    usage({ mode: 'test', requests: 3n }),
    usage({ statusClass: 5, requests: 2n }),
    usage({ unitPriceNanoEuro: 0, statusClass: 5, requests: 1n }),
    usage({ statusClass: 4, requests: 1n }),
  ]
  t.strictSame(monthCost(counted, { ...FREE, includedRequests: 5 }).lines, [
    {
      route: 'GET /orders',
      unitPriceNanoEuro: 10_000,
      requests: 14n,
      free: 6n,
      included: 5n,
      billable: 3n,
      amountNanoEuro: 30_000n,
    },
  ])
})

t.test(
  'a price that changed within the month has a line before and after, the free requests on the dearer',
  async t => {
    const counted = [
      usage({ requests: 4n }),
      usage({ unitPriceNanoEuro: 25_000, requests: 2n }),
      usage({ unitPriceNanoEuro: 0, requests: 9n }),
    ]
    t.match(monthCost(counted, FREE).lines, [
      { unitPriceNanoEuro: 25_000, requests: 11n, free: 9n, billable: 2n },
      { unitPriceNanoEuro: 10_000, requests: 4n, free: 0n, billable: 4n },
    ])
  },
)

t.test('the included requests are taken off the dearest price first, then by route', async t => {
  const counted = [
    usage({ route: 'b', unitPriceNanoEuro: 5, requests: 10n }),
    usage({ route: 'Z', unitPriceNanoEuro: 5, requests: 10n }),
    usage({ route: 'free', unitPriceNanoEuro: 0, requests: 10n }),
    usage({ route: 'dear', unitPriceNanoEuro: 50, requests: 10n }),
  ]
  const included = (includedRequests: number) =>
    monthCost(counted, { ...FREE, includedRequests }).lines.map(line => [line.route, line.included])
  t.strictSame(included(15), [
    ['dear', 10n],
    ['Z', 5n],
    ['b', 0n],
    ['free', 0n],
  ])
  t.strictSame(included(1000), [
    ['dear', 10n],
    ['Z', 10n],
    ['b', 10n],
    ['free', 0n],
  ])
})

t.test('cents are rounded once, half up, whatever the lines come to', async t => {
  const thirds = (requests: bigint) =>
    ['a', 'b', 'c'].map(route => usage({ route, unitPriceNanoEuro: 1_666_666, requests }))
  // Three lines of 0.17 cents would each round to nothing; together they are half a cent, but for two nano-euro.
  t.equal(monthCost(thirds(1n), FREE).netCents, 0n)
  t.equal(monthCost([...thirds(1n), usage({ route: 'd', unitPriceNanoEuro: 2 })], FREE).netCents, 1n)
  const vat: [netCents: bigint, basisPoints: number, vatCents: bigint][] = [
    [100n, 2100, 21n],
    [1n, 2100, 0n],
    [2n, 2500, 1n],
    [10n, 550, 1n],
    [333n, 1900, 63n],
    [333n, 0, 0n],
  ]
  for (const [netCents, vatBasisPoints, vatCents] of vat) {
    const cost = monthCost([], {
      feeNanoEuro: Number(netCents) * 10_000_000,
      includedRequests: 0,
      vatBasisPoints,
    })
    t.equal(cost.vatCents, vatCents, `${netCents} at ${vatBasisPoints}`)
    t.equal(cost.grossCents, netCents + vatCents)
  }
})

t.test('amounts beyond 2^53 are exact to the last nano-euro', async t => {
  const requests = (1n << 60n) + 1n
  const cost = monthCost([usage({ unitPriceNanoEuro: 9_007_199_254_740_991, requests })], {
    ...FREE,
    feeNanoEuro: 1,
  })
  t.equal(cost.netNanoEuro, 9_007_199_254_740_991n * requests + 1n)
  t.equal(cost.lines[0]?.requests, 1_152_921_504_606_846_977n)
})

t.test('any order and any division of the requests gives the same cost', async () => {
  const same = fc.property(
    someUsage.chain(of => fc.tuple(fc.constant(of), divided(of))),
    someTerms,
    ([whole, parts], terms) => t.matchOnly(monthCost(parts, terms), monthCost(whole, terms)),
  )
  fc.assert(same, { numRuns: 300 })
})

t.test('requests one by one cost what they cost together', async () => {
  const few = fc.array(fc.tuple(fc.nat(3), fc.nat(3), fc.nat(6)), { maxLength: 40 })
  fc.assert(
    fc.property(few, someTerms, (kinds, terms) => {
      const events = kinds.map(([route, price, status]) =>
        usage({
          route: `route ${route}`,
          unitPriceNanoEuro: [0, 1, 10_000, 9_007_199_254_740_991][price] as number,
          statusClass: Math.min(5, Math.max(2, status)),
        }),
      )
      const counters = new Map<string, MonthUsage>()
      for (const event of events) {
        const key = JSON.stringify([event.route, event.unitPriceNanoEuro, event.statusClass])
        counters.set(key, { ...event, requests: (counters.get(key)?.requests ?? 0n) + 1n })
      }
      t.matchOnly(monthCost(events, terms), monthCost([...counters.values()], terms))
    }),
    { numRuns: 200 },
  )
})

t.test(
  'totals are the sums of lines, nothing is negative, and the allowance is neither exceeded nor wasted',
  async t => {
    const holds = fc.property(someUsage, someTerms, (counted, terms) => {
      const cost = monthCost(counted, terms)
      const { lines } = cost
      for (const line of lines) {
        t.equal(line.requests, line.free + line.included + line.billable)
        t.equal(line.amountNanoEuro, line.billable * BigInt(line.unitPriceNanoEuro))
        t.ok(
          [line.free, line.included, line.billable].every(requests => requests >= 0n) && line.requests > 0n,
        )
      }
      t.equal(sum(lines.map(line => line.requests)), sum(counted.map(({ requests }) => requests)))
      const paid = sum(counted.filter(isPaid).map(({ requests }) => requests))
      const included = sum(lines.map(line => line.included))
      const allowance = BigInt(terms.includedRequests)
      t.equal(included, paid < allowance ? paid : allowance)
      t.equal(cost.netNanoEuro, cost.feeNanoEuro + sum(lines.map(line => line.amountNanoEuro)))
      const unrounded = cost.netNanoEuro - cost.netCents * 10_000_000n
      t.ok(unrounded >= -5_000_000n && unrounded < 5_000_000n, 'rounded by half a cent at most')
      t.ok(cost.netCents >= 0n && cost.vatCents >= 0n)
      t.equal(cost.grossCents, cost.netCents + cost.vatCents)
      const keys = lines.map(({ route, unitPriceNanoEuro }) => JSON.stringify([route, unitPriceNanoEuro]))
      t.equal(new Set(keys).size, keys.length, 'one line for each route and unit price')
    })
    fc.assert(holds, { numRuns: 300 })
  },
)

t.test('no other division of the allowance would cost less', async () => {
  const cheapest = fc.property(someUsage, fc.nat(50), (counted, includedRequests) => {
    const { lines } = monthCost(counted, { ...FREE, includedRequests })
    // Whatever moved an included request from one line to another would move it to one that is no dearer.
    const covered = lines.filter(line => line.included > 0n).map(line => line.unitPriceNanoEuro)
    const uncovered = lines.filter(line => line.billable > 0n).map(line => line.unitPriceNanoEuro)
    t.ok(covered.every(dear => uncovered.every(other => dear >= other)))
  })
  fc.assert(cheapest, { numRuns: 200 })
})

t.test('a further request never makes a month cheaper', async () => {
  fc.assert(
    fc.property(someUsage, someUsage, someTerms, (counted, more, terms) => {
      t.ok(monthCost([...counted, ...more], terms).grossCents >= monthCost(counted, terms).grossCents)
    }),
    { numRuns: 200 },
  )
})
