import type { Config } from '../config/config.ts'
import type { Accounts, Logger } from '../config/options.ts'
import type { RequestLogEntry, UsageEvent } from '../model/usage.ts'
import type { CredentialFacts } from '../storage/clients.ts'
import type { Storage } from '../storage/storage.ts'
import type { KeyRing } from './key-ring.ts'

/** Takes what happened to a request and makes it durable. */
export interface Meter {
  /**
   * Resolves once the event is committed. Events of concurrent requests share a commit.
   * @throws {StorageUnavailableError} when it could not be committed
   */
  record(event: UsageEvent): Promise<void>
  /** Notes a refusal for the client's owner, in the background: the caller does not wait for it. */
  note(entry: RequestLogEntry): void
  /** Notes that a secret was used, in the background. */
  touch(secretId: string, at: Date): void
  /** Writes whatever is waiting. */
  flush(): Promise<void>
}

/** Facts about a caller with what can be worked out once. */
export interface KnownCaller extends CredentialFacts {
  readonly allowsIp: (ip: string) => boolean
}

/** Facts about callers, from memory where they are fresh. */
export interface CallerCache {
  /** What is known of a caller whose secret was proven before, or `undefined`: ask the storage. */
  get(clientId: string, domain: string, secret: string): KnownCaller | undefined
  /** Counts changes; read it before reading facts, and give it to {@link CallerCache.set}. */
  readonly epoch: number
  /** Remembers facts together with a secret that was proven with them, unless something changed since `readAt`. */
  set(domain: string, secret: string, caller: KnownCaller, readAt: number): void
}

/** What every handler finds around it. Plain members; nothing hidden. */
export interface Context {
  readonly config: Config
  readonly storage: Storage
  readonly accounts: Accounts
  readonly logger: Logger
  readonly meter: Meter
  readonly callers: CallerCache
  readonly keys: KeyRing
  readonly now: () => Date
}
