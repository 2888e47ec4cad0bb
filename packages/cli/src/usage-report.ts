import { formatEuro, type UsageCounter } from '@xwms/core'
import { type Result, table } from './result.ts'

/** What usage can be told apart by; each function names the row that a counter belongs to. */
const DIMENSIONS = {
  route: (counter: UsageCounter) => counter.route,
  client: (counter: UsageCounter) => counter.clientId,
  domain: (counter: UsageCounter) => counter.domainId ?? 'none',
  mode: (counter: UsageCounter) => counter.mode,
  status: (counter: UsageCounter) => `${counter.statusClass}xx`,
  hour: (counter: UsageCounter) => counter.hour.toISOString(),
  day: (counter: UsageCounter) => counter.hour.toISOString().slice(0, 10),
}

export type Dimension = keyof typeof DIMENSIONS
export const DIMENSION_NAMES = Object.keys(DIMENSIONS) as readonly Dimension[]

/** Requests and what they cost, in nano-euro. */
interface Sum {
  readonly requests: bigint
  readonly priceNanoEuro: bigint
}

const NOTHING: Sum = { requests: 0n, priceNanoEuro: 0n }

/**
 * Sums counters up, a row for each value of a dimension and one for all.
 * Amounts of money stay whole numbers; in JSON they are text, because JSON readers may round a large number.
 */
export function usageReport(
  counters: readonly UsageCounter[],
  by: Dimension,
  period: { readonly from: Date; readonly to: Date },
): Result {
  const sums = new Map<string, Sum>()
  let total = NOTHING
  for (const counter of counters) {
    const value = DIMENSIONS[by](counter)
    sums.set(value, add(sums.get(value) ?? NOTHING, counter))
    total = add(total, counter)
  }
  const rows = [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([value, sum]) => ({ [by]: value, ...fields(sum) }))
  return {
    json: { ...period, by, rows, total: fields(total) },
    text: table(
      [by, 'requests', 'price'],
      [...rows, { [by]: 'total', ...fields(total) }],
      ['requests', 'price'],
    ),
  }
}

function add(sum: Sum, { requests, unitPriceNanoEuro }: UsageCounter): Sum {
  return {
    requests: sum.requests + requests,
    priceNanoEuro: sum.priceNanoEuro + requests * BigInt(unitPriceNanoEuro),
  }
}

function fields({ requests, priceNanoEuro }: Sum) {
  return {
    // Nobody sends 2^53 requests.
    requests: Number(requests),
    price_nano_euro: String(priceNanoEuro),
    price: formatEuro(priceNanoEuro),
  }
}
