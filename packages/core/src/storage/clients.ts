import type { Approval, Client, ClientUser, Domain, Secret } from '../model/client.ts'
import type { AuditEntry } from '../model/usage.ts'
import type { Sub } from '../model/user.ts'
import type { Member, Workspace } from '../model/workspace.ts'
import type { UpdateOutcome } from './update.ts'

/** A plan that workspaces are on, whether the configuration has it or not. */
export interface PlanInUse {
  readonly plan: string
  /** How many are on it now. */
  readonly workspaces: number
}

export interface Workspaces {
  /** Stores a new workspace, its first members and the audit entry together. */
  create(workspace: Workspace, members: readonly Member[], audit: AuditEntry): Promise<void>
  find(id: string): Promise<Workspace | undefined>
  /**
   * Replaces everything but `id` and `createdAt`, where the workspace still is `before`: of changes that were made to the same
   * one at once, one is written, with its audit entry.
   * @param before as it was read
   */
  update(before: Workspace, after: Workspace, audit: AuditEntry): Promise<UpdateOutcome>
  members(id: string): Promise<Member[]>
  /** The plans that there is a workspace on, in no particular order. Looks at every workspace: once at a start, never for a request. */
  plansInUse(): Promise<PlanInUse[]>
}

/** All that the header rules need of a caller, in one read (docs/architecture.md, "The rule chain"). */
export interface CredentialFacts {
  readonly client: Client
  readonly workspace: Workspace
  /** The secret that was asked about; it may be revoked or expired. */
  readonly secret: Secret
  /** The client's domain that was asked for, when it is one of the client's. */
  readonly domain: Domain | undefined
  /** The ids of the secrets that are linked to that domain. */
  readonly linkedSecretIds: readonly string[]
}

/**
 * The client aggregate: a client with its secrets, domains and links.
 * Every method that changes something writes the audit entry in the same transaction, and tells
 * {@link Changes} of every process which client it was.
 */
export interface Clients {
  /**
   * Stores a new client, unless the workspace has `limit` clients already (`limit` undefined: no limit).
   * Exact when several try at once.
   */
  create(
    client: Client,
    limit: number | undefined,
    audit: AuditEntry,
  ): Promise<{ outcome: 'created' | 'limit_reached' }>
  find(id: string): Promise<Client | undefined>
  /** The workspaces of clients by the clients' ids; those that do not exist are left out. */
  workspaces(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** A workspace's clients, oldest first. */
  list(workspaceId: string): Promise<Client[]>
  /** Removes a client with all that belongs to it; false when there was none. Usage and logs stay. */
  delete(clientId: string, audit: AuditEntry): Promise<boolean>
  /** How many clients of a workspace came from `source`. */
  count(workspaceId: string, source: Client['source']): Promise<number>
  /**
   * Removes up to 100 clients of `registration` or `document` that were created before `createdBefore` and that no user
   * has approved and no grant refers to; answers how many.
   */
  removeUnused(createdBefore: Date): Promise<number>
  /**
   * Replaces everything but `id`, `workspaceId`, `source` and `createdAt`, where the client still is `before`: of changes that
   * were made to the same one at once, one is written. What belongs to it (secrets, domains, links) is no part of it.
   * @param before as it was read
   */
  update(before: Client, after: Client, audit: AuditEntry): Promise<UpdateOutcome>

  /** The client's secrets, newest first. */
  secrets(clientId: string): Promise<Secret[]>
  /** Stores a new secret, unless the client has `limit` secrets that are neither revoked nor expired at its creation. */
  addSecret(
    secret: Secret,
    limit: number | undefined,
    audit: AuditEntry,
  ): Promise<{ outcome: 'created' | 'limit_reached' }>
  /**
   * Adds `secret` and makes every other live secret of the client expire at `othersExpireAt`, where that is earlier than
   * it would have. Of rotations that run at once, each adds its secret and none loses another's: the newest stays unexpired.
   */
  rotateSecret(secret: Secret, othersExpireAt: Date, audit: AuditEntry): Promise<void>
  /** Revokes a secret of the client for good. `already_revoked` keeps the first time. */
  revokeSecret(
    clientId: string,
    secretId: string,
    now: Date,
    audit: AuditEntry,
  ): Promise<{ outcome: 'revoked' | 'already_revoked' | 'not_found' }>
  /** Remembers when secrets were last used; never moves a time backwards. No audit, no change notice. */
  touchSecrets(used: readonly { readonly secretId: string; readonly at: Date }[]): Promise<void>

  /** The client's domains, oldest first. */
  domains(clientId: string): Promise<Domain[]>
  /** Stores a new domain, unless the workspace has `limit` domains over all its clients. `host_taken`: this client has that host. */
  addDomain(
    domain: Domain,
    limit: number | undefined,
    audit: AuditEntry,
  ): Promise<{ outcome: 'created' | 'limit_reached' | 'host_taken' }>
  /**
   * Replaces everything but `id`, `clientId`, `host` and `createdAt`, where the domain still is `before`: of changes that were
   * made to the same one at once, one is written. `not_found`: the client has no such domain.
   * @param before as it was read
   */
  updateDomain(before: Domain, after: Domain, audit: AuditEntry): Promise<UpdateOutcome>
  /** Lets a secret work on a domain of the same client; linking twice is no error. */
  linkSecret(
    clientId: string,
    secretId: string,
    domainId: string,
    audit: AuditEntry,
  ): Promise<{ outcome: 'linked' | 'not_found' }>

  /**
   * Loads all facts about a caller in one read: the client, and its domain by host or by id. Only whoever knows a secret
   * of the client gets any: an unknown client and a wrong secret are the same lookup, and end the same, so that its time
   * does not tell which clients exist.
   * @param secretHash SHA-256 of the secret that the caller sent, base64url
   * @param domain a normalised host, or an id that begins with `dom_`; `undefined` where no domain matters
   */
  facts(
    clientId: string,
    secretHash: string,
    domain: string | undefined,
  ): Promise<CredentialFacts | undefined>
}

export interface ClientUsers {
  find(clientId: string, sub: Sub): Promise<ClientUser | undefined>
  /** A user's approvals, newest first. */
  list(sub: Sub): Promise<ClientUser[]>
  /** Remembers an approval, adding to what was approved before. */
  approve(clientId: string, sub: Sub, approval: Approval, now: Date): Promise<ClientUser>
  /** Forgets the approval and revokes every grant that the user gave the client; false when there was none. */
  revoke(clientId: string, sub: Sub, now: Date): Promise<boolean>
  /**
   * Takes one scope back: out of the approval, whose `updatedAt` stays, and out of every grant that the user gave the client.
   * An access token that carries more than its grant has ended, so none of that scope is left; a grant that had no
   * other is revoked. Where nothing else was approved, it is a {@link ClientUsers.revoke}. False when the approval had no such scope.
   * As with `revoke`, a code that is redeemed at the same moment brings none of it: its grant is found, or it is refused.
   */
  removeScope(clientId: string, sub: Sub, scope: string, now: Date): Promise<boolean>
}
