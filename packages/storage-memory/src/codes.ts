import type { Codes } from '@xwms/core'
import { isApproved } from './client-users.ts'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import type { Notices } from './notices.ts'
import { revokeGrant, storeIssue } from './tokens.ts'

export function codes(data: Data, notices: Notices): Codes {
  const { codes, participations } = data
  return {
    async create(code) {
      if (code.flow === 'authorization_code') participations.get(code.sid)?.clientIds.add(code.clientId)
      codes.set(code.hash, { code: copy(code), consumed: false, grantId: undefined })
    },
    async find(hash) {
      return copy(codes.get(hash)?.code)
    },
    async consume(hash, now, issue) {
      const record = codes.get(hash)
      if (!record) return { outcome: 'unknown' }
      if (record.consumed) {
        if (record.grantId) revokeGrant(data, notices, record.grantId, now)
        return { outcome: 'replayed' }
      }
      if (record.code.expiresAt <= now) return { outcome: 'expired' }
      if (issue && !isApproved(data, record.code, issue.grant.scopes)) return { outcome: 'taken_back' }
      record.consumed = true
      if (issue) {
        record.grantId = issue.grant.id
        storeIssue(data, issue)
      }
      return { outcome: 'consumed' }
    },
  }
}
