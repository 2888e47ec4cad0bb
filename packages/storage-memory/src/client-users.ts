import type { ClientUser, ClientUsers, Sub } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import type { Notices } from './notices.ts'
import { byTime } from './order.ts'
import { narrowGrant, revokeGrant } from './tokens.ts'

/** A separator that no id contains keeps two pairs from meeting in one key. */
const keyOf = (clientId: string, sub: Sub) => `${clientId}\n${sub}`

const oldestFirst = byTime<ClientUser>(
  clientUser => clientUser.createdAt,
  clientUser => clientUser.clientId,
)

/** Whether a user's approval of a client has all these scopes. */
export function isApproved(
  { clientUsers }: Data,
  { clientId, sub }: Pick<ClientUser, 'clientId' | 'sub'>,
  scopes: readonly string[],
): boolean {
  const approved = clientUsers.get(keyOf(clientId, sub))?.scopes
  return approved !== undefined && scopes.every(scope => approved.includes(scope))
}

function union(before: readonly string[] | undefined, more: readonly string[]): string[] {
  return [...new Set([...(before ?? []), ...more])]
}

function isNothingElse({ claims, resources, authorizationDetails }: ClientUser): boolean {
  return claims.length + resources.length + authorizationDetails.length === 0
}

export function clientUsers(data: Data, notices: Notices): ClientUsers {
  const { clientUsers, grants } = data

  function grantsOf(clientId: string, sub: Sub): readonly string[] {
    return [...grants.values()]
      .filter(({ grant }) => grant.clientId === clientId && grant.sub === sub)
      .map(({ grant }) => grant.id)
  }

  function revoke(clientId: string, sub: Sub, now: Date): boolean {
    // Grants go even where the approval is gone already: whoever revokes wants no access to be left.
    for (const grantId of grantsOf(clientId, sub)) revokeGrant(data, notices, grantId, now)
    return clientUsers.delete(keyOf(clientId, sub))
  }

  return {
    async find(clientId, sub) {
      return copy(clientUsers.get(keyOf(clientId, sub)))
    },
    async list(sub) {
      const own = [...clientUsers.values()].filter(clientUser => clientUser.sub === sub)
      return own.sort(oldestFirst).reverse().map(copy)
    },
    async approve(clientId, sub, approval, now) {
      const before = clientUsers.get(keyOf(clientId, sub))
      const clientUser: ClientUser = {
        clientId,
        sub,
        scopes: union(before?.scopes, approval.scopes),
        claims: union(before?.claims, approval.claims),
        resources: union(before?.resources, approval.resources),
        authorizationDetails: union(before?.authorizationDetails, approval.authorizationDetails),
        createdAt: before?.createdAt ?? new Date(now),
        updatedAt: new Date(now),
      }
      clientUsers.set(keyOf(clientId, sub), clientUser)
      return copy(clientUser)
    },
    async revoke(clientId, sub, now) {
      return revoke(clientId, sub, now)
    },
    async removeScope(clientId, sub, scope, now) {
      const before = clientUsers.get(keyOf(clientId, sub))
      const scopes = before?.scopes.filter(known => known !== scope) ?? []
      const removed = before?.scopes.includes(scope) === true
      if (removed && scopes.length === 0 && isNothingElse(before)) return revoke(clientId, sub, now)
      for (const grantId of grantsOf(clientId, sub)) narrowGrant(data, notices, grantId, scope, now)
      if (removed) clientUsers.set(keyOf(clientId, sub), { ...before, scopes })
      return removed
    },
  }
}
