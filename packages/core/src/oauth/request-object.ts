import { decodeProtectedHeader, type JWTPayload, type JWTVerifyOptions } from 'jose'
import { verifyClientJwt } from '../context/clients/client-keys.ts'
import { profileOf } from '../context/clients/profiles.ts'
import type { Context } from '../context/context.ts'
import type { Call } from '../context/endpoint.ts'
import { HttpError, OutboundError } from '../errors.ts'
import { httpsUrlProblem } from '../lib/server-url.ts'
import type { Client } from '../model/client.ts'
import { joinedResources } from './authorization-request.ts'
import type { Parameters } from './parameters.ts'

/** How far a client's clock may be from ours. */
const SKEW_SECONDS = 10
/** How far off `exp` and `nbf` may be where they are required (FAPI 2.0 Message Signing section 5.3.1). */
const MAX_SECONDS = 3600
const MAX_BYTES = 65_536
const ACCEPT = 'application/oauth-authz-req+jwt, application/jwt'

/** RFC 9101 section 10.8: a JWT that says it is something else is not taken for a request. */
const TYPES: readonly unknown[] = [undefined, 'oauth-authz-req+jwt', 'application/oauth-authz-req+jwt', 'jwt']

/** What JSON can hold and no text that is kept: U+0000, and halves of characters. */
const NOT_TEXT = /\0|\p{Surrogate}/u

/** Claims of the JWT itself (RFC 7519 section 4.1), which are no parameters. */
const OF_THE_JWT = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'])

/**
 * The parameters that a request stands for: those of its request object, by value or by reference (RFC 9101), where it has one.
 * Only what is signed counts then; under OpenID Connect Core section 6.1 what stands beside the object fills it up.
 * @throws {HttpError} 400 `invalid_request`, `invalid_request_object`, `invalid_request_uri`
 */
export async function requestedParameters(
  context: Context,
  call: Call,
  client: Client,
  sent: Parameters,
): Promise<Parameters> {
  const { request, request_uri } = sent
  if (request !== undefined && request_uri !== undefined) {
    throw refused('invalid_request', 'Send the request or the request_uri, not both.')
  }
  if (request === undefined && request_uri === undefined) {
    // RFC 9101 section 10.5.
    if (!client.metadata.require_signed_request_object) return sent
    throw refused('invalid_request', 'This client must send its request as a signed request object.')
  }
  const jwt = request ?? (await fetchRequest(context, client, request_uri as string))
  const claims = await verifiedClaims(context, call, client, jwt)
  const signed = parametersIn(claims)
  checkClient(client, claims, signed)
  if (!profileOf(client).mergesRequestObjects || client.metadata.require_signed_request_object) {
    if (signed.client_id === undefined) throw invalidObject('has no client_id')
    return signed
  }
  if (
    sent.response_type !== undefined &&
    (signed.response_type ?? sent.response_type) !== sent.response_type
  ) {
    throw invalidObject('has another response_type than the request')
  }
  return { ...sent, ...signed }
}

/** OpenID Connect Core section 6.2: fetched from an address that was registered; a fragment tells versions of it apart. */
async function fetchRequest(context: Context, client: Client, uri: string): Promise<string> {
  const address = withoutFragment(uri)
  const registered = client.metadata.request_uris?.some(one => withoutFragment(one) === address) === true
  if (!registered || httpsUrlProblem(address) !== undefined) {
    throw refused('invalid_request_uri', 'The request_uri is not registered for this client.')
  }
  try {
    const { body } = await context.outbound.get(address, { accept: ACCEPT, maxBytes: MAX_BYTES })
    return body.trim()
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    context.logger.info({ clientId: client.id, reason: error.message }, 'A request_uri could not be fetched.')
    throw refused('invalid_request_uri', 'There is no request object at the request_uri.')
  }
}

async function verifiedClaims(
  context: Context,
  call: Call,
  client: Client,
  jwt: string,
): Promise<JWTPayload> {
  const { strictRequestObjects, verifiedAlgorithms } = profileOf(client)
  const registered = client.metadata.request_object_signing_alg
  const algorithms = verifiedAlgorithms.filter(alg => registered === undefined || alg === registered)
  const { alg, typ } = headerOf(jwt)
  if (alg === undefined || !algorithms.includes(alg)) {
    throw invalidObject(`must be signed with ${algorithms.join(' or ')}`)
  }
  if (!TYPES.includes(typ?.toLowerCase())) throw invalidObject('has a typ that is not oauth-authz-req+jwt')
  const claims = await verify(context, client, jwt, {
    algorithms,
    currentDate: context.now(),
    clockTolerance: SKEW_SECONDS,
    requiredClaims: strictRequestObjects ? ['aud', 'exp', 'nbf'] : [],
  })
  if (claims.aud !== undefined && ![claims.aud].flat().includes(call.baseUrl)) {
    throw invalidObject('has an aud that is not this server')
  }
  if (strictRequestObjects) checkTimes(context, claims)
  return claims
}

function headerOf(jwt: string): { readonly alg?: string; readonly typ?: string } {
  try {
    const { alg, typ } = decodeProtectedHeader(jwt)
    return { ...(typeof alg === 'string' && { alg }), ...(typeof typ === 'string' && { typ }) }
  } catch {
    throw invalidObject('is not a signed JWT')
  }
}

async function verify(
  context: Context,
  client: Client,
  jwt: string,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await verifyClientJwt(context, client, jwt, options)).payload
  } catch (error) {
    // One of jose's, or the client's keys could not be fetched: either way nobody vouches for the request.
    const reason = error instanceof Error ? error.message : String(error)
    context.logger.info({ clientId: client.id, reason }, 'A request object could not be verified.')
    throw invalidObject('was not signed by this client, has expired, or misses aud, exp or nbf')
  }
}

/** At most an hour from `nbf` to `exp`, and from `nbf` to now. */
function checkTimes(context: Context, { exp = 0, nbf = 0 }: JWTPayload): void {
  const seconds = context.now().getTime() / 1000
  if (exp - nbf > MAX_SECONDS || seconds - nbf > MAX_SECONDS + SKEW_SECONDS) {
    throw invalidObject('has an nbf or an exp that is more than an hour away')
  }
}

/** RFC 9101 sections 5 and 10.8: it is about this client, and is no assertion of it. */
function checkClient(client: Client, { iss, sub }: JWTPayload, { client_id }: Parameters): void {
  if (client_id !== undefined && client_id !== client.id) throw invalidObject('has another client_id')
  if (iss !== undefined && iss !== client.id) throw invalidObject('has an iss that is not the client_id')
  if (sub === client.id)
    throw invalidObject('has the client as its sub, which is how a client assertion looks')
}

/** The claims as parameters of a query would be: texts, objects as JSON. */
function parametersIn(claims: JWTPayload): Parameters {
  if ('request' in claims || 'request_uri' in claims) throw invalidObject('has another request in it')
  const parameters: Record<string, string> = Object.create(null)
  for (const [name, claim] of Object.entries(claims)) {
    const value = OF_THE_JWT.has(name) ? '' : textOf(name, claim)
    if (NOT_TEXT.test(value)) throw invalidObject('has a text that is none')
    if (value !== '') parameters[name] = value
  }
  return parameters
}

function textOf(name: string, claim: unknown): string {
  if (claim === undefined || claim === null) return ''
  if (typeof claim === 'string') return name === 'resource' ? joinedResources([claim]) : claim
  if (name === 'resource' && Array.isArray(claim)) return joinedResources(claim.map(resourceIn))
  try {
    return JSON.stringify(claim)
  } catch {
    // Nested deeper than the stack is.
    throw invalidObject(`has a ${name} that cannot be read`)
  }
}

function resourceIn(entry: unknown): string {
  if (typeof entry === 'string') return entry
  throw invalidObject('has a resource that is no text')
}

function withoutFragment(uri: string): string {
  return uri.split('#', 1)[0] as string
}

function invalidObject(problem: string): HttpError {
  return refused('invalid_request_object', `The request object ${problem}.`)
}

function refused(code: string, message: string): HttpError {
  return new HttpError(400, code, message)
}
