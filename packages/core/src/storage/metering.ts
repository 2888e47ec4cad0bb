import type { DomainMode } from '../model/client.ts'
import type {
  AuditEntry,
  BatchTotals,
  RequestLogEntry,
  UsageBatch,
  UsageCounter,
  UsageDimension,
  UsageEvent,
  UsageInterval,
  UsageRow,
  WindowUse,
} from '../model/usage.ts'
import type { Position } from './protection.ts'

export interface UsageQuery {
  readonly workspaceId?: string
  readonly clientId?: string
  /** What counts in that billing month. */
  readonly month?: Date
  /** Inclusive. */
  readonly from: Date
  /** Exclusive. */
  readonly to: Date
}

/** A row's place in a series. */
export type SeriesPosition = Omit<UsageRow, 'requests' | 'costNanoEuro'>

/** Which counters to add up, and by what. */
export interface SeriesQuery extends UsageQuery {
  readonly domainId?: string
  readonly route?: string
  readonly mode?: DomainMode
  /** The first digit of the status: 4 for 4xx. */
  readonly statusClass?: number
  readonly interval: UsageInterval
  readonly by: readonly UsageDimension[]
  /** The last row of the page before, of a query that is the same but for `limit`. */
  readonly after?: SeriesPosition
  /** The most rows; the latest are left out. Default: all. */
  readonly limit?: number
}

/** A workspace's billing month, by its first moment (UTC). */
export interface WorkspaceMonth {
  readonly workspaceId: string
  readonly month: Date
}

/** The ledger: usage events, and the counters, month totals and windows that are derived from them, always in step. */
export interface Usage {
  /**
   * Writes a batch in one transaction: the events, and with them the hourly counters, the month totals, the use of windows and
   * the request log's entries of those that carry a `caller`. A batch whose id is stored already changes nothing, so a caller
   * that does not know whether a call succeeded repeats it.
   *
   * An event whose billing month has been closed for its workspace counts in the first month after it that has not.
   * @returns the totals as they are then, for a batch that was stored before as they are now
   */
  append(batch: UsageBatch): Promise<BatchTotals>
  /**
   * What {@link Usage.append} would answer, for a process that has just started.
   * @returns a total for each of the windows and each of the months, in the order asked
   */
  totals(
    windows: readonly Pick<WindowUse, 'key' | 'since'>[],
    months: readonly WorkspaceMonth[],
  ): Promise<BatchTotals>
  /** The counters of the hours from `from` to `to`, in a stable order. */
  counters(query: UsageQuery): Promise<UsageCounter[]>
  /** Sums of those counters, ordered by time, then by the dimensions in the order of `USAGE_DIMENSIONS`. */
  series(query: SeriesQuery): Promise<UsageRow[]>
  /** The events themselves, oldest first, at most `limit`. */
  events(query: UsageQuery, limit: number): Promise<UsageEvent[]>
}

/** One ceiling that a request must fit under. */
export interface Reservation {
  /** What is counted, such as `rate:<client id>`. */
  readonly key: string
  readonly windowStart: Date
  readonly windowEnd: Date
  /** The most requests admitted in the window. */
  readonly limit: number
}

/** `refusedBy` is the position of the first reservation without room; nothing was counted then. */
export type AdmitOutcome =
  | { readonly admitted: true; readonly used: readonly number[] }
  | { readonly admitted: false; readonly refusedBy: number }

export interface Limits {
  /** Counts one request under every reservation, or under none: exact when many ask at once, from any process. */
  admit(reservations: readonly Reservation[]): Promise<AdmitOutcome>
}

/** What to look for in the request log: whatever is given has to be so. */
export interface RequestLogQuery {
  readonly workspaceId: string
  readonly clientId?: string
  readonly domainId?: string
  readonly route?: string
  readonly status?: number
  /** The first digit of the status: 4 for 4xx. */
  readonly statusClass?: number
  /** The code of the rule that refused. */
  readonly refusedBy?: string
  readonly ip?: string
  readonly requestId?: string
  /** Inclusive. */
  readonly from: Date
  /** Exclusive. */
  readonly to: Date
  /** The last entry of the page before. */
  readonly before?: Position
  readonly limit: number
}

/** Metadata of requests, for their client's owner: refused ones, and admitted ones as {@link Usage.append} keeps them. */
export interface RequestLog {
  /** Keeps refusals. One that is there already changes nothing. */
  append(entries: readonly RequestLogEntry[]): Promise<void>
  /** Entries of a workspace, newest first, at most `limit`. */
  search(query: RequestLogQuery): Promise<RequestLogEntry[]>
}

/** Append-only; entries are written by the methods that make the change. */
export interface Audit {
  /** Entries about a workspace, newest first, at most `limit`. */
  list(workspaceId: string, limit: number): Promise<AuditEntry[]>
}
