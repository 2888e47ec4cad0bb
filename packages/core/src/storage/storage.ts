import type { Sub } from '../model/user.ts'
import type {
  Codes,
  DeviceCodes,
  Interactions,
  Keys,
  LogoutDeliveries,
  PushedRequests,
  Replays,
  Tokens,
} from './authorization.ts'
import type { Invoices, Reconciler } from './billing.ts'
import type { Clients, ClientUsers, Workspaces } from './clients.ts'
import type { Maintenance } from './maintenance.ts'
import type { Audit, Limits, RequestLog, Usage } from './metering.ts'
import type { Addresses, Sessions, Users } from './people.ts'
import type { Blocks, Failures, KnownOrigins, WorkspaceEvents } from './protection.ts'

/**
 * - `client`: that client, or one of its secrets, domains or links, or its workspace, changed.
 * - `grant`: that grant was revoked, and with it its tokens.
 * - `access_token`: that token was revoked.
 * - `user`: that user, or an address of theirs, changed.
 * - `block`: that block was made or lifted.
 * - `everything`: something may have.
 */
export type Change =
  | { readonly kind: 'client'; readonly clientId: string }
  | { readonly kind: 'grant'; readonly grantId: string }
  | { readonly kind: 'access_token'; readonly hash: string }
  | { readonly kind: 'user'; readonly sub: Sub }
  | { readonly kind: 'block'; readonly id: string }
  | { readonly kind: 'signing_key'; readonly kid: string }
  | { readonly kind: 'everything' }

export interface Changes {
  /**
   * Tells of changes made by any process, within a second. `everything` comes whenever some may have been missed, as
   * after a lost connection.
   * @returns a function that ends the subscription
   */
  subscribe(listener: (change: Change) => void): () => void
  /** Whether changes made elsewhere are being heard right now; while false, nothing may be served from a cache. */
  isListening(): boolean
}

/**
 * Where everything is kept: a repository per aggregate, a method per event, each one atomic and answering with its
 * outcome. Absence is `undefined`, time is an argument, and secrets arrive hashed. `@xwms/storage-contract` holds the
 * suite that an implementation passes.
 */
export interface Storage {
  readonly users: Users
  readonly addresses: Addresses
  readonly sessions: Sessions
  readonly workspaces: Workspaces
  readonly clients: Clients
  readonly clientUsers: ClientUsers
  readonly interactions: Interactions
  readonly pushedRequests: PushedRequests
  readonly deviceCodes: DeviceCodes
  readonly codes: Codes
  readonly tokens: Tokens
  readonly keys: Keys
  readonly replays: Replays
  readonly logoutDeliveries: LogoutDeliveries
  readonly usage: Usage
  readonly limits: Limits
  readonly requestLog: RequestLog
  readonly audit: Audit
  readonly blocks: Blocks
  readonly failures: Failures
  readonly knownOrigins: KnownOrigins
  readonly workspaceEvents: WorkspaceEvents
  readonly maintenance: Maintenance
  readonly invoices: Invoices
  readonly reconciler: Reconciler
  readonly changes: Changes
  /** False for storage that forgets everything when the process ends. */
  readonly durable: boolean
  /**
   * Resolves when the storage can be used: reachable, and its tables as new as this program needs.
   * @throws {StorageUnavailableError} with a sentence that says what to do
   */
  ready(): Promise<void>
  /** Lets go of connections and timers. */
  close(): Promise<void>
}
