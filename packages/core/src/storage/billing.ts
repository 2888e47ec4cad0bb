import type { EarlierMonth, Invoice, MonthUsage } from '../model/invoice.ts'
import type { Reconciliation } from '../model/reconciliation.ts'
import type { AuditEntry } from '../model/usage.ts'
import type { Workspace } from '../model/workspace.ts'
import type { SeriesQuery } from './metering.ts'

/** What an invoice is made of. */
export interface MonthFacts {
  readonly workspace: Workspace
  /** The first moment of the month, UTC. */
  readonly month: Date
  /** The plan that the workspace was on at the end of the month. */
  readonly planName: string
  /** The hour of the first request that was ever counted for the workspace; `undefined` before there is one. */
  readonly firstUsedAt: Date | undefined
  /** All requests that count in the month, summed up, with how many of them are late; in no particular order. */
  readonly usage: readonly MonthUsage[]
  /** How many of them were made in earlier months, and came in after those were closed; the oldest month first. */
  readonly earlierMonths: readonly EarlierMonth[]
}

/** Which requests are asked about, wherever they are billed. */
export type LateQuery = Omit<SeriesQuery, 'interval' | 'by' | 'after' | 'limit'>

/** Requests that count in a later month than they were made in, because that one was closed. Months by their first moments (UTC). */
export interface LateUsage {
  readonly madeIn: Date
  readonly countedIn: Date
  readonly requests: bigint
}

/**
 * Makes the invoice of a month that is being closed. What it throws leaves everything as it was.
 * @param sequence begins at 1 with each year of issue (UTC)
 */
export type ComposeInvoice = (
  facts: MonthFacts,
  sequence: number,
) => { readonly invoice: Invoice; readonly audit: AuditEntry }

export interface InvoiceQuery {
  readonly workspaceId?: string
  readonly month?: Date
  /** The number of an invoice, itself left out: those that were issued before it. */
  readonly after?: string
}

export interface Invoices {
  /** What the invoice of a month would be made of now; `undefined` when the workspace was not there by the end of it. */
  facts(workspaceId: string, month: Date): Promise<MonthFacts | undefined>
  /** Those of the requests that count in a later month than their own, by both months, the oldest first. */
  late(query: LateQuery): Promise<LateUsage[]>
  /**
   * Closes a month for a workspace: composes its invoice from what was counted, gives it the next number of the year that
   * `now` is in, and stores it, all in one transaction. Of several who close the same month one does. Numbers have no gap
   * and no order but that in which they are given. Requests that are being written meanwhile count wholly in this month or
   * wholly in a later one, and those of the month that come afterwards in the first later one that is open. What the month was
   * charged by and what the invoice says ({@link closedTerms}) is kept apart from the invoice, and never changes either.
   *
   * `not_found`: the workspace was not there by the end of the month.
   */
  close(
    workspaceId: string,
    month: Date,
    now: Date,
    compose: ComposeInvoice,
  ): Promise<
    | { readonly outcome: 'closed' | 'already_closed'; readonly invoice: Invoice }
    | { readonly outcome: 'not_found' }
  >
  /** Up to `limit` workspaces that were there by the end of a month and have no invoice for it, by id, beginning after `after`. */
  unclosed(month: Date, limit: number, after?: string): Promise<string[]>
  find(number: string): Promise<Invoice | undefined>
  /** Invoices, the last issued first, at most `limit`. */
  list(query: InvoiceQuery, limit: number): Promise<Invoice[]>
}

export interface ReconcileQuery {
  readonly workspaceId?: string
  /** Billing months, the first and the last. */
  readonly from: Date
  readonly to: Date
  /** The whole hour from which all events are to be there; earlier ones are not looked at. */
  readonly eventsSince: Date
}

/** An invoice as it is stored: what the storage finds it by, and what is written on it. */
export interface StoredInvoice {
  readonly number: string
  readonly workspaceId: string
  /** The first moment of the month, UTC. */
  readonly month: Date
  /** Its JSON, which nobody has read yet: it may be of any shape. */
  readonly document: unknown
  /**
   * What the close kept beside it ({@link ClosedTermsDocument}), which nobody has read yet either; an empty object for a month that was closed before
   * closes kept anything, `undefined` where it is missing.
   */
  readonly terms: unknown
}

export interface Reconciler {
  /** Invoices in the order and number of {@link Invoices.list}, whatever became of their documents. */
  invoices(query: InvoiceQuery, limit: number): Promise<StoredInvoice[]>
  /**
   * Compares events with counters, counters with month totals, closed months with invoices, and numbers with invoices, all as
   * they are at one moment, while requests go on being written. Where the storage ever removed events of a later time than is asked
   * for, they are compared from the hour after those on: what retention is configured by now says nothing of what went under
   * another, and nor does an event that came late for a time whose others are gone.
   * @param limit the most differences that are told; all are counted
   */
  compare(query: ReconcileQuery, limit: number): Promise<Reconciliation>
}
