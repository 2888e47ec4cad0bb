import { isDeepStrictEqual } from 'node:util'
import type { AuditEntry, Client, Clients, Domain, Secret } from '@xwms/core'
import { copy } from './copy.ts'
import type { ClientRecord, Data } from './data.ts'
import type { Notices } from './notices.ts'
import { byTime } from './order.ts'

const oldestFirst = byTime<Client | Domain | Secret>(
  item => item.createdAt,
  item => item.id,
)
const newestFirst = (a: Secret, b: Secret) => oldestFirst(b, a)

function withHost(domains: ReadonlyMap<string, Domain>, host: string | undefined): Domain | undefined {
  return [...domains.values()].find(domain => domain.host === host)
}

/** How many clients one call of `removeUnused` removes at most. */
const REMOVED_AT_ONCE = 100

export function clients(data: Data, notices: Notices): Clients {
  const { workspaces, clients, clientUsers, grants, audit } = data

  function existing(clientId: string): ClientRecord {
    const record = clients.get(clientId)
    if (!record) throw new Error(`There is no client ${clientId}.`)
    return record
  }

  function ofWorkspace(workspaceId: string): ClientRecord[] {
    return [...clients.values()].filter(record => record.client.workspaceId === workspaceId)
  }

  function changed(clientId: string, entry: AuditEntry): void {
    audit.push(copy(entry))
    notices.tell({ kind: 'client', clientId })
  }

  /** Removes a client with all that belongs to it. */
  function remove(clientId: string): void {
    const own = (item: { readonly clientId: string }) => item.clientId === clientId
    clients.delete(clientId)
    for (const [key, clientUser] of clientUsers) if (own(clientUser)) clientUsers.delete(key)
    data.logoutDeliveries.deleteWhere(own)
    data.interactions.deleteWhere(own)
    data.pushedRequests.deleteWhere(own)
    data.deviceCodes.deleteWhere(({ code }) => own(code))
    data.codes.deleteWhere(({ code }) => own(code))
    grants.deleteWhere(({ grant }) => own(grant))
    data.accessTokens.deleteWhere(own)
    data.refreshTokens.deleteWhere(({ token }) => own(token))
    for (const { clientIds } of data.participations.values()) clientIds.delete(clientId)
  }

  return {
    async create(client, limit, entry) {
      if (!workspaces.has(client.workspaceId)) throw new Error(`There is no workspace ${client.workspaceId}.`)
      if (clients.has(client.id)) throw new Error(`There is a client ${client.id} already.`)
      if (limit !== undefined && ofWorkspace(client.workspaceId).length >= limit)
        return { outcome: 'limit_reached' }
      clients.set(client.id, {
        client: copy(client),
        secrets: new Map(),
        domains: new Map(),
        links: new Map(),
      })
      changed(client.id, entry)
      return { outcome: 'created' }
    },
    async find(id) {
      return copy(clients.get(id)?.client)
    },
    async workspaces(ids) {
      const found = ids.map(id => clients.get(id)?.client).filter(client => client !== undefined)
      return new Map(found.map(({ id, workspaceId }) => [id, workspaceId]))
    },
    async list(workspaceId) {
      return ofWorkspace(workspaceId)
        .map(record => copy(record.client))
        .sort(oldestFirst)
    },
    async delete(clientId, entry) {
      if (!clients.has(clientId)) return false
      remove(clientId)
      changed(clientId, entry)
      return true
    },
    async count(workspaceId, source) {
      return ofWorkspace(workspaceId).filter(({ client }) => client.source === source).length
    },
    async removeUnused(createdBefore) {
      const inUse = new Set([
        ...[...clientUsers.values()].map(({ clientId }) => clientId),
        ...[...grants.values()].map(({ grant }) => grant.clientId),
      ])
      const unused = [...clients.values()]
        .map(({ client }) => client)
        .filter(
          ({ id, source, createdAt }) => source !== 'managed' && createdAt < createdBefore && !inUse.has(id),
        )
        .sort(oldestFirst)
        .slice(0, REMOVED_AT_ONCE)
      for (const { id } of unused) {
        remove(id)
        notices.tell({ kind: 'client', clientId: id })
      }
      return unused.length
    },
    async update(before, after, entry) {
      const record = clients.get(before.id)
      if (!record) return { outcome: 'not_found' }
      if (!isDeepStrictEqual(record.client, before)) return { outcome: 'outdated' }
      const { id, workspaceId, source, createdAt } = record.client
      record.client = { ...copy(after), id, workspaceId, source, createdAt }
      changed(id, entry)
      return { outcome: 'updated' }
    },

    async secrets(clientId) {
      return [...(clients.get(clientId)?.secrets.values() ?? [])].map(copy).sort(newestFirst)
    },
    async addSecret(secret, limit, entry) {
      const { secrets } = existing(secret.clientId)
      const live = [...secrets.values()].filter(
        other => !other.revokedAt && !(other.expiresAt && other.expiresAt <= secret.createdAt),
      )
      if (limit !== undefined && live.length >= limit) return { outcome: 'limit_reached' }
      secrets.set(secret.id, copy(secret))
      changed(secret.clientId, entry)
      return { outcome: 'created' }
    },
    async rotateSecret(secret, othersExpireAt, entry) {
      const { secrets } = existing(secret.clientId)
      for (const other of secrets.values())
        if (!other.revokedAt && !(other.expiresAt && other.expiresAt <= othersExpireAt))
          secrets.set(other.id, { ...other, expiresAt: new Date(othersExpireAt) })
      secrets.set(secret.id, copy(secret))
      changed(secret.clientId, entry)
    },
    async revokeSecret(clientId, secretId, now, entry) {
      const secrets = clients.get(clientId)?.secrets
      const secret = secrets?.get(secretId)
      if (!secrets || !secret) return { outcome: 'not_found' }
      if (secret.revokedAt) return { outcome: 'already_revoked' }
      secrets.set(secretId, { ...secret, revokedAt: new Date(now) })
      changed(clientId, entry)
      return { outcome: 'revoked' }
    },
    async touchSecrets(used) {
      for (const { secretId, at } of used)
        for (const { secrets } of clients.values()) {
          const secret = secrets.get(secretId)
          if (secret && !(secret.lastUsedAt && secret.lastUsedAt >= at))
            secrets.set(secretId, { ...secret, lastUsedAt: new Date(at) })
        }
    },

    async domains(clientId) {
      return [...(clients.get(clientId)?.domains.values() ?? [])].map(copy).sort(oldestFirst)
    },
    async addDomain(domain, limit, entry) {
      const { client, domains } = existing(domain.clientId)
      if (withHost(domains, domain.host)) return { outcome: 'host_taken' }
      const inWorkspace = ofWorkspace(client.workspaceId).reduce(
        (sum, record) => sum + record.domains.size,
        0,
      )
      if (limit !== undefined && inWorkspace >= limit) return { outcome: 'limit_reached' }
      domains.set(domain.id, copy(domain))
      changed(domain.clientId, entry)
      return { outcome: 'created' }
    },
    async updateDomain(before, after, entry) {
      const domains = clients.get(before.clientId)?.domains
      const stored = domains?.get(before.id)
      if (!domains || !stored) return { outcome: 'not_found' }
      if (!isDeepStrictEqual(stored, before)) return { outcome: 'outdated' }
      const { id, clientId, host, createdAt } = stored
      domains.set(id, { ...copy(after), id, clientId, host, createdAt })
      changed(clientId, entry)
      return { outcome: 'updated' }
    },
    async linkSecret(clientId, secretId, domainId, entry) {
      const record = clients.get(clientId)
      if (!record?.secrets.has(secretId) || !record.domains.has(domainId)) return { outcome: 'not_found' }
      const linked = record.links.get(domainId) ?? new Set()
      if (linked.has(secretId)) return { outcome: 'linked' }
      record.links.set(domainId, linked.add(secretId))
      changed(clientId, entry)
      return { outcome: 'linked' }
    },

    async facts(clientId, secretHash, domain) {
      const record = clients.get(clientId)
      const workspace = record && workspaces.get(record.client.workspaceId)?.workspace
      const secret = record && [...record.secrets.values()].find(({ hash }) => hash === secretHash)
      if (!record || !workspace || !secret) return undefined
      const asked = domain?.startsWith('dom_') ? record.domains.get(domain) : withHost(record.domains, domain)
      return {
        client: copy(record.client),
        workspace: copy(workspace),
        secret: copy(secret),
        domain: copy(asked),
        linkedSecretIds: asked ? [...(record.links.get(asked.id) ?? [])] : [],
      }
    },
  }
}
