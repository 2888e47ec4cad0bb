import type { DomainMode } from './client.ts'

/** The requests of a month that share a route, a mode, a status class and a unit price. */
export interface MonthUsage {
  readonly route: string
  readonly mode: DomainMode
  /** The first digit of the status: 2 for 2xx. */
  readonly statusClass: number
  readonly unitPriceNanoEuro: number
  readonly requests: bigint
  /** How many of them were made in earlier months, and came in after those were closed. Default: none. */
  readonly late?: bigint
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

/** Requests of an earlier month, which came in after that one was closed. */
export interface EarlierMonth {
  /** The first moment of the month that they were made in, UTC. */
  readonly month: Date
  readonly requests: bigint
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

/** Who sells; as the configuration says it. */
export interface Seller {
  readonly name: string
  /** Street, postal code and town, as they are to be printed. */
  readonly addressLines: readonly string[]
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  readonly vatId?: string
  /** The company register and the number there. */
  readonly registration?: string
  readonly email?: string
  /** How to pay, such as the number of a bank account. */
  readonly paymentTerms?: string
}

/** Who buys; as a workspace says it, or its name alone. */
export interface InvoiceCustomer {
  readonly name: string
  readonly addressLines: readonly string[]
  readonly country: string | undefined
  readonly vatId: string | undefined
  readonly email: string | undefined
}

/** An invoice as it would be, without what it gets when the month is closed. */
export interface InvoiceDraft extends MonthCost {
  readonly workspaceId: string
  /** The first moment of the month, UTC. */
  readonly month: Date
  readonly seller: Seller
  readonly customer: InvoiceCustomer
  /** As it was at the end of the month. */
  readonly plan: { readonly name: string; readonly title: string; readonly includedRequests: number }
  /**
   * How many of the requests on the lines were made in earlier months, the oldest first. `undefined` on an invoice that was
   * issued before invoices told it.
   */
  readonly earlierMonths: readonly EarlierMonth[] | undefined
  /** Why the VAT is what it is, where that has to be said. */
  readonly vatNote: string | undefined
}

/** The invoice of a workspace and a month, in EUR; it never changes. */
export interface Invoice extends InvoiceDraft {
  /** Such as `INV-2026-000001`: the year of issue, and a number that no other has and that leaves no gap. */
  readonly number: string
  readonly issuedAt: Date
  readonly dueAt: Date
}
