import { changeStored } from '../../context/change-stored.ts'
import { usesSecrets } from '../../context/clients/client-problems.ts'
import type { Context } from '../../context/context.ts'
import type { Call, OpenEndpoint } from '../../context/endpoint.ts'
import { HttpError } from '../../errors.ts'
import { jsonResponse } from '../../http/response.ts'
import { constantTimeEqual, sha256 } from '../../lib/hash.ts'
import type { Client } from '../../model/client.ts'
import { clientInformation } from './client-information.ts'
import { readMetadata } from './read-metadata.ts'
import { registeredClient } from './registration-access.ts'
import { giveSecret, liveSecrets, registrationAudit, revokeSecrets } from './registration-changes.ts'
import { REGISTRATION_PATH } from './registration-path.ts'

const NOT_CACHED = { pragma: 'no-cache' }

/** What a client is told of its registration and cannot ask for (RFC 7592 section 2.2). */
const SET_BY_SERVER = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
] as const

/** The client configuration endpoint (RFC 7592 section 2.1): what is registered. */
export const readRegistration: OpenEndpoint = {
  method: 'GET',
  path: REGISTRATION_PATH,
  body: 'none',
  failure: 'oauth',
  cors: true,
  async handle(context, call) {
    const { client, token } = await registeredClient(context, call, call.query.get('client_id'))
    return jsonResponse(200, clientInformation(call, client, { token, secret: undefined }), NOT_CACHED)
  },
}

/** Replaces everything that is registered (RFC 7592 section 2.2). */
export const updateRegistration: OpenEndpoint = {
  method: 'PUT',
  path: REGISTRATION_PATH,
  body: 'json',
  failure: 'oauth',
  cors: true,
  async handle(context, call) {
    const read = () => registeredClient(context, call, call.query.get('client_id'))
    const { client, token } = await read()
    checkMembers(call)
    await checkCredentials(context, call, client)
    const described = await readMetadata(context, call)
    const { before, after } = await changeStored<Client>({
      kind: 'client',
      // Asked anew: it may have been disabled, or be gone, since.
      read: async () => (await read()).client,
      change: before => ({ ...before, ...described, updatedAt: context.now() }),
      write(before, after) {
        const audit = registrationAudit(context, call, before, { action: 'client.updated', before, after })
        return context.storage.clients.update(before, after, audit)
      },
    })
    return jsonResponse(
      200,
      clientInformation(call, after, { token, secret: await changedSecret(context, call, before, after) }),
      NOT_CACHED,
    )
  },
}

/** Ends the registration, and with it every token that the client has (RFC 7592 section 2.3). */
export const deleteRegistration: OpenEndpoint = {
  method: 'DELETE',
  path: REGISTRATION_PATH,
  body: 'none',
  failure: 'oauth',
  cors: true,
  async handle(context, call) {
    const { client } = await registeredClient(context, call, call.query.get('client_id'))
    const audit = registrationAudit(context, call, client, { action: 'client.deleted', before: client })
    await context.storage.clients.delete(client.id, audit)
    return { status: 204, headers: { 'cache-control': 'no-store', pragma: 'no-cache' }, body: '' }
  },
}

/** @throws {HttpError} 400 `invalid_client_metadata` */
function checkMembers({ input }: Call): void {
  const json = input.kind === 'json' ? input.json : {}
  const sent = SET_BY_SERVER.filter(member => json[member] !== undefined && json[member] !== null)
  if (sent.length === 0) return
  throw new HttpError(
    400,
    'invalid_client_metadata',
    `Leave out what the server alone sets (RFC 7592 section 2.2): ${sent.join(', ')}.`,
  )
}

/**
 * RFC 7592 section 2.2: the body names the client, and a secret in it is the one that the client has.
 * @throws {HttpError} 400 `invalid_client_metadata`
 */
async function checkCredentials(context: Context, { input }: Call, client: Client): Promise<void> {
  const json = input.kind === 'json' ? input.json : {}
  if (json.client_id !== client.id) {
    throw new HttpError(400, 'invalid_client_metadata', 'Send the client_id that the request is about.')
  }
  const { client_secret: given } = json
  if (given === undefined || given === null) return
  if (typeof given === 'string') {
    const hash = sha256(given)
    const secrets = await liveSecrets(context, client)
    if (secrets.some(secret => constantTimeEqual(hash, secret.hash))) return
  }
  throw new HttpError(
    400,
    'invalid_client_metadata',
    'A client does not choose its secret; leave client_secret out.',
  )
}

/** A client that begins to use secrets gets one; of one that ceases to, the secrets end. */
async function changedSecret(
  context: Context,
  call: Call,
  before: Client,
  after: Client,
): Promise<string | undefined> {
  if (usesSecrets(before) === usesSecrets(after)) return undefined
  if (usesSecrets(after)) return giveSecret(context, call, after)
  await revokeSecrets(context, call, after)
  return undefined
}
