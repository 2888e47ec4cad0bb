import { HttpError } from '../../errors.ts'
import { sha256 } from '../../lib/hash.ts'
import { idToken } from '../id-token.ts'
import { newAccessToken, newRefreshToken } from '../issue.ts'
import { invalidRequest } from '../parameters.ts'
import { parseScope } from '../scope.ts'
import { openWith, sealFor } from '../sealed-token.ts'
import { type GrantType, invalidGrant } from './grant.ts'

const NOT_GOOD = 'The refresh token is unknown, used, revoked, expired, or was given to another client.'

/**
 * RFC 6749 section 6 with rotation (RFC 9700 section 4.14). Clients refresh in parallel and over bad networks, so for some
 * seconds a repeat is answered with the same successor; a replay after that is theft, and ends the family.
 */
export const refreshToken: GrantType = {
  name: 'refresh_token',
  async handle(context, call, client, parameters) {
    const presented = parameters.refresh_token
    if (presented === undefined) throw invalidRequest('Send the refresh_token.')
    const hash = sha256(presented)
    const found = await context.storage.tokens.findRefreshToken(hash)
    if (found === undefined || found.token.clientId !== client.id) throw invalidGrant(NOT_GOOD)
    const { token, grant } = found

    // What the client lost since is not given again.
    const granted = token.scopes.filter(scope => client.scopes.includes(scope))
    const asked = parseScope(parameters.scope)
    if (!asked.every(scope => granted.includes(scope))) {
      throw new HttpError(400, 'invalid_scope', 'A refresh can only narrow the scope (RFC 6749 section 6).')
    }
    const scopes = asked.length > 0 ? asked : granted

    const user = grant.sub === undefined ? undefined : await context.accounts.find(grant.sub)
    if (user === undefined || user.disabledAt !== undefined) throw invalidGrant(NOT_GOOD)

    const accessToken = newAccessToken(context, grant, scopes)
    const successor = newRefreshToken(context, grant, token)
    const rotation = await context.storage.tokens.rotateRefreshToken(
      hash,
      { refreshToken: successor.stored, sealedValue: sealFor(presented, successor.value) },
      accessToken.stored,
      context.config.lifetimes.refreshGraceSeconds,
      context.now(),
    )
    if (rotation.outcome === 'reused') {
      context.logger.warn(
        { clientId: client.id, grantId: grant.id },
        'A spent refresh token was replayed; its grant is revoked with all its tokens.',
      )
    }
    if (rotation.outcome !== 'rotated' && rotation.outcome !== 'repeated') throw invalidGrant(NOT_GOOD)

    return {
      access_token: accessToken.value,
      token_type: 'Bearer',
      expires_in: context.config.lifetimes.accessTokenSeconds,
      scope: scopes.join(' '),
      refresh_token:
        rotation.outcome === 'rotated' ? successor.value : openWith(presented, rotation.sealedValue),
      // OpenID Connect Core section 12.2: the same claims, and no nonce.
      ...(scopes.includes('openid') && {
        id_token: await idToken(context, call.baseUrl, client, grant, undefined),
      }),
    }
  },
}
