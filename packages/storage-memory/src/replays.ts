import { createHash } from 'node:crypto'
import type { Replays } from '@xwms/core'
import type { Data } from './data.ts'

export function replays({ replays }: Data): Replays {
  return {
    async remember(key, expiresAt, now) {
      // A key may be long, and what is remembered of it is not.
      const hash = createHash('sha256').update(key).digest('base64url')
      const remembered = replays.get(hash)
      if (remembered && remembered > now) return false
      replays.set(hash, new Date(expiresAt))
      return true
    },
  }
}
