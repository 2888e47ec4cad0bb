import * as fc from 'fast-check'
import t from 'tap'
import { monthCost } from '../../../src/context/billing/month-cost.ts'
import { monthForecast } from '../../../src/context/billing/month-forecast.ts'
import { divided, someTerms, someUsage, usage } from './month.ts'

const month = new Date('2026-09-01T00:00:00Z')
const end = new Date('2026-10-01T00:00:00Z')
const at = (day: number) => new Date(Date.UTC(2026, 8, day))
const terms = { feeNanoEuro: 1_000_000_000, includedRequests: 100, vatBasisPoints: 2000 }

t.test('requests go on as they came, and the allowance is used up on the way', async t => {
  const counted = [usage({ requests: 50n }), usage({ requests: 5n, mode: 'test' })]
  const half = monthForecast(counted, terms, month, at(16))
  t.match(half.lines, [{ requests: 110n, free: 10n, included: 100n, billable: 0n }])
  const tenth = monthForecast(counted, terms, month, at(4))
  t.match(tenth.lines, [
    { requests: 550n, free: 50n, included: 100n, billable: 400n, amountNanoEuro: 4_000_000n },
  ])
  t.equal(tenth.netNanoEuro, 1_004_000_000n)
})

t.test('a workspace that began within the month is reckoned from then', async t => {
  const counted = [usage({ requests: 500n })]
  t.match(monthForecast(counted, terms, month, at(21), at(11)).lines, [{ requests: 1000n }])
  t.strictSame(
    monthForecast(counted, terms, month, at(16), new Date('2020-01-01T00:00:00Z')),
    monthForecast(counted, terms, month, at(16)),
  )
})

t.test('at the beginning nothing can be said yet, and after the end everything is known', async t => {
  const counted = [usage({ requests: 500n })]
  const known = monthCost(counted, terms)
  for (const now of [at(-3), month, end, at(60)])
    t.strictSame(monthForecast(counted, terms, month, now), known)
  t.strictSame(monthForecast(counted, terms, month, at(12), at(12)), known)
})

t.test('a forecast is the same for any division, and never below what is owed already', async () => {
  const moment = fc.integer({ min: month.getTime(), max: end.getTime() - 1 }).map(ms => new Date(ms))
  fc.assert(
    fc.property(
      someUsage.chain(of => fc.tuple(fc.constant(of), divided(of))),
      someTerms,
      moment,
      ([whole, parts], someTerms, now) => {
        const forecast = monthForecast(whole, someTerms, month, now)
        t.matchOnly(monthForecast(parts, someTerms, month, now), forecast)
        t.ok(forecast.grossCents >= monthCost(whole, someTerms).grossCents)
      },
    ),
    { numRuns: 200 },
  )
})
