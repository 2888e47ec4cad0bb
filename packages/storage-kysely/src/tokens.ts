import type { Tokens } from '@xwms/core'
import type { Database } from './database.ts'
import { accessTokens, grants, refreshTokens } from './tables.ts'
import { tokenSweep } from './token-sweep.ts'

/** A token with its grant, each row as JSON. */
interface TokenRow {
  token: object
  family: object
}

interface RefusedRow {
  outcome: 'repeated' | 'reused' | 'revoked' | 'expired'
  sealed_successor: string | null
}

export function tokens(database: Database): Tokens {
  const { schema, prepared } = database
  const sweep = tokenSweep(database)
  const issue = prepared(
    'tokens.issue',
    `with granted as (
      ${grants.insertion(schema, '$1')}
    ), access as (
      ${accessTokens.insertion(schema, '$2')}
    )
    ${refreshTokens.insertion(schema, '$3')}`,
  )
  const findAccessToken = prepared<TokenRow>(
    'tokens.find-access-token',
    `select row_to_json(token) as token, row_to_json(family) as family
    from ${schema}.access_tokens as token join ${schema}.grants as family on family.id = token.grant_id
    where token.hash = $1 and token.expires_at > $2 and family.revoked_at is null`,
  )
  const findRefreshToken = prepared<TokenRow>(
    'tokens.find-refresh-token',
    `select row_to_json(token) as token, row_to_json(family) as family
    from ${schema}.refresh_tokens as token join ${schema}.grants as family on family.id = token.grant_id
    where token.hash = $1`,
  )

  // One statement, so one transaction and one round trip. Of calls that race, the update lets one through: the others
  // wait for its row, look again, and find the token spent.
  const rotate = prepared(
    'tokens.rotate',
    `with spent as (
      update ${schema}.refresh_tokens as token set spent_at = $2, sealed_successor = $3
      from ${schema}.grants as family
      where token.hash = $1 and token.spent_at is null and token.expires_at > $2
        and family.id = token.grant_id and family.revoked_at is null
      returning token.hash
    ), successor as (
      ${refreshTokens.insertion(schema, '$4')} where exists (select from spent)
    ), access as (
      ${accessTokens.insertion(schema, '$5')} where exists (select from spent)
    )
    select from spent`,
  )
  // Only for a token that could not be rotated. Being spent and being revoked are for ever, so nothing needs to be
  // locked to see them. A clock that lags behind the one that spent the token counts as no time at all.
  const refuse = prepared<RefusedRow>(
    'tokens.refuse-rotation',
    `with refused as (
      select token.grant_id, token.sealed_successor, case
        when family.revoked_at is not null then 'revoked'
        when token.spent_at is null then 'expired'
        when greatest($2::timestamptz - token.spent_at, interval '0') < make_interval(secs => $3) then 'repeated'
        else 'reused'
      end as outcome
      from ${schema}.refresh_tokens as token join ${schema}.grants as family on family.id = token.grant_id
      where token.hash = $1
    ), revoked as (
      update ${schema}.grants set revoked_at = $2
      where id = (select grant_id from refused where outcome = 'reused') and revoked_at is null
    ), access as (
      ${accessTokens.insertion(schema, '$4')} where exists (select from refused where outcome = 'repeated')
    )
    select outcome, sealed_successor from refused`,
  )
  const revokeGrant = prepared(
    'tokens.revoke-grant',
    `update ${schema}.grants set revoked_at = $2 where id = $1 and revoked_at is null returning id`,
  )

  return {
    async issue({ grant, accessToken, refreshToken }) {
      await issue([
        grants.pack([grant]),
        accessTokens.pack([accessToken]),
        refreshTokens.pack(refreshToken ? [refreshToken] : []),
      ])
      await sweep(accessToken.createdAt)
    },
    async findAccessToken(hash, now) {
      const [row] = await findAccessToken([hash, now])
      return row && { token: accessTokens.read(row.token), grant: grants.read(row.family) }
    },
    async findRefreshToken(hash) {
      const [row] = await findRefreshToken([hash])
      return row && { token: refreshTokens.read(row.token), grant: grants.read(row.family) }
    },
    async rotateRefreshToken(hash, successor, accessToken, graceSeconds, now) {
      const access = accessTokens.pack([accessToken])
      const next = refreshTokens.pack([successor.refreshToken])
      const rotated = await rotate([hash, now, successor.sealedValue, next, access])
      if (rotated.length > 0) {
        await sweep(now)
        return { outcome: 'rotated' }
      }
      const [refused] = await refuse([hash, now, graceSeconds, access])
      if (!refused) return { outcome: 'unknown' }
      if (refused.outcome !== 'repeated') return { outcome: refused.outcome }
      return { outcome: 'repeated', sealedValue: refused.sealed_successor ?? '' }
    },
    async revokeGrant(grantId, now) {
      const revoked = await revokeGrant([grantId, now])
      return revoked.length > 0
    },
  }
}
