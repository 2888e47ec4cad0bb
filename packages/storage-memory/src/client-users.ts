import type { ClientUser, ClientUsers, Sub } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'

/** A separator that no id contains keeps two pairs from meeting in one key. */
const keyOf = (clientId: string, sub: Sub) => `${clientId}\n${sub}`

export function clientUsers({ clientUsers, grants }: Data): ClientUsers {
  return {
    async find(clientId, sub) {
      return copy(clientUsers.get(keyOf(clientId, sub)))
    },
    async approve(clientId, sub, scopes, now) {
      const before = clientUsers.get(keyOf(clientId, sub))
      const clientUser: ClientUser = {
        clientId,
        sub,
        scopes: [...new Set([...(before?.scopes ?? []), ...scopes])],
        createdAt: before?.createdAt ?? new Date(now),
        updatedAt: new Date(now),
      }
      clientUsers.set(keyOf(clientId, sub), clientUser)
      return copy(clientUser)
    },
    async revoke(clientId, sub, now) {
      // Grants go even where the approval is gone already: whoever revokes wants no access to be left.
      for (const record of grants.values())
        if (record.grant.clientId === clientId && record.grant.sub === sub)
          record.grant = { ...record.grant, revokedAt: record.grant.revokedAt ?? new Date(now) }
      return clientUsers.delete(keyOf(clientId, sub))
    },
  }
}
