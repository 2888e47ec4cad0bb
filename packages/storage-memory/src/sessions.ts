import type { Sessions } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'

export function sessions({ sessions }: Data): Sessions {
  return {
    async create(session) {
      sessions.set(session.idHash, copy(session), session.createdAt)
    },
    async find(idHash, now) {
      const session = sessions.get(idHash)
      return session && session.expiresAt > now ? copy(session) : undefined
    },
    async end(idHash) {
      sessions.delete(idHash)
    },
  }
}
