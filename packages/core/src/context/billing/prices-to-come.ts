import type { MonthUsage } from '../../model/invoice.ts'
import type { Price, PriceStep } from '../../model/price.ts'
import { priceAt } from './unit-price.ts'

/** A unit price, and how long of the time to come it holds. */
export interface PriceShare {
  readonly unitPriceNanoEuro: number
  readonly ms: number
}

/** Moments in milliseconds: from `begin` to `now` was seen, from `now` to `end` is to come. */
export interface Span {
  readonly begin: number
  readonly now: number
  readonly end: number
}

/**
 * At which unit prices requests like these go on, in turn. Counters know a route and a unit price, not the name of the price; so
 * the price is found by what it was while it was seen, the one that the same route has been charged at since before others.
 * What is free in itself (test mode, 5xx) stays so, and what no price explains stays as it is.
 */
export function pricesToCome(
  { route, mode, statusClass, unitPriceNanoEuro }: MonthUsage,
  counted: readonly MonthUsage[],
  prices: Readonly<Record<string, Price>>,
  span: Span,
): readonly PriceShare[] {
  const { now, end } = span
  const same = [{ unitPriceNanoEuro, ms: end - now }]
  if (mode === 'test' || statusClass === 5) return same
  const current = (price: Price) => priceAt(price, new Date(now))
  const isCharged = (nanoEuro: number) =>
    counted.some(each => each.route === route && each.unitPriceNanoEuro === nanoEuro)
  const candidates = Object.values(prices).filter(price => wasAt(price, unitPriceNanoEuro, span))
  const price =
    candidates.find(each => current(each) !== unitPriceNanoEuro && isCharged(current(each))) ??
    candidates.find(each => current(each) === unitPriceNanoEuro) ??
    candidates[0]
  return price === undefined ? same : sharesOf(price, span)
}

/** Whether a price was so much at some moment that was seen. */
function wasAt(price: Price, nanoEuro: number, { begin, now }: Span): boolean {
  const moments = [begin, ...changesOf(price).filter(at => at > begin && at <= now)]
  return moments.some(at => priceAt(price, new Date(at)) === nanoEuro)
}

function sharesOf(price: Price, { now, end }: Span): PriceShare[] {
  const begins = [now, ...changesOf(price).filter(at => at > now && at < end)]
  return begins.map((at, index) => ({
    unitPriceNanoEuro: priceAt(price, new Date(at)),
    ms: (begins[index + 1] ?? end) - at,
  }))
}

function changesOf(price: Price): number[] {
  const steps: readonly PriceStep[] = typeof price === 'number' ? [] : price
  return steps.flatMap(({ from }) => (from === undefined ? [] : [from.getTime()]))
}
