import { HttpError } from '../../errors.ts'
import { sha256 } from '../../lib/hash.ts'
import { invalidRequest } from '../parameters.ts'
import { firstTokens } from './first-tokens.ts'
import { type GrantType, invalidGrant } from './grant.ts'

const NOT_GOOD = 'The device code is unknown, used, or was given to another client.'

/** RFC 8628 section 3.4: a device asks whether its user has decided. */
export const deviceCode: GrantType = {
  name: 'urn:ietf:params:oauth:grant-type:device_code',
  async handle(context, request) {
    const { client, parameters } = request
    if (parameters.device_code === undefined) throw invalidRequest('Send the device_code.')
    const hash = sha256(parameters.device_code)
    const { deviceCodes } = context.storage
    if ((await deviceCodes.find(hash))?.clientId !== client.id) throw invalidGrant(NOT_GOOD)

    const { outcome } = await deviceCodes.poll(hash, context.now())
    if (outcome === 'unknown') throw invalidGrant(NOT_GOOD)
    if (outcome !== 'approved') throw ANSWERS[outcome]()

    // Read again: the decision came after the first look, perhaps.
    const code = await deviceCodes.find(hash)
    if (code?.decision === undefined || code.decision.denied) throw invalidGrant(NOT_GOOD)
    return firstTokens(
      context,
      request,
      // A device is no part of the browser's session: a television stays signed in when the phone that helped signs out.
      { ...code.decision, sid: undefined, parameters: code.parameters },
      issue => deviceCodes.consume(hash, context.now(), issue),
      NOT_GOOD,
    )
  },
}

/** RFC 8628 section 3.5. */
const ANSWERS = {
  pending: () => new HttpError(400, 'authorization_pending', 'The user has not decided yet. Ask again.'),
  slow_down: () => new HttpError(400, 'slow_down', 'Wait five seconds longer between questions from now on.'),
  denied: () => new HttpError(400, 'access_denied', 'The user refused.'),
  expired: () => new HttpError(400, 'expired_token', 'The device code has expired. Begin anew.'),
}
