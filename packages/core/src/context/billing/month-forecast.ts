import { monthAfter } from '../../lib/month.ts'
import type { MonthCost, MonthUsage } from '../../model/invoice.ts'
import { linesOf, type MonthTerms, monthCost, type PricedRequests } from './month-cost.ts'

/**
 * What a month will have cost at its end if requests go on coming as they did so far: those of each route and price, times
 * the length of the month over what has passed of it, half up. Never less than the cost so far.
 * @param month its first moment, UTC
 * @param since from when the workspace could be used, where that is later than the beginning of the month
 */
export function monthForecast(
  usage: readonly MonthUsage[],
  terms: MonthTerms,
  month: Date,
  now: Date,
  since: Date = month,
): MonthCost {
  const begin = Math.max(month.getTime(), since.getTime())
  const end = monthAfter(month).getTime()
  const length = BigInt(Math.max(0, end - begin))
  const passed = BigInt(Math.max(0, Math.min(now.getTime(), end) - begin))
  if (passed === 0n || passed === length) return monthCost(usage, terms)
  const grown = (requests: bigint) => (2n * requests * length + passed) / (2n * passed)
  return monthCost(
    linesOf(usage).flatMap(line => usageOf({ ...line, free: grown(line.free), paid: grown(line.paid) })),
    terms,
  )
}

function usageOf({ route, unitPriceNanoEuro, free, paid }: PricedRequests): MonthUsage[] {
  const common = { route, mode: 'live', statusClass: 2 } as const
  return [
    { ...common, unitPriceNanoEuro, requests: paid },
    { ...common, unitPriceNanoEuro: 0, requests: free },
  ]
}
