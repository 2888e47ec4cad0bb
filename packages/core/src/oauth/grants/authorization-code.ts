import { profileOf } from '../../context/clients/profiles.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Code } from '../../model/authorization.ts'
import type { Client } from '../../model/client.ts'
import { invalidRequest, type Parameters } from '../parameters.ts'
import { verifierProblem } from '../pkce.ts'
import type { Confirmation } from '../sender-constraint.ts'
import { firstTokens } from './first-tokens.ts'
import { type GrantType, invalidGrant } from './grant.ts'

const NOT_GOOD = 'The code is unknown, used, expired, or was given to another client.'

/** RFC 6749 section 4.1.3 with RFC 7636. A replayed code revokes the tokens it gave (RFC 9700 section 4.5). */
export const authorizationCode: GrantType = {
  name: 'authorization_code',
  async handle(context, request) {
    const { client, parameters, confirmation } = request
    if (parameters.code === undefined) throw invalidRequest('Send the code.')
    const hash = sha256(parameters.code)
    const code = await context.storage.codes.find(hash)
    if (code === undefined || code.flow !== 'authorization_code' || code.clientId !== client.id) {
      throw invalidGrant(NOT_GOOD)
    }
    checkBinding(code, client, parameters, confirmation)
    // The client may be held to more than when the code was made.
    const ageSeconds = (context.now().getTime() - code.createdAt.getTime()) / 1000
    if (ageSeconds >= profileOf(client).maxCodeSeconds) throw invalidGrant(NOT_GOOD)

    return firstTokens(
      context,
      request,
      code,
      issue => context.storage.codes.consume(hash, context.now(), issue),
      NOT_GOOD,
    )
  },
}

/** Whether the code came from the request that this client and this browser began. */
function checkBinding(
  code: Code,
  client: Client,
  parameters: Parameters,
  confirmation: Confirmation | undefined,
): void {
  // RFC 6749 section 4.1.3: required where the authorization request carried it, which OpenID Connect always does.
  if (parameters.redirect_uri !== undefined && parameters.redirect_uri !== code.redirectUri) {
    throw invalidGrant('The redirect_uri is not the one of the authorization request.')
  }
  if (parameters.redirect_uri === undefined && code.parameters.redirect_uri_given === 'true') {
    throw invalidGrant('Send the redirect_uri of the authorization request.')
  }
  const challenge = code.parameters.code_challenge
  if (challenge !== undefined) {
    const problem = verifierProblem(parameters.code_verifier, challenge)
    if (problem !== undefined) throw invalidGrant(problem)
  } else if (parameters.code_verifier !== undefined || client.type === 'public') {
    // RFC 9700 section 2.1.1: a verifier without a challenge is a sign of a downgrade.
    throw invalidGrant('The authorization request carried no code_challenge.')
  }
  // RFC 9449 section 10: the key that the authorization request named, or proved when it was pushed.
  const { dpop_jkt } = code.parameters
  if (dpop_jkt !== undefined && dpop_jkt !== confirmation?.jkt) {
    throw invalidGrant(
      'The code is bound to another key. Send a DPoP proof by the key of the authorization request.',
    )
  }
}
