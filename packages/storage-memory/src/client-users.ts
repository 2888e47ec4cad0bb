import type { ClientUser, ClientUsers, Sub } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import type { Notices } from './notices.ts'
import { byTime } from './order.ts'
import { revokeGrant } from './tokens.ts'

/** A separator that no id contains keeps two pairs from meeting in one key. */
const keyOf = (clientId: string, sub: Sub) => `${clientId}\n${sub}`

const oldestFirst = byTime<ClientUser>(
  clientUser => clientUser.createdAt,
  clientUser => clientUser.clientId,
)

function union(before: readonly string[] | undefined, more: readonly string[]): string[] {
  return [...new Set([...(before ?? []), ...more])]
}

export function clientUsers(data: Data, notices: Notices): ClientUsers {
  const { clientUsers, grants } = data
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
      // Grants go even where the approval is gone already: whoever revokes wants no access to be left.
      for (const { grant } of grants.values())
        if (grant.clientId === clientId && grant.sub === sub) revokeGrant(data, notices, grant.id, now)
      return clientUsers.delete(keyOf(clientId, sub))
    },
  }
}
