import type { DeviceCodes } from '@xwms/core'
import { isApproved } from './client-users.ts'
import { copy } from './copy.ts'
import type { Data, DeviceCodeRecord } from './data.ts'
import { storeIssue } from './tokens.ts'

/** What `slow_down` adds to the interval (RFC 8628 section 3.5). */
const SLOW_DOWN_SECONDS = 5

export function deviceCodes(data: Data): DeviceCodes {
  const { deviceCodes } = data

  function withUserCode(userCodeHash: string, now: Date): DeviceCodeRecord | undefined {
    return [...deviceCodes.values()].find(
      ({ code }) => code.userCodeHash === userCodeHash && code.expiresAt > now,
    )
  }

  return {
    async create(code) {
      if (withUserCode(code.userCodeHash, code.createdAt)) return { outcome: 'user_code_taken' }
      deviceCodes.set(code.hash, { code: copy(code), polledAt: undefined })
      return { outcome: 'created' }
    },
    async find(hash) {
      return copy(deviceCodes.get(hash)?.code)
    },
    async findByUserCode(userCodeHash, now) {
      const code = withUserCode(userCodeHash, now)?.code
      return code && !code.decision ? copy(code) : undefined
    },
    async decide(hash, decision, now) {
      const record = deviceCodes.get(hash)
      if (!record || record.code.decision || record.code.expiresAt <= now) return false
      const decided =
        decision === 'denied' ? { denied: true as const } : { denied: false as const, ...copy(decision) }
      record.code = { ...record.code, decision: decided }
      return true
    },
    async poll(hash, now) {
      const record = deviceCodes.get(hash)
      if (!record) return { outcome: 'unknown' }
      const { code, polledAt } = record
      if (code.expiresAt <= now) return { outcome: 'expired' }
      if (code.decision) return { outcome: code.decision.denied ? 'denied' : 'approved' }
      const tooSoon = polledAt && now.getTime() < polledAt.getTime() + code.intervalSeconds * 1000
      record.polledAt = new Date(Math.max(now.getTime(), polledAt?.getTime() ?? 0))
      if (!tooSoon) return { outcome: 'pending' }
      record.code = { ...code, intervalSeconds: code.intervalSeconds + SLOW_DOWN_SECONDS }
      return { outcome: 'slow_down' }
    },
    async consume(hash, now, issue) {
      const code = deviceCodes.get(hash)?.code
      if (!code?.decision || code.decision.denied || code.expiresAt <= now) return { outcome: 'unknown' }
      const approval = { clientId: code.clientId, sub: code.decision.sub }
      if (!isApproved(data, approval, issue.grant.scopes)) return { outcome: 'taken_back' }
      deviceCodes.delete(hash)
      storeIssue(data, issue)
      return { outcome: 'consumed' }
    },
  }
}
