import type { AuditEntry, RequestLogEntry, UsageCounter, UsageEvent } from '../model/usage.ts'

export interface UsageQuery {
  readonly workspaceId?: string
  readonly clientId?: string
  /** Inclusive. */
  readonly from: Date
  /** Exclusive. */
  readonly to: Date
}

export interface Usage {
  /**
   * Writes events and brings the hourly counters up to date, in one transaction. An event whose id is stored already
   * changes nothing, so a caller that does not know whether a call succeeded repeats it.
   */
  append(events: readonly UsageEvent[]): Promise<void>
  /** The counters of the hours from `from` to `to`, in a stable order. */
  counters(query: UsageQuery): Promise<UsageCounter[]>
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

export interface RequestLog {
  append(entries: readonly RequestLogEntry[]): Promise<void>
  /** A client's entries, newest first, at most `limit`. */
  list(clientId: string, limit: number): Promise<RequestLogEntry[]>
}

/** Append-only; entries are written by the methods that make the change. */
export interface Audit {
  /** Entries about a workspace, newest first, at most `limit`. */
  list(workspaceId: string, limit: number): Promise<AuditEntry[]>
}
