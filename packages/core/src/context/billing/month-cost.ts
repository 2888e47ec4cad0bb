import { centsOf } from '../../lib/money.ts'
import type { InvoiceLine, MonthCost, MonthUsage } from '../../model/invoice.ts'
import { checkReckoning } from './check-reckoning.ts'

/** What a month is charged by. */
export interface MonthTerms {
  /** The plan's fee, in nano-euro. */
  readonly feeNanoEuro: number
  /** How many billable requests the fee covers. */
  readonly includedRequests: number
  /** 2100 is 21 %. */
  readonly vatBasisPoints: number
}

/** Whether somebody pays for these requests, be it with the plan's fee. */
export function isPaid(usage: Pick<MonthUsage, 'mode' | 'statusClass' | 'unitPriceNanoEuro'>): boolean {
  return usage.mode === 'live' && usage.statusClass !== 5 && usage.unitPriceNanoEuro > 0
}

/**
 * Reckons up a month: a line for each route and unit price, the fee, and the VAT. The result is the same however the requests
 * were divided among counters and in whatever order these come.
 *
 * - The included requests are taken off the dearest unit price first, then by route: no other order is better for whoever pays.
 * - Free requests of a route stand on the line of its dearest price; a route without any price has a line at 0.
 * - Cents are rounded once for the net amount, and once for the VAT on it.
 *
 * @throws {InputError} `invalid_input` for what is not of these shapes, such as requests that are no bigint
 */
export function monthCost(usage: readonly MonthUsage[], terms: MonthTerms): MonthCost {
  checkReckoning(usage, terms)
  return reckoned(usage, terms)
}

/** What {@link monthCost} makes of usage and terms that were checked. */
export function reckoned(usage: readonly MonthUsage[], terms: MonthTerms): MonthCost {
  const lines = include(linesOf(usage), BigInt(terms.includedRequests))
  const feeNanoEuro = BigInt(terms.feeNanoEuro)
  const netNanoEuro = lines.reduce((sum, line) => sum + line.amountNanoEuro, feeNanoEuro)
  const netCents = centsOf(netNanoEuro)
  const vatCents = (netCents * BigInt(terms.vatBasisPoints) + 5_000n) / 10_000n
  return {
    feeNanoEuro,
    lines,
    netNanoEuro,
    netCents,
    vatBasisPoints: terms.vatBasisPoints,
    vatCents,
    grossCents: netCents + vatCents,
  }
}

/** Requests of one route at one price, before the allowance. */
export interface PricedRequests {
  readonly route: string
  readonly unitPriceNanoEuro: number
  readonly free: bigint
  readonly paid: bigint
}

/** Gathers usage by route and unit price, in the order of an invoice. */
export function linesOf(usage: readonly MonthUsage[]): PricedRequests[] {
  const routes = new Map<string, { free: bigint; readonly paid: Map<number, bigint> }>()
  for (const counted of usage) {
    const route = routes.get(counted.route) ?? { free: 0n, paid: new Map() }
    routes.set(counted.route, route)
    if (isPaid(counted)) {
      const { unitPriceNanoEuro, requests } = counted
      route.paid.set(unitPriceNanoEuro, (route.paid.get(unitPriceNanoEuro) ?? 0n) + requests)
    } else route.free += counted.requests
  }
  return [...routes]
    .flatMap(([route, { free, paid }]) => linesOfRoute(route, free, paid))
    .sort(byPriceAndRoute)
}

function linesOfRoute(route: string, free: bigint, paid: ReadonlyMap<number, bigint>): PricedRequests[] {
  const dearest = Math.max(0, ...paid.keys())
  return [...new Set([dearest, ...paid.keys()])]
    .map(unitPriceNanoEuro => ({
      route,
      unitPriceNanoEuro,
      free: unitPriceNanoEuro === dearest ? free : 0n,
      paid: paid.get(unitPriceNanoEuro) ?? 0n,
    }))
    .filter(line => line.free + line.paid > 0n)
}

/** By code unit, so that no locale of a machine changes an invoice. */
function byPriceAndRoute(a: PricedRequests, b: PricedRequests): number {
  if (a.unitPriceNanoEuro !== b.unitPriceNanoEuro) return a.unitPriceNanoEuro < b.unitPriceNanoEuro ? 1 : -1
  return a.route < b.route ? -1 : 1
}

function include(requests: readonly PricedRequests[], allowance: bigint): InvoiceLine[] {
  let left = allowance
  return requests.map(({ route, unitPriceNanoEuro, free, paid }) => {
    const included = lesser(paid, left)
    left -= included
    const billable = paid - included
    return {
      route,
      unitPriceNanoEuro,
      requests: free + paid,
      free,
      included,
      billable,
      amountNanoEuro: billable * BigInt(unitPriceNanoEuro),
    }
  })
}

/** Math.min knows no bigint. */
function lesser(a: bigint, b: bigint): bigint {
  if (a < b) return a
  return b
}
