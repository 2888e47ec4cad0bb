import { createHash } from 'node:crypto'
import type { Replays } from '@xwms/core'
import type { Database } from './database.ts'

export function replays({ schema, prepared }: Database): Replays {
  const remember = prepared(
    'replays.remember',
    `insert into ${schema}.replays as known (hash, expires_at) values ($1, $2)
    on conflict (hash) do update set expires_at = excluded.expires_at where known.expires_at <= $3
    returning hash`,
  )

  return {
    async remember(key, expiresAt, now) {
      // A key may be long, and what is remembered of it is not.
      const first = await remember([createHash('sha256').update(key).digest(), expiresAt, now])
      return first.length > 0
    },
  }
}
