import type { Context } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { nextNonceField } from '../context/tokens/dpop.ts'
import { authenticateToken, insufficientScope, invalidToken } from '../context/tokens/presented-token.ts'
import { type HttpResponse, jsonResponse, withHeaders } from '../http/response.ts'
import type { Client } from '../model/client.ts'
import { userinfoClaims } from './claims.ts'
import { jwtResponse } from './jwt-response.ts'
import { signingAlgorithmFor } from './signing-algorithm.ts'

export const USERINFO_PATH = '/oauth/userinfo'

/** The UserInfo endpoint (OpenID Connect Core section 5.3). */
export const userinfo: OpenEndpoint = {
  method: 'GET',
  path: USERINFO_PATH,
  body: 'none',
  failure: 'oauth',
  cors: true,
  handle: respond,
}

/** The token stands in the header, or in the form (RFC 6750 section 2.2). */
export const userinfoByPost: OpenEndpoint = { ...userinfo, method: 'POST', body: 'form' }

async function respond(context: Context, call: Call): Promise<HttpResponse> {
  const { request, baseUrl, input } = call
  const presented = {
    headers: request.headers,
    method: request.method,
    url: baseUrl + USERINFO_PATH,
    certificate: request.clientCertificate,
    form: input.kind === 'form' ? input.form : undefined,
  }
  const { token, grant, client, user } = await authenticateToken(context, presented)
  // A token that is for others (RFC 8707) must not tell them who the user is.
  if (user === undefined || !isFor(token.audience, baseUrl)) throw invalidToken(presented)
  if (!token.scopes.includes('openid')) throw insufficientScope(presented, 'openid')
  const claims = await userinfoClaims(context, { client, grant, user }, token.scopes)
  const response = (await signed(context, baseUrl, client, claims)) ?? jsonResponse(200, claims)
  const nonce = await nextNonceField(context, request.headers)
  return nonce === undefined ? response : withHeaders(response, nonce)
}

/** Whether a token is good here: bound to nothing, or to this server as well. */
function isFor(audience: readonly string[], baseUrl: string): boolean {
  return audience.length === 0 || audience.includes(baseUrl) || audience.includes(baseUrl + USERINFO_PATH)
}

/** Section 5.3.2: signed where the client registered an algorithm for it, and then with `iss` and `aud`. */
async function signed(
  context: Context,
  issuer: string,
  client: Client,
  claims: Readonly<Record<string, unknown>>,
): Promise<HttpResponse | undefined> {
  const registered = client.metadata.userinfo_signed_response_alg
  if (registered === undefined) return undefined
  const alg = signingAlgorithmFor(context, client, registered)
  const jwt = await context.keys.sign(alg, {}, { ...claims, iss: issuer, aud: client.id })
  return jwtResponse('application/jwt', jwt)
}
