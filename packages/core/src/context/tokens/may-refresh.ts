import type { Grant, RefreshToken } from '../../model/authorization.ts'
import type { Client } from '../../model/client.ts'

/** Whether a refresh token goes with the tokens of a user. OpenID clients ask for it by `offline_access` (Core section 11). */
export function mayRefresh({ grantTypes }: Pick<Client, 'grantTypes'>, scopes: readonly string[]): boolean {
  if (!grantTypes.includes('refresh_token')) return false
  return !scopes.includes('openid') || scopes.includes('offline_access')
}

/** What a refresh can still give: the token's scopes, without those that its grant lost since. */
export function refreshableScopes({
  token,
  grant,
}: {
  readonly token: Pick<RefreshToken, 'scopes'>
  readonly grant: Pick<Grant, 'scopes'>
}): readonly string[] {
  return token.scopes.filter(scope => grant.scopes.includes(scope))
}
