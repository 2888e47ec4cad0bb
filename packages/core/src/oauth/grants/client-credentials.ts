import { HttpError } from '../../errors.ts'
import { newAccessToken, newGrant } from '../issue.ts'
import { concernsUser, grantedScopes, parseScope } from '../scope.ts'
import type { GrantType } from './grant.ts'

/** RFC 6749 section 4.4: a client acts for itself. No user, so no user's scopes, no refresh token. */
export const clientCredentials: GrantType = {
  name: 'client_credentials',
  async handle(context, _call, client, parameters) {
    if (client.type === 'public') {
      throw new HttpError(
        400,
        'unauthorized_client',
        'A public client cannot act for itself (RFC 6749 section 4.4).',
      )
    }
    const own = client.scopes.filter(scope => !concernsUser(scope))
    const asked = parseScope(parameters.scope)
    const scopes = asked.length > 0 ? grantedScopes(asked, own, context.config.scopes) : own
    const grant = newGrant(context, {
      clientId: client.id,
      sub: undefined,
      sid: undefined,
      scopes,
      authenticatedAt: undefined,
      amr: [],
      parameters: {},
    })
    const accessToken = newAccessToken(context, grant, scopes)
    await context.storage.tokens.issue({ grant, accessToken: accessToken.stored, refreshToken: undefined })
    return {
      access_token: accessToken.value,
      token_type: 'Bearer',
      expires_in: context.config.lifetimes.accessTokenSeconds,
      scope: scopes.join(' '),
    }
  },
}
