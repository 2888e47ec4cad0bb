import * as z from 'zod'
import type { GuardedEndpoint } from '../context/endpoint.ts'
import { HttpError } from '../errors.ts'
import { successEnvelope } from '../http/envelope.ts'
import { sha256 } from '../lib/hash.ts'
import { parseBody, requiredText } from './body.ts'

const body = z.object({ token: requiredText(256, 'Send the token of the callback.') })

/** Tells who signed in: step 4 of the sign-token flow (xwms-api.md). Once, and to the client and domain that asked. */
export const signTokenVerify: GuardedEndpoint = {
  method: 'POST',
  path: '/api/sign-token-verify',
  body: 'json',
  failure: 'envelope',
  guard: { purpose: 'login', price: 'sign-token-verify' },
  async handle(context, call) {
    const { client, domain } = call.caller
    const { token } = parseBody(call.input, body)
    const hash = sha256(token)
    const code = await context.storage.codes.find(hash)
    if (code?.flow !== 'sign_token' || code.clientId !== client.id || code.domainId !== domain.id)
      throw invalidToken()
    const { outcome } = await context.storage.codes.consume(hash, context.now())
    if (outcome !== 'consumed') throw invalidToken()
    const [user, approval] = await Promise.all([
      context.accounts.find(code.sub),
      context.storage.clientUsers.find(client.id, code.sub),
    ])
    if (user === undefined || user.disabledAt !== undefined || approval === undefined) throw invalidToken()
    call.concerns(user.sub)
    return successEnvelope('The user is signed in.', {
      sub: user.sub,
      name: user.name,
      given_name: user.givenName ?? null,
      family_name: user.familyName ?? null,
      email: user.email,
      email_verified: user.emailVerified,
      picture: user.picture ?? null,
    })
  },
}

/** One answer for every reason, so that a stolen token tells nothing. */
function invalidToken(): HttpError {
  return new HttpError(
    400,
    'invalid_token',
    'The token is unknown, used or expired, or was given to another client or domain. Start the sign-in again.',
  )
}
