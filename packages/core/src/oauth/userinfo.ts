import type { Context } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { HttpError } from '../errors.ts'
import { header } from '../http/request.ts'
import { type HttpResponse, jsonResponse } from '../http/response.ts'
import { sha256 } from '../lib/hash.ts'
import { userClaims } from './claims.ts'
import { invalidRequest } from './parameters.ts'

export const USERINFO_PATH = '/oauth/userinfo'

/** The UserInfo endpoint (OpenID Connect Core section 5.3). */
export const userinfo: OpenEndpoint = {
  method: 'GET',
  path: USERINFO_PATH,
  body: 'none',
  failure: 'oauth',
  handle: respond,
}

export const userinfoByPost: OpenEndpoint = { ...userinfo, method: 'POST', body: 'form' }

async function respond(context: Context, call: Call): Promise<HttpResponse> {
  const found = await context.storage.tokens.findAccessToken(sha256(bearerToken(call)), context.now())
  if (found?.token.sub === undefined) throw invalidToken()
  const user = await context.accounts.find(found.token.sub)
  const client = await context.storage.clients.find(found.token.clientId)
  if (user === undefined || user.disabledAt !== undefined || !client?.enabled) throw invalidToken()
  if (!found.token.scopes.includes('openid')) {
    throw tokenError(403, 'insufficient_scope', 'The access token was not given the scope openid.')
  }
  const wantsAddress = found.token.scopes.includes('address')
  const addresses = wantsAddress ? await context.storage.addresses.list(user.sub) : []
  return jsonResponse(200, userClaims(user, found.token.scopes, addresses[0]))
}

/** RFC 6750 sections 2.1 and 2.2. A token in the query is never accepted (RFC 9700 section 4.3.2). */
function bearerToken(call: Call): string {
  const authorization = header(call.request.headers, 'authorization')
  const inHeader =
    authorization === undefined ? undefined : /^Bearer +([\w.~+/-]+=*) *$/i.exec(authorization)?.[1]
  const inBody = call.input.kind === 'form' ? call.input.form.getAll('access_token') : []
  if ((authorization !== undefined && inBody.length > 0) || inBody.length > 1) {
    throw invalidRequest('Send the access token in one way and once.')
  }
  const token = inHeader ?? inBody[0]
  // RFC 6750 section 3.1: a request without any token is told the scheme and nothing more.
  if (token === undefined) {
    throw new HttpError(401, 'invalid_token', 'Send an access token as Authorization: Bearer.', {
      headers: { 'www-authenticate': 'Bearer realm="XWMS"' },
    })
  }
  return token
}

/** One answer for every reason. */
function invalidToken(): HttpError {
  return tokenError(401, 'invalid_token', 'The access token is unknown, revoked or expired.')
}

function tokenError(status: number, code: string, message: string): HttpError {
  return new HttpError(status, code, message, {
    headers: { 'www-authenticate': `Bearer realm="XWMS", error="${code}", error_description="${message}"` },
  })
}
