import type { LogoutDeliveries } from '@xwms/core'
import type { Database } from './database.ts'
import { logoutDeliveries as table } from './tables.ts'

export function logoutDeliveries({ schema, prepared }: Database): LogoutDeliveries {
  // What another process is claiming is passed over: it is no longer due.
  const claim = prepared(
    'logout-deliveries.claim',
    `with due as (
      select id from ${schema}.logout_deliveries where next_attempt_at <= $1
      order by next_attempt_at, id limit $3 for no key update skip locked
    )
    update ${schema}.logout_deliveries set next_attempt_at = $2 where id = any (array(select id from due))
    returning ${table.columns}`,
  )
  const retry = prepared(
    'logout-deliveries.retry',
    `update ${schema}.logout_deliveries set attempts = attempts + 1, next_attempt_at = $2 where id = $1`,
  )
  const finish = prepared('logout-deliveries.finish', `delete from ${schema}.logout_deliveries where id = $1`)

  return {
    async claim(now, until, limit) {
      return (await claim([now, until, limit])).map(table.read)
    },
    async retry(id, nextAttemptAt) {
      await retry([id, nextAttemptAt])
    },
    async finish(id) {
      await finish([id])
    },
  }
}
