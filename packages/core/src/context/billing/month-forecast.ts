import * as z from 'zod'
import { amount, price } from '../../config/billing-options.ts'
import { monthAfter } from '../../lib/month.ts'
import { billingMonth, recordOf, string } from '../../lib/schema.ts'
import type { MonthCost, MonthUsage } from '../../model/invoice.ts'
import type { Price } from '../../model/price.ts'
import { checkInput } from '../check-input.ts'
import { admittedUnder } from './capped-requests.ts'
import { checkReckoning } from './check-reckoning.ts'
import type { MonthCaps } from './month-caps.ts'
import { type MonthTerms, reckoned } from './month-cost.ts'
import { type PriceShare, pricesToCome } from './prices-to-come.ts'

/** What has to be seen of a workspace before anything can be said of what is to come: a day, because nights are not like days. */
export const LEAST_OBSERVED_MS = 86_400_000

/** What a forecast goes by, beside what was used. */
export interface ForecastBasis {
  /** The first moment of the month, UTC. */
  readonly month: Date
  readonly now: Date
  /** When the workspace was first used, or could be; what was before the month does not count. */
  readonly since: Date
  /** Those of the configuration: what has a new price, or will have, goes on at that. */
  readonly prices: Readonly<Record<string, Price>>
  /** What billable requests are held to from now on, by the plan and by the owner. Default: nothing. */
  readonly caps?: Partial<Pick<MonthCaps, 'requests' | 'spendNanoEuro'>>
}

const date = z.date('must be a Date')
const forecastBasis = z.object(
  {
    month: billingMonth,
    now: date,
    since: date,
    prices: recordOf(string(), price),
    caps: z
      .object(
        { requests: amount.optional(), spendNanoEuro: amount.optional() },
        'must be an object with requests and spendNanoEuro',
      )
      .optional(),
  },
  'must be an object with month, now, since and prices',
)

/**
 * What a month will have cost at its end if requests go on coming as they did since its beginning, or since the first use: those
 * of each route and price, times what is left over what has passed, half up, at the prices that hold then, until a cap refuses
 * them. Late ones of earlier months are counted, and do not go on. Never less than the cost so far. `undefined` before a day of the month was seen; once the month is over, everything is known.
 *
 * @throws {InputError} `invalid_input` for what is not of these shapes
 */
export function monthForecast(
  usage: readonly MonthUsage[],
  terms: MonthTerms,
  basis: ForecastBasis,
): MonthCost | undefined {
  checkReckoning(usage, terms)
  checkInput(forecastBasis, basis)
  return forecast(usage, terms, basis)
}

/** What {@link monthForecast} makes of what was checked. */
export function forecast(
  usage: readonly MonthUsage[],
  terms: MonthTerms,
  { month, now, since, prices, caps }: ForecastBasis,
): MonthCost | undefined {
  const end = monthAfter(month).getTime()
  if (now.getTime() >= end) return reckoned(usage, terms)
  const begin = Math.max(month.getTime(), since.getTime())
  const passed = now.getTime() - begin
  if (passed < LEAST_OBSERVED_MS) return undefined
  const [left, seen] = [BigInt(end - now.getTime()), BigInt(passed)]
  const counted = madeWithin(usage)
  const toCome = counted.flatMap(each => {
    const requests = (2n * each.requests * left + seen) / (2n * seen)
    const shares = pricesToCome(each, counted, prices, { begin, now: now.getTime(), end })
    return divided(requests, shares).map(share => ({ ...each, ...share }))
  })
  const monthCaps = { requests: undefined, spendNanoEuro: undefined, ...caps }
  const { includedRequests } = terms
  return reckoned([...usage, ...admittedUnder({ ...monthCaps, includedRequests }, usage, toCome)], terms)
}

/**
 * The requests that were made in the month itself, which alone say how they come. Summed up by all that tells them apart, so that
 * the same usage grows the same however it was divided.
 */
function madeWithin(usage: readonly MonthUsage[]): MonthUsage[] {
  const sums = new Map<string, MonthUsage>()
  for (const { late = 0n, ...each } of usage) {
    if (each.requests === late) continue
    const key = JSON.stringify([each.route, each.mode, each.statusClass, each.unitPriceNanoEuro])
    sums.set(key, { ...each, requests: (sums.get(key)?.requests ?? 0n) + each.requests - late })
  }
  return [...sums.values()]
}

/** Requests at each price in turn, as long as it holds; what cannot be divided is the last one's. */
function divided(requests: bigint, shares: readonly PriceShare[]) {
  const whole = shares.reduce((sum, { ms }) => sum + ms, 0)
  let rest = requests
  let begin = 0
  return shares.map(({ unitPriceNanoEuro, ms }, index) => {
    const part = index === shares.length - 1 ? rest : (requests * BigInt(ms)) / BigInt(whole)
    rest -= part
    const share = { unitPriceNanoEuro, requests: part, begin, end: begin + ms }
    begin += ms
    return share
  })
}
