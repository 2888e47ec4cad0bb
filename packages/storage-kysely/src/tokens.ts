import type { AccessToken, Issue, Successor, Tokens } from '@xwms/core'
import type { Notices } from './changes.ts'
import type { Database } from './database.ts'
import { FEW_HASHES, grouped, groupedLookup } from './group.ts'
import { accessTokens, grants, refreshTokens } from './tables.ts'

/** A token with its grant, each row as JSON. */
interface TokenRow {
  token: object
  family: object
}

/** A call that wants to rotate a refresh token. */
interface Rotation {
  readonly hash: string
  readonly now: Date
  readonly successor: Successor
  readonly accessToken: AccessToken
}

interface RefusedRow {
  outcome: 'repeated' | 'reused' | 'taken_back' | 'revoked' | 'expired'
  sealed_successor: string | null
  revoked: string | null
}

export function tokens(database: Database, notices: Notices): Tokens {
  const { schema, prepared } = database
  const issue = grouped<Issue, void>(database, {
    name: 'tokens.issue',
    text: armed => `granted as (
      ${grants.insertion(schema, '$1')} where ${armed}
    ), access as (
      ${accessTokens.insertion(schema, '$2')}
    )
    ${refreshTokens.insertion(schema, '$3')}`,
    values: issues => [
      grants.pack(issues.map(({ grant }) => grant)),
      accessTokens.pack(issues.map(({ accessToken }) => accessToken)),
      refreshTokens.pack(issues.flatMap(({ refreshToken }) => refreshToken ?? [])),
    ],
    results: () => [],
  })
  const findAccessToken = groupedLookup<TokenRow>(database, {
    name: 'tokens.find-access-token',
    columns: 'row_to_json(token) as token, row_to_json(family) as family',
    from: `${schema}.access_tokens as token join ${schema}.grants as family on family.id = token.grant_id`,
    key: ['token.hash'],
  })
  const findRefreshToken = prepared<TokenRow & { spent: boolean }>(
    'tokens.find-refresh-token',
    `select row_to_json(token) as token, row_to_json(family) as family, token.spent_at is not null as spent
    from ${schema}.refresh_tokens as token join ${schema}.grants as family on family.id = token.grant_id
    where token.hash = $1`,
  )

  // One statement, so one transaction and one round trip. Of calls that race, the update lets one through: the others
  // wait for its row, look again, and find the token spent.
  const rotateOne = prepared(
    'tokens.rotate-one',
    `with spent as (
      update ${schema}.refresh_tokens as token set spent_at = $2, sealed_successor = $3
      from ${schema}.grants as family
      where token.hash = $1 and token.spent_at is null and token.expires_at > $2
        and family.id = token.grant_id and family.revoked_at is null and $6::text[] <@ family.scopes
      returning token.hash
    ), successor as (
      ${refreshTokens.insertion(schema, '$4')} where exists (select from spent)
    ), access as (
      ${accessTokens.insertion(schema, '$5')} where exists (select from spent)
    )
    select from spent`,
  )
  // Tokens are locked in one order, for the reason given in codes.ts.
  const rotate = grouped<Rotation, boolean>(database, {
    name: 'tokens.rotate',
    text: armed => `given as (
      select * from json_to_recordset($1::json)
        as given(hash text, now timestamptz, sealed_successor text, successor text, access_token text, scopes text[])
      where ${FEW_HASHES}
    ), live as (
      select given.* from ${schema}.refresh_tokens as token
      join given using (hash)
      join ${schema}.grants as family on family.id = token.grant_id
      where token.spent_at is null and token.expires_at > given.now and family.revoked_at is null
        and given.scopes <@ family.scopes and ${armed}
      order by token.hash for no key update of token
    ), spent as (
      update ${schema}.refresh_tokens as token set spent_at = live.now, sealed_successor = live.sealed_successor
      from live where token.hash = live.hash
      returning live.hash, live.successor, live.access_token
    ), successor as (
      ${refreshTokens.insertion(schema, '$2')} where hash in (select successor from spent)
    ), access as (
      ${accessTokens.insertion(schema, '$3')} where hash in (select access_token from spent)
    )
    select hash from spent`,
    values: rotations => [
      JSON.stringify(
        rotations.map(({ hash, now, successor, accessToken }) => ({
          hash,
          now,
          sealed_successor: successor.sealedValue,
          successor: successor.refreshToken.hash,
          access_token: accessToken.hash,
          scopes: accessToken.scopes,
        })),
      ),
      refreshTokens.pack(rotations.map(({ successor }) => successor.refreshToken)),
      accessTokens.pack(rotations.map(({ accessToken }) => accessToken)),
    ],
    results(rows, rotations) {
      const spent = new Set((rows as { hash: string }[]).map(({ hash }) => hash))
      return rotations.map(({ hash }) => spent.has(hash))
    },
    key: ({ hash }) => hash,
    async alone({ hash, now, successor, accessToken }) {
      const next = refreshTokens.pack([successor.refreshToken])
      const spent = await rotateOne([
        hash,
        now,
        successor.sealedValue,
        next,
        accessTokens.pack([accessToken]),
        accessToken.scopes,
      ])
      return spent.length > 0
    },
  })
  // Only for a token that could not be rotated. Being spent and being revoked are for ever, so nothing needs to be
  // locked to see them. A clock that lags behind the one that spent the token counts as no time at all.
  const refuse = prepared<RefusedRow>(
    'tokens.refuse-rotation',
    `with refused as (
      select token.grant_id, token.sealed_successor, case
        when family.revoked_at is not null then 'revoked'
        when token.spent_at is null and token.expires_at <= $2 then 'expired'
        when token.spent_at is null then 'taken_back'
        when greatest($2::timestamptz - token.spent_at, interval '0') >= make_interval(secs => $3) then 'reused'
        when $5::text[] <@ family.scopes then 'repeated'
        else 'taken_back'
      end as outcome
      from ${schema}.refresh_tokens as token join ${schema}.grants as family on family.id = token.grant_id
      where token.hash = $1
    ), revoked as (
      update ${schema}.grants set revoked_at = $2
      where id = (select grant_id from refused where outcome = 'reused') and revoked_at is null
      returning id
    ), access as (
      ${accessTokens.insertion(schema, '$4')} where exists (select from refused where outcome = 'repeated')
    )
    select outcome, sealed_successor, (select id from revoked) as revoked from refused`,
  )
  const use = prepared(
    'tokens.use-refresh-token',
    `with used as (
      update ${schema}.refresh_tokens as token set expires_at = least($3, token.family_expires_at)
      from ${schema}.grants as family
      where token.hash = $1 and token.spent_at is null and token.expires_at > $2
        and family.id = token.grant_id and family.revoked_at is null and $5::text[] <@ family.scopes
      returning token.hash
    ), access as (
      ${accessTokens.insertion(schema, '$4')} where exists (select from used)
    )
    select from used`,
  )
  const refuseUse = prepared<{ outcome: 'revoked' | 'spent' | 'taken_back' | 'expired' }>(
    'tokens.refuse-use',
    `select case
      when family.revoked_at is not null then 'revoked'
      when token.spent_at is not null then 'spent'
      when token.expires_at <= $2 then 'expired'
      else 'taken_back'
    end as outcome
    from ${schema}.refresh_tokens as token join ${schema}.grants as family on family.id = token.grant_id
    where token.hash = $1`,
  )
  // Ended before it began, whatever a clock says; the maintenance then takes it away, and its grant with the last of them.
  const revokeAccessToken = prepared(
    'tokens.revoke-access-token',
    `update ${schema}.access_tokens as token set expires_at = token.created_at
    from ${schema}.grants as family
    where token.hash = $1 and token.expires_at > greatest($2, token.created_at)
      and family.id = token.grant_id and family.revoked_at is null
    returning token.hash`,
  )
  const liveGrant = prepared(
    'tokens.live-grant',
    `select from ${schema}.grants where id = $1 and revoked_at is null and $2::text[] <@ scopes`,
  )
  const revokeGrant = prepared(
    'tokens.revoke-grant',
    `update ${schema}.grants set revoked_at = $2 where id = $1 and revoked_at is null returning id`,
  )

  return {
    issue,
    async findAccessToken(hash, now) {
      const row = await findAccessToken(hash)
      if (!row) return undefined
      const [token, grant] = [accessTokens.read(row.token), grants.read(row.family)]
      if (token.expiresAt <= now || grant.revokedAt !== undefined) return undefined
      return token.scopes.every(scope => grant.scopes.includes(scope)) ? { token, grant } : undefined
    },
    async isGrantLive(grantId, scopes) {
      return (await liveGrant([grantId, scopes])).length > 0
    },
    async findRefreshToken(hash) {
      const [row] = await findRefreshToken([hash])
      return row && { token: refreshTokens.read(row.token), grant: grants.read(row.family), spent: row.spent }
    },
    async rotateRefreshToken(hash, successor, accessToken, graceSeconds, now) {
      if (await rotate({ hash, now, successor, accessToken })) return { outcome: 'rotated' }
      const access = accessTokens.pack([accessToken])
      const [refused] = await refuse([hash, now, graceSeconds, access, accessToken.scopes])
      if (!refused) return { outcome: 'unknown' }
      if (refused.revoked) notices.tell({ kind: 'grant', grantId: refused.revoked })
      if (refused.outcome !== 'repeated') return { outcome: refused.outcome }
      return { outcome: 'repeated', sealedValue: refused.sealed_successor ?? '' }
    },
    async useRefreshToken(hash, accessToken, expiresAt, now) {
      const access = accessTokens.pack([accessToken])
      const used = await use([hash, now, expiresAt, access, accessToken.scopes])
      if (used.length > 0) return { outcome: 'used' }
      const [refused] = await refuseUse([hash, now])
      return { outcome: refused?.outcome ?? 'unknown' }
    },
    async revokeAccessToken(hash, now) {
      const revoked = await revokeAccessToken([hash, now])
      if (revoked.length > 0) notices.tell({ kind: 'access_token', hash })
      return revoked.length > 0
    },
    async revokeGrant(grantId, now) {
      const revoked = await revokeGrant([grantId, now])
      if (revoked.length > 0) notices.tell({ kind: 'grant', grantId })
      return revoked.length > 0
    },
  }
}
