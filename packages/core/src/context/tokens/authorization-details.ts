import type { AccessToken, Grant } from '../../model/authorization.ts'

/** What a token is good for in detail (RFC 9396 section 9), as JSON of a list: its own, or all that its grant has. */
export function tokenDetails(
  token: Pick<AccessToken, 'authorizationDetails'>,
  grant: Pick<Grant, 'parameters'>,
): string | undefined {
  return token.authorizationDetails ?? grant.parameters.authorization_details
}
