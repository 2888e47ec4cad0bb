import type { Database } from './database.ts'
import { removal, type Sweep, sweep } from './sweep.ts'

/** Removes expired tokens, and each grant with the last of its tokens. */
export function tokenSweep(database: Database): Sweep {
  const { schema, prepared } = database
  const removeAccessTokens = removal<{ grant_id: string }>(
    database,
    'access_tokens',
    'expires_at',
    'grant_id',
  )
  const removeRefreshTokens = removal<{ grant_id: string }>(
    database,
    'refresh_tokens',
    'expires_at',
    'grant_id',
  )
  // A statement of its own: the one that removes the tokens still sees them.
  const removeGrants = prepared(
    'sweep.grants',
    `delete from ${schema}.grants as family where id = any ($1)
      and not exists (select from ${schema}.access_tokens where grant_id = family.id)
      and not exists (select from ${schema}.refresh_tokens where grant_id = family.id)`,
  )

  return sweep(async (...batch) => {
    const [access, refresh] = [await removeAccessTokens(batch), await removeRefreshTokens(batch)]
    const grantIds = new Set([...access, ...refresh].map(token => token.grant_id))
    if (grantIds.size > 0) await removeGrants([[...grantIds]])
    return Math.max(access.length, refresh.length)
  })
}
