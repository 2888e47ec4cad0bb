import { decodeJwt } from 'jose'
import type { Context, KnownToken } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { tokenDetails } from '../context/tokens/authorization-details.ts'
import { mayRefresh, refreshableScopes } from '../context/tokens/may-refresh.ts'
import { subjectFor } from '../context/tokens/subject.ts'
import { HttpError } from '../errors.ts'
import { asksFor } from '../http/accept.ts'
import { formFields } from '../http/body.ts'
import { header } from '../http/request.ts'
import { type HttpResponse, jsonResponse } from '../http/response.ts'
import { sha256 } from '../lib/hash.ts'
import type { AccessToken, Grant, RefreshToken } from '../model/authorization.ts'
import type { Client } from '../model/client.ts'
import type { User } from '../model/user.ts'
import { authenticateClient } from './client-authentication/index.ts'
import { jwtResponse } from './jwt-response.ts'
import { invalidRequest, readParameters } from './parameters.ts'
import { signingAlgorithmFor } from './signing-algorithm.ts'

export const INTROSPECTION_PATH = '/oauth/introspect'

/** A client that was granted it may ask about the tokens of all clients of its workspace. */
const SCOPE = 'introspect'

const JWT_TYPE = 'token-introspection+jwt'
const JWT_MEDIA_TYPE = `application/${JWT_TYPE}`

const INACTIVE = { active: false } as const

/**
 * Token introspection (RFC 7662). A confidential client may ask about its own tokens, about those that are for a resource
 * server that it is, and, with the scope `introspect`, about those of its workspace. Whatever else it asks about is not
 * active: an unknown token, one that ended, and one that is not its business all look the same (section 2.2).
 */
export const introspection: OpenEndpoint = {
  method: 'POST',
  path: INTROSPECTION_PATH,
  body: 'form',
  failure: 'oauth',
  async handle(context, call) {
    const parameters = readParameters(formFields(call.input))
    const { client: caller } = await authenticateClient(context, call, parameters)
    if (caller.type === 'public') {
      throw new HttpError(401, 'invalid_client', 'Only a client that proves who it is can introspect tokens.')
    }
    const { token } = parameters
    if (token === undefined) throw invalidRequest('Send the token.')
    const answer = await introspect(context, call, caller, token, parameters.token_type_hint)
    return respond(context, call, caller, answer)
  },
}

type Answer = typeof INACTIVE | ({ readonly active: true } & Readonly<Record<string, unknown>>)

/** Section 2.1: the hint only says where to look first. */
async function introspect(
  context: Context,
  call: Call,
  caller: Client,
  value: string,
  hint: string | undefined,
): Promise<Answer> {
  const hash = sha256(value)
  const access = async () => {
    const known = await context.accessTokens.find(hash)
    return known && accessTokenAnswer(context, call, caller, known, value)
  }
  const refresh = () => refreshTokenAnswer(context, call, caller, hash)
  const [first, second] = hint === 'refresh_token' ? [refresh, access] : [access, refresh]
  return (await first()) ?? (await second()) ?? INACTIVE
}

async function accessTokenAnswer(
  context: Context,
  call: Call,
  caller: Client,
  { token, grant, client, user }: KnownToken,
  value: string,
): Promise<Answer> {
  if (!mayAsk(context, caller, client, token.audience)) return INACTIVE
  return {
    ...(await common(context, call, { token, grant, client, user, details: tokenDetails(token, grant) })),
    token_type: token.confirmation?.jkt === undefined ? 'Bearer' : 'DPoP',
    ...(token.audience.length > 0 && { aud: single(token.audience) }),
    // Only a token that the resource server can read itself has an id.
    ...(value.includes('.') && { jti: decodeJwt(value).jti }),
  }
}

/** A refresh token means nothing to a resource server, so it is never told of one. */
async function refreshTokenAnswer(
  context: Context,
  call: Call,
  caller: Client,
  hash: string,
): Promise<Answer | undefined> {
  const found = await context.storage.tokens.findRefreshToken(hash)
  if (found === undefined) return undefined
  const { token, grant, spent } = found
  if (spent || grant.revokedAt !== undefined || token.expiresAt <= context.now()) return INACTIVE
  const [known, user] = await Promise.all([
    context.clients.find(token.clientId),
    grant.sub === undefined ? undefined : context.accounts.find(grant.sub),
  ])
  if (!known?.client.enabled || !mayAsk(context, caller, known.client, [])) return INACTIVE
  if (grant.sub !== undefined && (user === undefined || user.disabledAt !== undefined)) return INACTIVE
  const scopes = refreshableScopes(found)
  if (!mayRefresh(known.client, scopes)) return INACTIVE
  const details = grant.parameters.authorization_details
  return common(context, call, { token: { ...token, scopes }, grant, client: known.client, user, details })
}

function mayAsk(context: Context, caller: Client, owner: Client, audience: readonly string[]): boolean {
  return (
    caller.id === owner.id ||
    audience.some(identifier => context.resources.find(identifier)?.clientId === caller.id) ||
    (caller.scopes.includes(SCOPE) && caller.workspaceId === owner.workspaceId)
  )
}

/** Section 2.2, with what further specifications add: RFC 7800, RFC 8693, RFC 9396, RFC 9470. */
async function common(
  context: Context,
  { baseUrl }: Call,
  {
    token,
    grant,
    client,
    user,
    details,
  }: {
    readonly token: Pick<AccessToken | RefreshToken, 'scopes' | 'confirmation' | 'createdAt' | 'expiresAt'>
    readonly grant: Grant
    readonly client: Client
    readonly user: User | undefined
    readonly details: string | undefined
  },
): Promise<{ readonly active: true } & Readonly<Record<string, unknown>>> {
  const { acr, act } = grant.parameters
  const issuedAt = seconds(token.createdAt)
  return {
    active: true,
    iss: baseUrl,
    client_id: client.id,
    // RFC 9068 section 2.2: where no user is involved, the client is the subject.
    sub: user === undefined ? client.id : await subjectFor(context, client, user.sub),
    ...(user !== undefined && token.scopes.includes('email') && { username: user.email }),
    iat: issuedAt,
    nbf: issuedAt,
    exp: seconds(token.expiresAt),
    ...(token.scopes.length > 0 && { scope: token.scopes.join(' ') }),
    ...(token.confirmation !== undefined && { cnf: token.confirmation }),
    ...(grant.authenticatedAt && { auth_time: seconds(grant.authenticatedAt) }),
    ...(acr !== undefined && { acr }),
    ...(act !== undefined && { act: JSON.parse(act) }),
    ...(details !== undefined && { authorization_details: JSON.parse(details) }),
  }
}

/** RFC 9701 section 4: a resource server that needs proof of the answer asks for it signed. */
async function respond(
  context: Context,
  { request, baseUrl }: Call,
  caller: Client,
  answer: Answer,
): Promise<HttpResponse> {
  const accept = header(request.headers, 'accept')
  if (!asksFor(accept, JWT_MEDIA_TYPE, 'application/json')) return jsonResponse(200, answer)
  const alg = signingAlgorithmFor(context, caller, caller.metadata.introspection_signed_response_alg)
  // Section 5: neither `sub` nor `exp` at the top, or somebody might take it for an access token.
  const claims = { iss: baseUrl, aud: caller.id, iat: seconds(context.now()), token_introspection: answer }
  return jwtResponse(JWT_MEDIA_TYPE, await context.keys.sign(alg, { typ: JWT_TYPE }, claims))
}

function single(audience: readonly string[]): string | readonly string[] {
  return audience.length === 1 ? (audience[0] as string) : audience
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}
