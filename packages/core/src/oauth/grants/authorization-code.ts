import { sha256 } from '../../lib/hash.ts'
import type { Code } from '../../model/authorization.ts'
import type { Client } from '../../model/client.ts'
import { idToken } from '../id-token.ts'
import { newAccessToken, newGrant, newRefreshToken } from '../issue.ts'
import { invalidRequest, type Parameters } from '../parameters.ts'
import { verifiesChallenge } from '../pkce.ts'
import { type GrantType, invalidGrant } from './grant.ts'

const NOT_GOOD = 'The code is unknown, used, expired, or was given to another client.'

/** RFC 6749 section 4.1.3 with RFC 7636. A replayed code revokes the tokens it gave (RFC 9700 section 4.5). */
export const authorizationCode: GrantType = {
  name: 'authorization_code',
  async handle(context, call, client, parameters) {
    if (parameters.code === undefined) throw invalidRequest('Send the code.')
    const hash = sha256(parameters.code)
    const code = await context.storage.codes.find(hash)
    if (code === undefined || code.flow !== 'authorization_code' || code.clientId !== client.id) {
      throw invalidGrant(NOT_GOOD)
    }
    checkBinding(code, client, parameters)
    const user = await context.accounts.find(code.sub)
    if (user === undefined || user.disabledAt !== undefined) throw invalidGrant(NOT_GOOD)
    // Revoked between the page and here: what the user took back is not given.
    const approval = await context.storage.clientUsers.find(client.id, code.sub)
    if (approval === undefined) throw invalidGrant(NOT_GOOD)

    const grant = newGrant(context, {
      clientId: client.id,
      sub: code.sub,
      sid: code.sid,
      // What the client lost since the user approved it is not given any more.
      scopes: code.scopes.filter(scope => client.scopes.includes(scope)),
      authenticatedAt: code.authenticatedAt,
      amr: code.amr,
      parameters: {},
    })
    const accessToken = newAccessToken(context, grant, grant.scopes)
    const refreshToken = mayRefresh(client, grant.scopes) ? newRefreshToken(context, grant) : undefined
    const { outcome } = await context.storage.codes.consume(hash, context.now(), {
      grant,
      accessToken: accessToken.stored,
      refreshToken: refreshToken?.stored,
    })
    if (outcome !== 'consumed') throw invalidGrant(NOT_GOOD)

    return {
      access_token: accessToken.value,
      token_type: 'Bearer',
      expires_in: context.config.lifetimes.accessTokenSeconds,
      scope: grant.scopes.join(' '),
      ...(refreshToken && { refresh_token: refreshToken.value }),
      ...(grant.scopes.includes('openid') && {
        id_token: await idToken(context, call.baseUrl, client, grant, code.parameters.nonce),
      }),
    }
  },
}

/** Whether the code came from the request that this client and this browser began. */
function checkBinding(code: Code, client: Client, parameters: Parameters): void {
  // RFC 6749 section 4.1.3: required where the authorization request carried it, which OpenID Connect always does.
  if (parameters.redirect_uri !== undefined && parameters.redirect_uri !== code.redirectUri) {
    throw invalidGrant('The redirect_uri is not the one of the authorization request.')
  }
  if (parameters.redirect_uri === undefined && code.parameters.redirect_uri_given === 'true') {
    throw invalidGrant('Send the redirect_uri of the authorization request.')
  }
  const challenge = code.parameters.code_challenge
  if (challenge !== undefined) {
    if (!verifiesChallenge(parameters.code_verifier, challenge)) {
      throw invalidGrant('The code_verifier does not belong to the code_challenge.')
    }
  } else if (parameters.code_verifier !== undefined || client.type === 'public') {
    // RFC 9700 section 2.1.1: a verifier without a challenge is a sign of a downgrade.
    throw invalidGrant('The authorization request carried no code_challenge.')
  }
}

/** Whether a refresh token goes with the tokens. OpenID clients ask by `offline_access` (Core section 11). */
function mayRefresh(client: Client, scopes: readonly string[]): boolean {
  if (!client.grantTypes.includes('refresh_token')) return false
  return !scopes.includes('openid') || scopes.includes('offline_access')
}
