/** Which two accounts of the same thing were compared, the one to go by first. */
export type LedgerCheck =
  /** Events, counted one by one, and the hourly counters. */
  | 'events_counters'
  /** Counters of what is billable, and the totals that quotas are told from. */
  | 'counters_month_totals'
  /** Counters and what the close kept, and the lines, sums and words of an invoice. */
  | 'counters_invoice'
  /** Months that are closed, and invoices: each has the other. */
  | 'closed_months_invoices'
  /** The last number that was given in a year, and how many invoices bear one. */
  | 'numbers_invoices'

/** Two accounts that do not agree. */
export interface LedgerDifference {
  readonly check: LedgerCheck
  /** Absent for numbers, which are of no workspace. */
  readonly workspaceId: string | undefined
  /** The billing month, by its first moment (UTC). */
  readonly month: Date | undefined
  /** What differs, in words: `GET /orders, live, 2xx, at 10000, client …, no domain, 2026-10-03T09:00Z`. */
  readonly item: string
  /** According to the account to go by: requests, nano-euro or cents, as the item is; text where the item is text. */
  readonly expected: bigint | string
  readonly found: bigint | string
}

/** What the comparison of accounts came to. */
export interface Reconciliation {
  /** From when on events were compared with counters: what was asked for, or the hour after the last that lost its own. */
  readonly eventsSince: Date
  /** How many requests the events are, and the counters over the same time. */
  readonly events: bigint
  readonly counted: bigint
  /** How many billable requests the month totals hold. */
  readonly billable: bigint
  /** How many differences there are. */
  readonly differing: number
  /** The first of them. */
  readonly differences: readonly LedgerDifference[]
}
