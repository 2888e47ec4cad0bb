import type { Keys, SigningKey } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import { byTime } from './order.ts'

export function keys({ keys }: Data): Keys {
  function standing(now: Date): SigningKey[] {
    return [...keys.values()]
      .filter(key => !(key.retiredAt && key.retiredAt <= now))
      .map(copy)
      .sort(
        byTime(
          key => key.createdAt,
          key => key.kid,
        ),
      )
  }

  return {
    async list(now) {
      return standing(now)
    },
    async ensure(candidates, now) {
      const covered = new Set(standing(now).map(key => key.alg))
      for (const key of candidates) if (!covered.has(key.alg)) keys.set(key.kid, copy(key))
      return standing(now)
    },
  }
}
