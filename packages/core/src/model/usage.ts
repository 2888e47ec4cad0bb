import type { DomainMode } from './client.ts'
import type { Sub } from './user.ts'

/** One metered request: the unit that invoices are built from. */
export interface UsageEvent {
  /** Unique for ever; writing the same event again changes nothing. */
  readonly id: string
  /** When the request was admitted. */
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
  readonly durationMs: number
  /** In nano-euro (10^-9 EUR): zero in test mode and for free endpoints. */
  readonly priceNanoEuro: number
}

/** Totals of usage events that share an hour, a client, a domain, a route, a mode and a status class. */
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
  readonly requests: bigint
  readonly priceNanoEuro: bigint
}

/** A refused or failed request, for the client's owner to read; never a secret, a token or a body. */
export interface RequestLogEntry {
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
  /** The code of the rule that refused. */
  readonly refusedBy: string | undefined
  /** What the rule saw, by name. */
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
