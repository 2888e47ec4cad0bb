import { HttpError } from '../../errors.ts'
import { ownDetails } from '../granted-details.ts'
import { newAccessToken, newGrant } from '../issue.ts'
import { concernsUser, isForClientsAlone, parseScope } from '../scope.ts'
import { knownResources } from '../target.ts'
import { accessTokenResponse, type GrantType } from './grant.ts'

/** RFC 6749 section 4.4: a client acts for itself. No user, so no user's scopes, no refresh token. */
export const clientCredentials: GrantType = {
  name: 'client_credentials',
  async handle(context, { call, client, parameters, resources, confirmation }) {
    if (client.type === 'public') {
      throw new HttpError(
        400,
        'unauthorized_client',
        'A public client cannot act for itself (RFC 6749 section 4.4).',
      )
    }
    const own = client.scopes.filter(scope => !concernsUser(scope) && !isForClientsAlone(scope))
    const asked = parseScope(parameters.scope)
    // Unlike in an authorization request, a scope that nobody knows is refused: there is no user to ask about the rest.
    const refused = asked.filter(scope => !own.includes(scope))
    if (refused.length > 0) {
      throw new HttpError(
        400,
        'invalid_scope',
        `This client was not granted the scope ${refused.join(' ')} for itself.`,
      )
    }
    const details = ownDetails(context, client, parameters.authorization_details)
    const audience = knownResources(context, resources)
    // Who asks for details alone gets them alone.
    const scopes = asked.length > 0 || details !== undefined ? asked : own
    const grant = newGrant(context, {
      clientId: client.id,
      sub: undefined,
      sid: undefined,
      scopes,
      authenticatedAt: undefined,
      amr: [],
      parameters: {
        ...(resources.length > 0 && { resource: resources.join(' ') }),
        ...(details !== undefined && { authorization_details: details }),
      },
    })
    const accessToken = await newAccessToken(context, call.baseUrl, {
      client,
      grant,
      scopes,
      resources: audience,
      confirmation,
    })
    await context.storage.tokens.issue({ grant, accessToken: accessToken.stored, refreshToken: undefined })
    return accessTokenResponse(accessToken, grant)
  },
}
