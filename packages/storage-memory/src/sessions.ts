import { randomUUID } from 'node:crypto'
import type { Session, Sessions } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import type { Notices } from './notices.ts'
import { byTime } from './order.ts'
import { revokeGrant } from './tokens.ts'

const oldestFirst = byTime<Session>(
  session => session.createdAt,
  session => session.sid,
)

export function sessions(data: Data, notices: Notices): Sessions {
  const { sessions, participations } = data

  function live(idHash: string, now: Date): Session | undefined {
    const session = sessions.get(idHash)
    return session && session.expiresAt > now ? session : undefined
  }

  function end({ idHash, sid }: Session): void {
    sessions.delete(idHash)
    participations.delete(sid)
  }

  return {
    async create(session) {
      const { idHash, sid, expiresAt } = session
      sessions.set(idHash, copy(session))
      participations.set(sid, { clientIds: new Set(), expiresAt: new Date(expiresAt) })
    },
    async renew(idHash, session) {
      const before = sessions.get(idHash)
      if (before?.sid !== session.sid || before.sub !== session.sub) return false
      const { clientIds } = participations.get(session.sid) ?? { clientIds: new Set<string>() }
      end(before)
      sessions.set(session.idHash, copy(session))
      const expiresAt = new Date(session.expiresAt)
      participations.set(session.sid, { clientIds, expiresAt })
      return true
    },
    async find(idHash, now) {
      return copy(live(idHash, now))
    },
    async logOut(idHash, now) {
      const session = live(idHash, now)
      if (!session) return undefined
      const { sid, sub } = session
      const clientIds = [...(participations.get(sid)?.clientIds ?? [])].sort()
      for (const { grant } of data.grants.values())
        if (grant.sid === sid && grant.scopes.includes('openid') && !grant.scopes.includes('offline_access'))
          revokeGrant(data, notices, grant.id, now)
      for (const clientId of clientIds) {
        if (data.clients.get(clientId)?.client.metadata.backchannel_logout_uri === undefined) continue
        const id = randomUUID()
        const [createdAt, nextAttemptAt] = [new Date(now), new Date(now)]
        data.logoutDeliveries.set(id, { id, clientId, sub, sid, attempts: 0, createdAt, nextAttemptAt })
      }
      end(session)
      return { session: copy(session), clientIds }
    },
    async list(sub, now) {
      const own = [...sessions.values()].filter(session => session.sub === sub && session.expiresAt > now)
      return own.sort(oldestFirst).reverse().map(copy)
    },
    async end(idHash) {
      const session = sessions.get(idHash)
      if (session) end(session)
    },
  }
}
