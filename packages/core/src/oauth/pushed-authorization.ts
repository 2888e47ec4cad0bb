import { profileOf } from '../context/clients/profiles.ts'
import type { Context } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { nextNonceField, verifyDpopProof } from '../context/tokens/dpop.ts'
import { HttpError } from '../errors.ts'
import { formFields } from '../http/body.ts'
import { type HttpResponse, jsonResponse } from '../http/response.ts'
import { sha256 } from '../lib/hash.ts'
import { randomToken } from '../lib/random.ts'
import type { PushedRequest } from '../model/authorization.ts'
import type { Client } from '../model/client.ts'
import {
  checkAuthorizationRequest,
  readAuthorizationRequest,
  understoodParameters,
} from './authorization-request.ts'
import { authenticateClient } from './client-authentication/index.ts'
import { invalidRequest, type Parameters } from './parameters.ts'
import { requestedParameters } from './request-object.ts'

export const PAR_PATH = '/oauth/par'

/** What the `request_uri` of a pushed request begins with (RFC 9126 section 2.2). */
const REFERENCE = 'urn:ietf:params:oauth:request_uri:'

/** The pushed authorization request endpoint (RFC 9126 section 2). */
export const pushedAuthorization: OpenEndpoint = {
  method: 'POST',
  path: PAR_PATH,
  body: 'form',
  failure: 'oauth',
  cors: true,
  handle: push,
}

async function push(context: Context, call: Call): Promise<HttpResponse> {
  const sent = readAuthorizationRequest(formFields(call.input))
  const { client } = await authenticateClient(context, call, sent)
  if (sent.request_uri !== undefined) throw invalidRequest('Push the request itself, without a request_uri.')
  const requested = await requestedParameters(context, call, client, sent)
  const jkt = await provenKey(context, call, client, requested)
  const parameters = {
    ...understoodParameters(requested),
    client_id: client.id,
    ...(jkt !== undefined && { dpop_jkt: jkt }),
  }
  await check(context, client, parameters)

  const reference = randomToken()
  const createdAt = context.now()
  const seconds = context.config.lifetimes.pushedRequestSeconds
  await context.storage.pushedRequests.create({
    hash: sha256(reference),
    clientId: client.id,
    parameters,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + seconds * 1000),
  })
  return jsonResponse(
    201,
    { request_uri: REFERENCE + reference, expires_in: seconds },
    {
      pragma: 'no-cache',
      ...(await nextNonceField(context, call.request.headers)),
    },
  )
}

/** The key that the code will be bound to (RFC 9449 section 10.1). */
async function provenKey(
  context: Context,
  { request, baseUrl }: Call,
  client: Client,
  { dpop_jkt }: Parameters,
): Promise<string | undefined> {
  const jkt = await verifyDpopProof(context, {
    headers: request.headers,
    method: request.method,
    url: baseUrl + request.path,
    algorithms: profileOf(client).verifiedAlgorithms,
  })
  if (jkt !== undefined && dpop_jkt !== undefined && jkt !== dpop_jkt) {
    throw new HttpError(400, 'invalid_dpop_proof', 'The dpop_jkt names another key than the DPoP proof.')
  }
  return jkt ?? dpop_jkt
}

/** RFC 9126 section 2.3: here a redirect URI that is not registered is a mistake like any other. */
async function check(context: Context, client: Client, parameters: Parameters): Promise<void> {
  try {
    await checkAuthorizationRequest(context, client, parameters)
  } catch (error) {
    if (!(error instanceof HttpError) || error.code !== 'invalid_redirect_uri') throw error
    throw invalidRequest('The redirect_uri is missing, or is not registered for this client.')
  }
}

export function isPushed(requestUri: string | undefined): requestUri is string {
  return requestUri?.startsWith(REFERENCE) === true
}

/**
 * The request that a client refers to, as long as it is good for one.
 * @throws {HttpError} 400 `invalid_request_uri`: unknown, of another client, expired, or spent
 */
export async function findPushed(
  context: Context,
  client: Client,
  requestUri: string,
): Promise<PushedRequest> {
  const hash = sha256(requestUri.slice(REFERENCE.length))
  const pushed = await context.storage.pushedRequests.find(hash, context.now())
  if (pushed === undefined || pushed.clientId !== client.id) {
    throw new HttpError(
      400,
      'invalid_request_uri',
      'This sign-in is finished or has expired. Go back to the application and start again.',
    )
  }
  return pushed
}
