import { createHash } from 'node:crypto'
import type { Replays } from '@xwms/core'
import type { Database } from './database.ts'
import { sweepOf } from './sweep.ts'

/**
 * There may be a row for every request, so they go soon: no sooner than the clocks of the processes that ask may differ.
 */
const RETENTION_MS = 5 * 60 * 1000

export function replays(database: Database): Replays {
  const { schema, prepared } = database
  const sweep = sweepOf(database, 'replays', 'expires_at', RETENTION_MS)
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
      if (first.length > 0) sweep(now)
      return first.length > 0
    },
  }
}
