import type { Config } from '../../config/config.ts'
import { authorizationCode } from './authorization-code.ts'
import { clientCredentials } from './client-credentials.ts'
import { deviceCode } from './device-code.ts'
import type { GrantType } from './grant.ts'
import { refreshToken } from './refresh-token.ts'
import { tokenExchange } from './token-exchange.ts'

/** Every grant that the token endpoint knows. Token exchange is off unless the configuration says otherwise. */
export const GRANT_TYPES: readonly GrantType[] = [
  authorizationCode,
  refreshToken,
  clientCredentials,
  deviceCode,
  tokenExchange,
]

const WITHOUT_TOKEN_EXCHANGE = GRANT_TYPES.filter(type => type !== tokenExchange)

/** Those that this installation offers. */
export function offeredGrantTypes({ oauth }: Pick<Config, 'oauth'>): readonly GrantType[] {
  return oauth.tokenExchange ? GRANT_TYPES : WITHOUT_TOKEN_EXCHANGE
}
