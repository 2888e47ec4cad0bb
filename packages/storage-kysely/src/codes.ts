import type { Codes } from '@xwms/core'
import type { Database } from './database.ts'
import { sweepOf } from './sweep.ts'
import { accessTokens, grants, refreshTokens, codes as table } from './tables.ts'
import { tokenSweep } from './token-sweep.ts'

export function codes(database: Database): Codes {
  const { schema, prepared } = database
  const sweep = sweepOf(database, 'codes', 'expires_at')
  const sweepTokens = tokenSweep(database)
  const create = prepared('codes.create', table.insertion(schema, '$1'))
  const find = prepared('codes.find', `select ${table.columns} from ${schema}.codes where hash = $1`)

  // One statement, so one transaction and one round trip. Of calls that race, the update lets one through: the others
  // wait for its row, look again, and find the code consumed.
  const consume = prepared(
    'codes.consume',
    `update ${schema}.codes set consumed_at = $2 where hash = $1 and consumed_at is null and expires_at > $2
    returning hash`,
  )
  const consumeAndIssue = prepared(
    'codes.consume-and-issue',
    `with consumed as (
      update ${schema}.codes set consumed_at = $2, grant_id = $3
      where hash = $1 and consumed_at is null and expires_at > $2
      returning hash
    ), granted as (
      ${grants.insertion(schema, '$4')} where exists (select from consumed)
    ), access as (
      ${accessTokens.insertion(schema, '$5')} where exists (select from consumed)
    ), refresh as (
      ${refreshTokens.insertion(schema, '$6')} where exists (select from consumed)
    )
    select from consumed`,
  )
  // Only for a code that could not be consumed. Being consumed is for ever, so nothing needs to be locked to see it.
  const refuse = prepared<{ consumed: boolean }>(
    'codes.refuse',
    `with code as (
      select consumed_at is not null as consumed, grant_id from ${schema}.codes where hash = $1
    ), revoked as (
      update ${schema}.grants set revoked_at = $2
      where id = (select grant_id from code where consumed) and revoked_at is null
    )
    select consumed from code`,
  )

  return {
    async create(code) {
      await create([table.pack([code])])
      await sweep(code.createdAt)
    },
    async find(hash) {
      const [row] = await find([hash])
      return row && table.read(row)
    },
    async consume(hash, now, issue) {
      const consumed = issue
        ? await consumeAndIssue([
            hash,
            now,
            issue.grant.id,
            grants.pack([issue.grant]),
            accessTokens.pack([issue.accessToken]),
            refreshTokens.pack(issue.refreshToken ? [issue.refreshToken] : []),
          ])
        : await consume([hash, now])
      if (consumed.length > 0) {
        if (issue) await sweepTokens(now)
        return { outcome: 'consumed' }
      }
      const [code] = await refuse([hash, now])
      if (!code) return { outcome: 'unknown' }
      return { outcome: code.consumed ? 'replayed' : 'expired' }
    },
  }
}
