import { randomInt } from 'node:crypto'
import type { Context } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { DEVICE_PATH } from '../context/sign-in/interaction.ts'
import { HttpError } from '../errors.ts'
import { type HttpResponse, jsonResponse } from '../http/response.ts'
import { sha256 } from '../lib/hash.ts'
import { randomToken } from '../lib/random.ts'
import { showUserCode, USER_CODE_LENGTH, USER_CODE_LETTERS } from '../lib/user-code.ts'
import type { DeviceCode } from '../model/authorization.ts'
import { authenticateClient } from './client-authentication/index.ts'
import { checkedDetails } from './granted-details.ts'
import { deviceCode as deviceCodeGrant } from './grants/device-code.ts'
import { readParameters } from './parameters.ts'
import { scopesToApprove } from './scopes-to-approve.ts'
import { knownResources, repeatedParameter } from './target.ts'

export const DEVICE_AUTHORIZATION_PATH = '/oauth/device_authorization'

/** How long a device waits between two questions, to begin with (RFC 8628 section 3.2). */
const INTERVAL_SECONDS = 5
/** With a million codes at once, one draw in 25,000 hits a code that is taken. */
const MAX_DRAWS = 5

/** The device authorization endpoint (RFC 8628 section 3.1). */
export const deviceAuthorization: OpenEndpoint = {
  method: 'POST',
  path: DEVICE_AUTHORIZATION_PATH,
  body: 'form',
  failure: 'oauth',
  cors: true,
  handle: respond,
}

async function respond(context: Context, call: Call): Promise<HttpResponse> {
  const parameters = readParameters(call.input.kind === 'form' ? call.input.form : new URLSearchParams())
  const { client } = await authenticateClient(context, call, parameters)
  if (!client.grantTypes.includes(deviceCodeGrant.name)) {
    throw new HttpError(400, 'unauthorized_client', `This client may not use ${deviceCodeGrant.name}.`)
  }
  const resources = knownResources(context, repeatedParameter(call, 'resource'))
  const details = checkedDetails(context, client, parameters.authorization_details)
  const asked = { scope: parameters.scope, resources, details }
  const scopes = scopesToApprove(asked, client.scopes, context.config.scopes)

  const { value, userCode } = await createDeviceCode(context, {
    clientId: client.id,
    scopes,
    parameters: {
      ...(resources.length > 0 && { resource: resources.map(({ identifier }) => identifier).join(' ') }),
      ...(details !== undefined && { authorization_details: details }),
    },
  })
  const verificationUri = call.baseUrl + DEVICE_PATH
  return jsonResponse(
    200,
    {
      device_code: value,
      user_code: userCode,
      verification_uri: verificationUri,
      verification_uri_complete: `${verificationUri}?user_code=${userCode}`,
      expires_in: context.config.lifetimes.deviceCodeSeconds,
      interval: INTERVAL_SECONDS,
    },
    { pragma: 'no-cache' },
  )
}

async function createDeviceCode(
  context: Context,
  asked: Pick<DeviceCode, 'clientId' | 'scopes' | 'parameters'>,
): Promise<{ readonly value: string; readonly userCode: string }> {
  const value = randomToken()
  const createdAt = context.now()
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const letters = Array.from(
      { length: USER_CODE_LENGTH },
      () => USER_CODE_LETTERS[randomInt(USER_CODE_LETTERS.length)],
    )
    const userCode = letters.join('')
    const { outcome } = await context.storage.deviceCodes.create({
      ...asked,
      hash: sha256(value),
      userCodeHash: sha256(userCode),
      intervalSeconds: INTERVAL_SECONDS,
      decision: undefined,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + context.config.lifetimes.deviceCodeSeconds * 1000),
    })
    if (outcome === 'created') return { value, userCode: showUserCode(userCode) }
  }
  throw new HttpError(503, 'temporarily_unavailable', 'There are too many devices waiting. Try again soon.')
}
