import * as fc from 'fast-check'
import type { MonthTerms } from '../../../src/context/billing/month-cost.ts'
import type { MonthUsage } from '../../../src/model/invoice.ts'

export function usage(given: Partial<MonthUsage> = {}): MonthUsage {
  return {
    route: 'GET /orders',
    mode: 'live',
    statusClass: 2,
    unitPriceNanoEuro: 10_000,
    requests: 1n,
    ...given,
  }
}

/** A request of the kind that a month is made of; few routes and prices, so that they meet. */
const kind = fc.record<Omit<MonthUsage, 'requests'>>({
  route: fc.constantFrom('GET /a', 'GET /b', 'POST /größe', 'default'),
  mode: fc.constantFrom('live', 'live', 'live', 'test'),
  statusClass: fc.constantFrom(2, 2, 3, 4, 5),
  unitPriceNanoEuro: fc.constantFrom(0, 1, 3, 10_000, 4_999_999, Number.MAX_SAFE_INTEGER),
})

/** Math.min knows no bigint. */
function lesser(a: bigint, b: bigint): bigint {
  if (a < b) return a
  return b
}

/** Up to far more requests than a JavaScript number counts. */
const some = fc.oneof(fc.bigInt(1n, 20n), fc.bigInt(1n, 1n << 70n))

/** Counters of a month, from none to some; of some all requests are late, and of some a part. */
export const someUsage = fc.array(
  fc
    .tuple(kind, some, fc.oneof(fc.constant(0n), some))
    .map(([of, requests, late]) => ({ ...of, requests, late: lesser(late, requests) })),
  { maxLength: 30 },
)

export const someTerms = fc.record<MonthTerms>({
  feeNanoEuro: fc.oneof(fc.constantFrom(0, 29_000_000_000), fc.maxSafeNat()),
  includedRequests: fc.oneof(fc.nat(100), fc.maxSafeNat()),
  vatBasisPoints: fc.integer({ min: 0, max: 10_000 }),
})

/** Caps from none to far beyond what is used, and such as are met on the way. */
export const someCaps = fc.record(
  {
    requests: fc.oneof(fc.nat(60), fc.nat(2000), fc.maxSafeNat()),
    spendNanoEuro: fc.oneof(fc.nat(100), fc.nat(50_000_000), fc.maxSafeNat()),
  },
  { requiredKeys: [] },
)

/** The same usage in another order, and each counter in up to three parts: other hours, clients, domains. */
export function divided(of: readonly MonthUsage[]): fc.Arbitrary<MonthUsage[]> {
  const parts = of.map(counted =>
    fc.tuple(fc.bigInt(0n, counted.requests), fc.bigInt(0n, counted.requests)).map(cuts => {
      const [low, high] = cuts.sort((a, b) => (a < b ? -1 : 1)) as [bigint, bigint]
      let left = counted.late ?? 0n
      return [low, high - low, counted.requests - high].map(requests => {
        const late = lesser(left, requests)
        left -= late
        return { ...counted, requests, late }
      })
    }),
  )
  return fc.tuple(...parts).chain(divided => {
    const all = divided.flat()
    return fc.shuffledSubarray(all, { minLength: all.length })
  })
}
