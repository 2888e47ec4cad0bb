import type { Config } from '../config/config.ts'
import type { Accounts, Logger, ResourceOptions } from '../config/options.ts'
import type { AccessToken, Grant } from '../model/authorization.ts'
import type { Client, Domain } from '../model/client.ts'
import type { EventWaiter, MeteredRequest, RequestLogEntry } from '../model/usage.ts'
import type { User } from '../model/user.ts'
import type { Workspace } from '../model/workspace.ts'
import type { CredentialFacts } from '../storage/clients.ts'
import type { Storage } from '../storage/storage.ts'
import type { WorkspacePlans } from './billing/workspace-plans.ts'
import type { KeyRing } from './keys/key-ring.ts'
import type { GuardPairs } from './metering/guard-pairs.ts'
import type { Limiter } from './metering/limiter.ts'
import type { MonthUse } from './metering/month-use.ts'
import type { Outage } from './metering/outage.ts'
import type { Sampler } from './metering/sampler.ts'
import type { Protection } from './protection/protection.ts'
import type { EventRecorder } from './workspace-events.ts'

/** Takes what happened to a request and makes it durable. */
export interface Meter {
  /**
   * Takes a request whose status is known, and tells the waiter when its event is committed, or that it could not be
   * ({@link StorageUnavailableError}). Events of concurrent requests share a commit.
   */
  record(event: MeteredRequest, admission: MeteredAdmission, waiter: EventWaiter): void
  /** Notes a refusal for the client's owner, in the background: the caller does not wait for it. */
  note(entry: RequestLogEntry): void
  /**
   * Notes a refusal of somebody who stated a client and did not prove to be it, for that client's owner, if there is one: that is
   * found out in the background, so that nothing about the answer depends on it. A flood is noted in part.
   */
  noteUnproven(entry: UnprovenEntry): void
  /** Notes that a secret was used, in the background. */
  touch(secretId: string, at: Date): void
  /** Writes whatever is waiting. */
  flush(): Promise<void>
}

/** A request that stated a client. Whose it is, and whether it exists, is not known. */
export type UnprovenEntry = Omit<RequestLogEntry, 'workspaceId' | 'domainId'>

/** An admission, as the meter keeps account of it: whose request it is, and what it was counted under. */
export interface MeteredAdmission {
  readonly workspace: Workspace
  readonly place: {
    readonly month: MonthUse | undefined
    readonly priceNanoEuro: number
    readonly turn: number
  }
}

/** Facts about a caller with what can be worked out once. */
export interface KnownCaller extends CredentialFacts {
  readonly allowsIp: (ip: string) => boolean
  /** What `X-Client-Domain` said, in its ordinary form. */
  readonly stated: string
  /** The address that the last of its requests came from, as far as it was looked at. */
  usedFrom: string
}

/** Facts about callers, from memory where they are fresh. */
export interface CallerCache {
  /**
   * What is known of a caller whose secret was proven before, or `undefined`: ask the storage.
   * @param domain what `X-Client-Domain` said, as it said it
   */
  get(clientId: string, domain: string, secret: string): KnownCaller | undefined
  /** What was known of them, for when the storage cannot be asked. */
  getKept(clientId: string, domain: string, secret: string): KnownCaller | undefined
  /** Counts changes; read it before reading facts, and give it to {@link CallerCache.set}. */
  readonly epoch: number
  /** Remembers facts together with a secret that was proven with them, unless something changed since `readAt`. */
  set(domain: string, secret: string, caller: KnownCaller, readAt: number): void
}

/** A resource server that tokens may be bound to (RFC 8707). */
export interface Resource
  extends Required<Omit<ResourceOptions, 'scopes' | 'clientId' | 'accessTokenSeconds'>> {
  /** Its resource indicator. */
  readonly identifier: string
  readonly scopes: readonly string[] | undefined
  readonly clientId?: string | undefined
  readonly accessTokenSeconds: number | undefined
}

/** The resource servers of the configuration, and those of the host's guarded routes. */
export interface Resources {
  /** By resource indicator, compared as a whole; but for a slash that ends an empty path, which means nothing. */
  find(identifier: string): Resource | undefined
  /** Adds a resource, unless it is known; answers what is known of it then. */
  add(identifier: string, options: ResourceOptions): Resource
  /** The management API. */
  readonly management: Resource
}

/** What came back from somebody else's server. */
export interface OutboundAnswer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Calls other servers on behalf of clients. Refuses addresses of private networks and of this machine, unless configured
 * otherwise, as the connection is made, so that no name can point there; follows no redirects; bounds time and size.
 */
export interface Outbound {
  /** @throws {OutboundError} when there is no answer of the kind asked for */
  get(url: string, options: { readonly accept: string; readonly maxBytes: number }): Promise<OutboundAnswer>
  /** Posts a form. @throws {OutboundError} when there is no answer */
  post(url: string, form: URLSearchParams): Promise<OutboundAnswer>
  close(): Promise<void>
}

/** Tells clients that a session of theirs has ended (OpenID Connect Back-Channel Logout). */
export interface LogoutNotifier {
  /**
   * Sends the notices that are due, in the background.
   * @param baseUrl the address of this XWMS as the user's browser sees it
   */
  notify(baseUrl: string): void
}

/** An access token with all that a decision about it needs. */
export interface KnownToken {
  readonly token: AccessToken
  readonly grant: Grant
  readonly client: Client
  readonly workspace: Workspace | undefined
  /** Whom it is about; absent where a client acts for itself. */
  readonly user: User | undefined
}

/** Access tokens by hash, from memory where they are fresh. */
export interface AccessTokens {
  /** The token, unless unknown, revoked, expired, or its client or its user was disabled. */
  find(hash: string): Promise<KnownToken | undefined>
  close(): void
}

/** Clients that are known by a document of theirs, where the configuration allows any. */
export interface ClientDocuments {
  /**
   * The client whose id is this address, as its document has it.
   * @throws {HttpError} 400 `invalid_client` when there is no document there that can be used
   */
  find(address: string): Promise<Client | undefined>
}

/** A client with what decides whether it may sign users in. */
export interface KnownClient {
  readonly client: Client
  readonly workspace: Workspace | undefined
  readonly domains: readonly Domain[]
}

/** Clients, from memory where they are fresh. */
export interface KnownClients {
  find(clientId: string): Promise<KnownClient | undefined>
  close(): void
}

/** What every handler finds around it. Plain members; nothing hidden. */
export interface Context {
  readonly config: Config
  readonly storage: Storage
  readonly accounts: Accounts
  readonly logger: Logger
  readonly plans: WorkspacePlans
  readonly meter: Meter
  readonly limiter: Limiter
  readonly outage: Outage
  /** Picks the admitted requests that the request log keeps. */
  readonly sampler: Sampler
  readonly guardPairs: GuardPairs
  readonly callers: CallerCache
  readonly clients: KnownClients
  readonly keys: KeyRing
  readonly resources: Resources
  readonly accessTokens: AccessTokens
  readonly outbound: Outbound
  readonly clientDocuments: ClientDocuments
  readonly logouts: LogoutNotifier
  readonly events: EventRecorder
  readonly protection: Protection
  readonly now: () => Date
}
