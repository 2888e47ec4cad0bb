import type { Context } from '../context/context.ts'
import type { OpenEndpoint } from '../context/endpoint.ts'
import { HttpError } from '../errors.ts'
import { formFields } from '../http/body.ts'
import { sha256 } from '../lib/hash.ts'
import type { Client } from '../model/client.ts'
import { authenticateClient } from './client-authentication/index.ts'
import { invalidRequest, readParameters } from './parameters.ts'

export const REVOCATION_PATH = '/oauth/revoke'

/**
 * Token revocation (RFC 7009). A refresh token takes its grant with it, and so every token of it (section 2.1); an access token
 * goes alone. Whoever asks hears the same of a token that it does not have, that ended, or that is another client's: nobody
 * learns here whether a token that was found somewhere is still good.
 */
export const revocation: OpenEndpoint = {
  method: 'POST',
  path: REVOCATION_PATH,
  body: 'form',
  failure: 'oauth',
  cors: true,
  async handle(context, call) {
    const parameters = readParameters(formFields(call.input))
    const { client } = await authenticateClient(context, call, parameters)
    const { token, token_type_hint: hint } = parameters
    if (token === undefined) throw invalidRequest('Send the token.')
    await revoke(context, client, token, hint)
    return { status: 200, headers: { 'cache-control': 'no-store' }, body: '' }
  },
}

/**
 * The hint only says where to look first (section 2.1).
 * @throws {HttpError} 400 `unsupported_token_type` for a token of ours that is neither
 */
async function revoke(
  context: Context,
  client: Client,
  token: string,
  hint: string | undefined,
): Promise<void> {
  const hash = sha256(token)
  const [first, second] =
    hint === 'refresh_token'
      ? [revokeRefreshToken, revokeAccessToken]
      : [revokeAccessToken, revokeRefreshToken]
  if ((await first(context, client, hash)) || (await second(context, client, hash))) return
  const claims = await context.keys.verifyOwn(token)
  if (claims !== undefined && claims.aud === client.id) {
    throw new HttpError(
      400,
      'unsupported_token_type',
      'Only access tokens and refresh tokens can be revoked; an ID token just expires.',
    )
  }
}

/** Whether there is such a token. It is revoked if it is the client's. */
async function revokeAccessToken(context: Context, client: Client, hash: string): Promise<boolean> {
  const { tokens } = context.storage
  const found = await tokens.findAccessToken(hash, context.now())
  if (found?.token.clientId === client.id) await tokens.revokeAccessToken(hash, context.now())
  return found !== undefined
}

async function revokeRefreshToken(context: Context, client: Client, hash: string): Promise<boolean> {
  const { tokens } = context.storage
  const found = await tokens.findRefreshToken(hash)
  if (found?.token.clientId === client.id) await tokens.revokeGrant(found.grant.id, context.now())
  return found !== undefined
}
