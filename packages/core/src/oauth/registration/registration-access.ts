import type { Config } from '../../config/config.ts'
import type { Context } from '../../context/context.ts'
import type { Call } from '../../context/endpoint.ts'
import { trialOf } from '../../context/protection/call-trial.ts'
import { HttpError } from '../../errors.ts'
import { type HttpRequest, header } from '../../http/request.ts'
import { isClientId } from '../../lib/client-id.ts'
import { constantTimeEqual, sha256 } from '../../lib/hash.ts'
import type { Client } from '../../model/client.ts'

type RegistrationOptions = NonNullable<Config['oauth']['registration']>

/** @throws {HttpError} 404 `registration_disabled` */
export function registrationOptions({ config }: Context): RegistrationOptions {
  if (config.oauth.registration !== undefined) return config.oauth.registration
  throw new HttpError(
    404,
    'registration_disabled',
    'Clients cannot register themselves here. Ask the operator.',
  )
}

/**
 * The initial access token that allows a registration (RFC 7591 section 3).
 * @throws {HttpError} 401 `invalid_token`, 429 `too_many_attempts`
 */
export async function checkInitialAccessToken(
  { protection }: Context,
  { initialAccessTokens }: RegistrationOptions,
  call: Call,
): Promise<void> {
  const given = bearerToken(call.request)
  const trial = trialOf(call, { purpose: 'registration', subject: '' })
  protection.check(trial)
  // Each one is compared, so that the time does not tell which one was right.
  const right = initialAccessTokens.filter(token => given !== undefined && constantTimeEqual(given, token))
  if (right.length > 0) return
  if (given !== undefined) await protection.failed(trial)
  throw invalidToken(given, 'an initial access token')
}

/**
 * The client that a registration access token belongs to (RFC 7592 section 3). An unknown client and a wrong token are the
 * same to whoever asks.
 * @throws {HttpError} 401 `invalid_token`, 403 `client_disabled`, 429 `too_many_attempts`
 */
export async function registeredClient(
  context: Context,
  call: Call,
  clientId: string | null,
): Promise<{ readonly client: Client; readonly token: string }> {
  registrationOptions(context)
  const given = bearerToken(call.request)
  const stated = clientId ?? ''
  const trial = trialOf(call, { purpose: 'registration', subject: stated, clientId: stated })
  context.protection.check(trial)
  const client =
    clientId !== null && isClientId(clientId) ? await context.storage.clients.find(clientId) : undefined
  const right = constantTimeEqual(sha256(given ?? ''), client?.registrationTokenHash ?? '')
  if (given === undefined || client === undefined || !right) {
    if (given !== undefined) await context.protection.failed(trial)
    throw invalidToken(given, 'the registration access token of this client')
  }
  if (client.enabled) return { client, token: given }
  throw new HttpError(403, 'client_disabled', 'This client was disabled. Ask the operator.')
}

function bearerToken(request: HttpRequest): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header(request.headers, 'authorization') ?? '')?.[1]
}

/** RFC 6750 section 3.1: who sent no token is told of no error. */
function invalidToken(given: string | undefined, wanted: string): HttpError {
  const challenge = given === undefined ? 'Bearer realm="XWMS"' : 'Bearer realm="XWMS", error="invalid_token"'
  return new HttpError(401, 'invalid_token', `Send ${wanted} as a bearer token.`, {
    headers: { 'www-authenticate': challenge },
  })
}
