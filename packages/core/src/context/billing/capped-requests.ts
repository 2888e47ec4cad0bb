import type { MonthUsage } from '../../model/invoice.ts'
import type { MonthCaps } from './month-caps.ts'
import { isPaid } from './month-cost.ts'

/** Requests that are expected at one price, evenly between two moments; these in milliseconds from now. */
export interface RequestsToCome extends MonthUsage {
  readonly begin: number
  readonly end: number
}

/**
 * What caps will admit of the requests to come. All come until the moment at which one more would break a cap; from then on those
 * that nobody pays for, and of the others what still fits, as admission lets a cheap request pass where a dear one is refused.
 */
export function admittedUnder(
  caps: MonthCaps,
  used: readonly MonthUsage[],
  toCome: readonly RequestsToCome[],
): readonly MonthUsage[] {
  const paid = toCome.filter(isPaid).sort(inTurn)
  const month = new CappedMonth(caps, used)
  if (month.admits(paid)) return toCome
  const moment = lastNumber(BigInt(Math.max(...paid.map(({ end }) => end))), at =>
    month.admits(paid.map(each => until(each, at))),
  )
  const admitted = paid.map(each => until(each, moment))
  month.add(admitted)
  const more = paid.map((each, index) => {
    const rest = each.requests - (admitted[index] as MonthUsage).requests
    const fitting = { ...each, requests: lastNumber(rest, requests => month.admits([{ ...each, requests }])) }
    month.add([fitting])
    return fitting
  })
  return [...toCome.filter(each => !isPaid(each)), ...admitted, ...more]
}

/** The billable requests of a month, by unit price. */
class CappedMonth {
  readonly #caps: MonthCaps
  readonly #prices = new Map<number, bigint>()

  constructor(caps: MonthCaps, used: readonly MonthUsage[]) {
    this.#caps = caps
    this.add(used.filter(isPaid))
  }

  add(paid: readonly MonthUsage[]): void {
    sumUp(this.#prices, paid)
  }

  /** Whether the month keeps to its caps with these, too. None are always admitted: what was used was, whatever the caps are now. */
  admits(paid: readonly MonthUsage[]): boolean {
    if (paid.every(({ requests }) => requests === 0n)) return true
    const { requests, spendNanoEuro, includedRequests } = this.#caps
    const prices = sumUp(new Map(this.#prices), paid)
    const all = [...prices.values()].reduce((sum, each) => sum + each, 0n)
    if (requests !== undefined && all > BigInt(requests)) return false
    return spendNanoEuro === undefined || costOf(prices, includedRequests) <= BigInt(spendNanoEuro)
  }
}

function sumUp(prices: Map<number, bigint>, paid: readonly MonthUsage[]): Map<number, bigint> {
  for (const { unitPriceNanoEuro, requests } of paid)
    prices.set(unitPriceNanoEuro, (prices.get(unitPriceNanoEuro) ?? 0n) + requests)
  return prices
}

/** As an invoice has it: the included requests are the dearest ones. */
function costOf(prices: ReadonlyMap<number, bigint>, includedRequests: number): bigint {
  let included = BigInt(includedRequests)
  let cost = 0n
  for (const [price, requests] of [...prices].sort(([a], [b]) => b - a)) {
    const covered = requests < included ? requests : included
    included -= covered
    cost += BigInt(price) * (requests - covered)
  }
  return cost
}

/** Those that have come by a moment. */
function until(each: RequestsToCome, moment: bigint): RequestsToCome {
  const [begin, end] = [BigInt(each.begin), BigInt(each.end)]
  if (moment >= end) return each
  const passed = moment > begin ? moment - begin : 0n
  return { ...each, requests: (each.requests * passed) / (end - begin) }
}

/** The last number from 0 to `most` that holds, where all up to it do and none beyond it; 0 is not asked about. */
function lastNumber(most: bigint, holds: (number: bigint) => boolean): bigint {
  let [low, high] = [0n, most]
  while (low < high) {
    const middle = (low + high + 1n) / 2n
    if (holds(middle)) low = middle
    else high = middle - 1n
  }
  return low
}

/** As they come, and of those that come together the dearest first: in an order that is the same for any order of counters. */
function inTurn(a: RequestsToCome, b: RequestsToCome): number {
  return (
    a.begin - b.begin ||
    b.unitPriceNanoEuro - a.unitPriceNanoEuro ||
    (a.route < b.route ? -1 : a.route > b.route ? 1 : a.statusClass - b.statusClass)
  )
}
