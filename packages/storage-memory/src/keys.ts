import { isDeepStrictEqual } from 'node:util'
import type { Keys, SigningKey } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import type { Notices } from './notices.ts'
import { byTime } from './order.ts'

export function keys({ keys, sharedSecrets, audit }: Data, notices: Notices): Keys {
  function standing(now: Date): SigningKey[] {
    return [...keys.values()]
      .map(({ key }) => key)
      .filter(key => !(key.retiredAt && key.retiredAt <= now))
      .map(copy)
      .sort(
        byTime(
          key => key.createdAt,
          key => key.kid,
        ),
      )
  }

  function store(key: SigningKey): void {
    keys.set(key.kid, { key: copy(key), succeeded: false })
  }

  return {
    async list(now) {
      return standing(now)
    },
    async ensure(candidates, now) {
      const covered = new Set(standing(now).map(key => key.alg))
      for (const key of candidates) if (!covered.has(key.alg)) store(key)
      return standing(now)
    },
    async succeed(kid, retiredAt, successor, entry) {
      const record = keys.get(kid)
      if (!record || record.succeeded) return false
      record.succeeded = true
      record.key = { ...record.key, retiredAt: new Date(retiredAt) }
      store(successor)
      audit.push(copy(entry))
      notices.tell({ kind: 'signing_key', kid })
      return true
    },
    async retire(kid, at, entry) {
      const record = keys.get(kid)
      if (!record || (record.key.retiredAt && record.key.retiredAt <= at)) return false
      record.key = { ...record.key, retiredAt: new Date(at) }
      audit.push(copy(entry))
      notices.tell({ kind: 'signing_key', kid })
      return true
    },
    async reseal(kid, before, after) {
      const record = keys.get(kid)
      if (!record || !isDeepStrictEqual(record.key.privateJwk, before)) return false
      record.key = { ...record.key, privateJwk: copy(after) }
      return true
    },
    async secret(name, candidate) {
      const standing = sharedSecrets.get(name) ?? candidate
      sharedSecrets.set(name, standing)
      return standing
    },
    async resealSecret(name, before, after) {
      if (sharedSecrets.get(name) !== before) return false
      sharedSecrets.set(name, after)
      return true
    },
  }
}
