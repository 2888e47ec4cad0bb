import type {
  AccessToken,
  Address,
  AuditEntry,
  Block,
  Client,
  ClientUser,
  ClosedTermsDocument,
  Code,
  DeviceCode,
  Domain,
  Failure,
  Grant,
  Interaction,
  Invoice,
  LogoutDelivery,
  Member,
  PushedRequest,
  RefreshToken,
  RequestLogEntry,
  Reservation,
  Secret,
  Session,
  SigningKey,
  Sub,
  UsageCounter,
  User,
  Workspace,
  WorkspaceEvent,
} from '@xwms/core'
import { ExpiringMap } from './expiring-map.ts'
import { Recent, RecentByKey } from './recent.ts'
import { RecentEvents } from './recent-events.ts'

/** A workspace with its members, and which plan it was on since when, the oldest first. */
export interface WorkspaceRecord {
  workspace: Workspace
  readonly members: Member[]
  readonly plans: { readonly since: Date; readonly plan: string }[]
}

/** A client with all that belongs to it. */
export interface ClientRecord {
  client: Client
  readonly secrets: Map<string, Secret>
  readonly domains: Map<string, Domain>
  /** By domain id, the ids of the secrets that are linked to it. */
  readonly links: Map<string, Set<string>>
}

/** Which clients take part in a session. */
export interface Participation extends Pick<Session, 'expiresAt'> {
  readonly clientIds: Set<string>
}

/** A code, and what became of it. */
export interface CodeRecord {
  readonly code: Code
  consumed: boolean
  grantId: string | undefined
}

/** A device code, and when the device last asked. */
export interface DeviceCodeRecord {
  code: DeviceCode
  polledAt: Date | undefined
}

/** A grant, and when the last of its tokens expires. */
export interface GrantRecord {
  grant: Grant
  tokensExpireAt: Date
}

/** A signing key, and whether one follows it. */
export interface SigningKeyRecord {
  key: SigningKey
  succeeded: boolean
}

/** A refresh token, and what followed it. */
export interface RefreshTokenRecord {
  token: RefreshToken
  spent: { readonly at: Date; readonly sealedSuccessor: string } | undefined
}

/** How far a limit's window is filled. */
export interface LimitWindow extends Pick<Reservation, 'windowEnd'> {
  used: number
}

/** The use of a limit's key, by the beginning of the slot; `end` is that of the latest. */
export interface WindowSlots {
  readonly slots: Map<number, { readonly end: Date; readonly used: number }>
  readonly end: Date
}

/** Everything that one memory storage holds; each repository is a set of functions over it. */
export interface Data {
  readonly users: Map<Sub, User>
  readonly addresses: Map<number, Address>
  readonly sessions: ExpiringMap<Session>
  /** By `sid`. */
  readonly participations: ExpiringMap<Participation>
  readonly workspaces: Map<string, WorkspaceRecord>
  readonly clients: Map<string, ClientRecord>
  /** By client id and `sub`. */
  readonly clientUsers: Map<string, ClientUser>
  readonly interactions: ExpiringMap<Interaction>
  readonly pushedRequests: ExpiringMap<PushedRequest>
  readonly deviceCodes: ExpiringMap<DeviceCodeRecord>
  readonly codes: ExpiringMap<CodeRecord>
  readonly grants: ExpiringMap<GrantRecord>
  readonly accessTokens: ExpiringMap<AccessToken>
  readonly refreshTokens: ExpiringMap<RefreshTokenRecord>
  readonly keys: Map<string, SigningKeyRecord>
  readonly sharedSecrets: Map<string, string>
  /** By the hash of what was used, until when it is remembered. */
  readonly replays: ExpiringMap<Date>
  readonly logoutDeliveries: ExpiringMap<LogoutDelivery>
  /** By id, those that were written. */
  readonly usageBatches: RecentByKey<true>
  readonly usageEvents: RecentEvents
  readonly usageCounters: Map<string, UsageCounter>
  /** By workspace and billing month, how many billable requests there are of each unit price. */
  readonly monthTotals: Map<string, Map<number, number>>
  /** By workspace and month, what it was charged by when it was closed. */
  readonly closedMonths: Map<string, ClosedTermsDocument>
  readonly windowUses: ExpiringMap<WindowSlots>
  readonly limitWindows: ExpiringMap<LimitWindow>
  readonly requestLog: ExpiringMap<RequestLogEntry>
  readonly audit: Recent<AuditEntry>
  readonly blocks: ExpiringMap<Block>
  readonly failures: ExpiringMap<Failure>
  /** By subject, when it was last seen at which origin. */
  readonly knownOrigins: Map<string, Map<string, Date>>
  /** By workspace, then by key. */
  readonly workspaceEvents: Map<string, Map<string, WorkspaceEvent>>
  /** The oldest first. */
  readonly invoices: Invoice[]
}

/**
 * Of each kind of thing that comes and goes. Those that live for weeks would fill the memory, and expire too late to help.
 * Not of replays, failures and the windows of limits: they go within minutes, and none may go sooner.
 */
const KEPT = 100_000

/** How many events are remembered; the counters and totals stay complete beyond it. */
const USAGE_EVENTS_KEPT = 100_000

/** One that is written again after so many others counts again. */
const USAGE_BATCHES_KEPT = 10_000

/** Over all clients. */
const LOG_ENTRIES_KEPT = 10_000

/** Over all workspaces. Each may hold a client before and after its change, and clients may change themselves (RFC 7592). */
const AUDIT_ENTRIES_KEPT = 1000

/** An empty storage's data. */
export function emptyData(): Data {
  return {
    users: new Map(),
    addresses: new Map(),
    sessions: new ExpiringMap(session => session.expiresAt, KEPT),
    participations: new ExpiringMap(participation => participation.expiresAt, KEPT),
    workspaces: new Map(),
    clients: new Map(),
    clientUsers: new Map(),
    interactions: new ExpiringMap(interaction => interaction.expiresAt, KEPT),
    pushedRequests: new ExpiringMap(request => request.expiresAt, KEPT),
    deviceCodes: new ExpiringMap(record => record.code.expiresAt, KEPT),
    codes: new ExpiringMap(record => record.code.expiresAt, KEPT),
    grants: new ExpiringMap(record => record.tokensExpireAt, KEPT),
    accessTokens: new ExpiringMap(token => token.expiresAt, KEPT),
    refreshTokens: new ExpiringMap(record => record.token.expiresAt, KEPT),
    keys: new Map(),
    sharedSecrets: new Map(),
    replays: new ExpiringMap(expiresAt => expiresAt),
    logoutDeliveries: new ExpiringMap(delivery => delivery.nextAttemptAt, KEPT),
    usageBatches: new RecentByKey(USAGE_BATCHES_KEPT),
    usageEvents: new RecentEvents(USAGE_EVENTS_KEPT),
    usageCounters: new Map(),
    monthTotals: new Map(),
    closedMonths: new Map(),
    windowUses: new ExpiringMap(({ end }) => end),
    limitWindows: new ExpiringMap(window => window.windowEnd),
    requestLog: new ExpiringMap(entry => entry.at, LOG_ENTRIES_KEPT),
    audit: new Recent(AUDIT_ENTRIES_KEPT),
    blocks: new ExpiringMap(block => block.expiresAt, KEPT),
    failures: new ExpiringMap(failure => failure.expiresAt),
    knownOrigins: new Map(),
    workspaceEvents: new Map(),
    invoices: [],
  }
}
