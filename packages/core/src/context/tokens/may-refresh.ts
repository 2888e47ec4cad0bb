import type { Client } from '../../model/client.ts'

/** Whether a refresh token goes with the tokens of a user. OpenID clients ask for it by `offline_access` (Core section 11). */
export function mayRefresh({ grantTypes }: Pick<Client, 'grantTypes'>, scopes: readonly string[]): boolean {
  if (!grantTypes.includes('refresh_token')) return false
  return !scopes.includes('openid') || scopes.includes('offline_access')
}
