import type { DomainMode } from './client.ts'
import type { Sub } from './user.ts'

/** An admitted request, as the meter gives it to the ledger. */
export interface MeteredRequest {
  /** When it was admitted. */
  readonly at: Date
  readonly workspaceId: string
  readonly clientId: string
  /** Absent where an access token called, which belongs to no domain. */
  readonly domainId: string | undefined
  /** What was called, such as `POST /api/get/user/info` or the host's own name for its route. */
  readonly route: string
  readonly mode: DomainMode
  readonly sub: Sub | undefined
  readonly status: number
  /** From when it came until it was answered, so with what it waited to be admitted. */
  readonly durationMs: number
  /** The unit price, in nano-euro (10^-9 EUR): zero in test mode, for free endpoints, and where we failed (5xx). */
  readonly priceNanoEuro: number
  readonly requestId: string
  /** Who called, where the request log keeps this request; absent where it does not. */
  readonly caller: { readonly ip: string; readonly userAgent: string | undefined } | undefined
}

/** Whoever waits for the event of a request to be in the ledger. */
export interface EventWaiter {
  /** It is, or need not be waited for. */
  committed(): void
  /** It is not, and will not be. */
  failed(error: unknown): void
}

/** One metered request in the ledger: the unit that invoices are built from. */
export interface UsageEvent extends Omit<MeteredRequest, 'caller'> {
  /** A UUID, made of its batch's id and its position in it. */
  readonly id: string
  /** The billing month that it counts in, by its first moment (UTC): its own, or a later one where that was closed before. */
  readonly month: Date
}

/** Requests of one hour that share a client, a domain, a route, a mode, a status class and a unit price. */
export interface UsageCounter {
  /** The beginning of the hour, UTC. */
  readonly hour: Date
  readonly workspaceId: string
  readonly clientId: string
  readonly domainId: string | undefined
  readonly route: string
  readonly mode: DomainMode
  /** The first digit of the status: 2 for 2xx. */
  readonly statusClass: number
  /** What one of them costs. */
  readonly unitPriceNanoEuro: number
  /** The billing month that they count in, as of {@link UsageEvent}. */
  readonly month: Date
  readonly requests: bigint
}

/** What usage can be told apart by. */
export const USAGE_DIMENSIONS = ['client', 'domain', 'route', 'mode', 'status_class', 'price'] as const
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number]

/** How usage can be told apart in time, by the calendar (UTC); with `none` it is not. */
export const USAGE_INTERVALS = ['hour', 'day', 'month', 'none'] as const
export type UsageInterval = (typeof USAGE_INTERVALS)[number]

/** Requests of an interval that share the dimensions asked for; what was not asked for is absent. */
export interface UsageRow {
  /** The beginning of the interval. */
  readonly start: Date | undefined
  readonly clientId: string | undefined
  /** Absent, too, for what access tokens called. */
  readonly domainId: string | undefined
  readonly route: string | undefined
  readonly mode: DomainMode | undefined
  readonly statusClass: number | undefined
  readonly unitPriceNanoEuro: number | undefined
  readonly requests: bigint
  /** The sum of their unit prices, included ones and all: what a plan takes off is for the invoice. */
  readonly costNanoEuro: bigint
}

/** Requests that a process admitted under a limit since it last told. */
export interface WindowUse {
  /** What is counted, such as `rate:<client id>`. */
  readonly key: string
  /** The beginning of the slot that they were admitted in. */
  readonly start: Date
  /** When the slot counts no more; its row may be removed then. */
  readonly end: Date
  /** The beginning of the oldest slot that still counts for {@link BatchTotals.windows}. */
  readonly since: Date
  readonly used: number
}

/** What is written to the ledger together: all of it, or nothing. */
export interface UsageBatch {
  /** A UUID. Whoever does not know whether a batch was written writes it again, as it is. */
  readonly id: string
  /** At most 65,536. The position of each is part of its id (`usageEventId`), so the list never changes. */
  readonly events: readonly MeteredRequest[]
  readonly windows: readonly WindowUse[]
}

/** What is billable of a workspace's month so far: live requests with a price, by the price. */
export interface MonthTotal {
  readonly workspaceId: string
  /** The first moment of the month, UTC. */
  readonly month: Date
  /** The lowest price first. */
  readonly lines: readonly { readonly unitPriceNanoEuro: number; readonly requests: number }[]
}

/** How things stand after a batch, for limits and quotas: with what every other process has written by then. */
export interface BatchTotals {
  /** For each of the batch's windows, in its order: the use of its key in all slots that begin at `since` or later. */
  readonly windows: readonly number[]
  /** One for each workspace and billing month of the batch's events, in no particular order. */
  readonly months: readonly MonthTotal[]
}

/** A request as the request log has it, for the client's owner to read; never a secret, a token or a body. */
export interface RequestLogEntry {
  /** A UUID; that of the usage event for a request that was admitted. */
  readonly id: string
  readonly at: Date
  readonly requestId: string
  readonly workspaceId: string
  readonly clientId: string
  readonly domainId: string | undefined
  readonly route: string
  readonly status: number
  readonly durationMs: number
  readonly ip: string
  readonly userAgent: string | undefined
  /** The code of the rule that refused; absent for a request that was admitted. */
  readonly refusedBy: string | undefined
  /** What the rule saw, by name; empty for a request that was admitted. */
  readonly facts: Readonly<Record<string, unknown>>
}

/** A change that somebody made: who, what, on what, when, from where, before and after. */
export interface AuditEntry {
  readonly id: string
  readonly at: Date
  /** A `sub`, or the name of a tool such as `cli`. */
  readonly actor: string
  /** `<thing>.<past participle>`, such as `secret.revoked`. */
  readonly action: string
  readonly workspaceId: string | undefined
  /** The id of the thing changed. */
  readonly target: string
  readonly ip: string | undefined
  readonly before: Readonly<Record<string, unknown>> | undefined
  readonly after: Readonly<Record<string, unknown>> | undefined
}
