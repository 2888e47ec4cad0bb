import type { DomainMode } from './client.ts'

/** The requests of a month that share a route, a mode, a status class and a unit price. */
export interface MonthUsage {
  readonly route: string
  readonly mode: DomainMode
  /** The first digit of the status: 2 for 2xx. */
  readonly statusClass: number
  readonly unitPriceNanoEuro: number
  readonly requests: bigint
}

/** What one endpoint cost in a month, at one unit price. `requests` is the sum of `free`, `included` and `billable`. */
export interface InvoiceLine {
  readonly route: string
  /** In nano-euro; 0 where every request was free. */
  readonly unitPriceNanoEuro: number
  readonly requests: bigint
  /** Those that nobody pays for: in test mode, at no price, or answered with a failure of ours (5xx). */
  readonly free: bigint
  /** Those that the plan's fee covers. */
  readonly included: bigint
  readonly billable: bigint
  /** `billable` times the unit price, exactly. */
  readonly amountNanoEuro: bigint
}

/** What a month costs. Amounts in nano-euro are exact; those in cents are rounded. */
export interface MonthCost {
  readonly feeNanoEuro: bigint
  /** The dearest unit price first, then by route. */
  readonly lines: readonly InvoiceLine[]
  /** The fee and every line. */
  readonly netNanoEuro: bigint
  /** `netNanoEuro` to cents, half up: the one rounding of what was used. */
  readonly netCents: bigint
  readonly vatBasisPoints: number
  /** Of `netCents`, half up. */
  readonly vatCents: bigint
  readonly grossCents: bigint
}
