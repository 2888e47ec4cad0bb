import { findKnownClient } from '../../context/clients/find-client.ts'
import { profileOf } from '../../context/clients/profiles.ts'
import type { Context } from '../../context/context.ts'
import type { Call } from '../../context/endpoint.ts'
import { HttpError } from '../../errors.ts'
import { header } from '../../http/request.ts'
import { isClientId } from '../../lib/client-id.ts'
import type { Client } from '../../model/client.ts'
import type { ClientAuthenticationMethod } from '../../model/client-metadata.ts'
import { invalidRequest, type Parameters } from '../parameters.ts'
import { assertionClientId, proveAssertion } from './assertion.ts'
import { proveByConnection } from './connection.ts'
import { noteUnproven } from './note-unproven.ts'
import { type Presented, type Proven, Refused } from './proof.ts'
import { proveSecret, readBasic } from './secret.ts'

/** Who is calling, and how it proved that. */
export interface AuthenticatedClient {
  readonly client: Client
  readonly method: ClientAuthenticationMethod
}

/**
 * Finds out which client is calling the token endpoint or one of its siblings (RFC 6749 section 2.3, RFC 7521, RFC 8705).
 * An unknown client, a wrong proof, a missing one and one of another kind than registered all get the same `invalid_client`.
 * @throws {HttpError} 401 `invalid_client`, 400 `invalid_request`, 400 `unauthorized_client`, 429 `too_many_attempts`
 */
export async function authenticateClient(
  context: Context,
  call: Call,
  parameters: Parameters,
): Promise<AuthenticatedClient> {
  const basic = header(call.request.headers, 'authorization') !== undefined
  const since = context.now()
  const given = presentedProof(call, parameters)
  const presented = given && isClientId(given.clientId) ? given : undefined
  const proven = presented && (await prove(context, call, presented))
  if (proven === undefined || !mayUse(proven)) {
    const refusal = invalidClient(basic)
    if (presented) noteUnproven(context, call, presented, refusal, since)
    throw refusal
  }
  const { client, workspace } = proven.owned
  if (!client.enabled || workspace?.planStatus !== 'active') {
    throw new HttpError(400, 'unauthorized_client', 'This client is disabled, or its plan is not active.')
  }
  return { client, method: proven.method }
}

/** What the request holds of a proof; `undefined` when that cannot be one. */
function presentedProof(call: Call, parameters: Parameters): Presented | undefined {
  const authorization = header(call.request.headers, 'authorization')
  const { client_id: clientId, client_secret: posted, client_assertion: assertion } = parameters
  const credentials = authorization === undefined ? undefined : readBasic(authorization)
  if (authorization !== undefined && credentials === undefined) return undefined
  // RFC 6749 section 2.3: one method in each request.
  if ([authorization, posted, assertion].filter(given => given !== undefined).length > 1) {
    throw invalidRequest(
      'Authenticate in one way: by the Authorization header, by client_secret or by client_assertion.',
    )
  }
  if (credentials !== undefined) {
    if (clientId !== undefined && clientId !== credentials.clientId) return undefined
    return { ...credentials, kind: 'secret', method: 'client_secret_basic' }
  }
  if (assertion !== undefined || parameters.client_assertion_type !== undefined) {
    const named = assertionClientId(parameters)
    if (named === undefined || (clientId !== undefined && clientId !== named)) return undefined
    return { kind: 'assertion', clientId: named, assertion: assertion as string }
  }
  if (clientId === undefined) return undefined
  if (posted === undefined) return { kind: 'connection', clientId }
  return { kind: 'secret', method: 'client_secret_post', clientId, secret: posted }
}

async function prove(context: Context, call: Call, presented: Presented): Promise<Proven | undefined> {
  if (presented.kind === 'secret') {
    const owned = await proveSecret(context, presented, call)
    return owned && { owned, method: presented.method }
  }
  const owned = await findKnownClient(context, presented.clientId)
  if (owned === undefined) return undefined
  const { client } = owned
  try {
    const method =
      presented.kind === 'assertion'
        ? await proveAssertion(context, call, client, presented.assertion)
        : await proveByConnection(context, call, client)
    return { owned, method }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    // The caller hears one answer for all; the operator may know which it was.
    context.logger.info(
      { clientId: client.id, requestId: call.requestId, reason: error.message },
      'A client could not be authenticated.',
    )
    return undefined
  }
}

/** Whether a client may prove itself so: by its type, by what it registered, and by its profile. */
function mayUse({ owned: { client }, method }: Proven): boolean {
  if ((method === 'none') !== (client.type === 'public')) return false
  const registered = client.metadata.token_endpoint_auth_method
  const bySecret = method === 'client_secret_basic' || method === 'client_secret_post'
  // A confidential client that registered no method has a secret, and may send it either way.
  const expected = registered === undefined ? bySecret || method === 'none' : method === registered
  return expected && profileOf(client).authenticationMethods.includes(method)
}

/** RFC 6749 section 5.2: the scheme is named to whoever used the header. */
function invalidClient(basic: boolean): HttpError {
  return new HttpError(
    401,
    'invalid_client',
    'The client could not be authenticated. Check its id, and its secret, assertion or certificate.',
    { headers: basic ? { 'www-authenticate': 'Basic realm="XWMS", charset="UTF-8"' } : {} },
  )
}
