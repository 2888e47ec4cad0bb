import { usesSecrets } from '../../context/clients/client-problems.ts'
import { hasRoom, selfMadeClient } from '../../context/clients/self-made-client.ts'
import type { Context } from '../../context/context.ts'
import type { Call, OpenEndpoint } from '../../context/endpoint.ts'
import { HttpError } from '../../errors.ts'
import { jsonResponse } from '../../http/response.ts'
import { sha256 } from '../../lib/hash.ts'
import { networkOf } from '../../lib/ip.ts'
import { randomId, randomToken } from '../../lib/random.ts'
import { clientInformation } from './client-information.ts'
import { readMetadata } from './read-metadata.ts'
import { checkInitialAccessToken, registrationOptions } from './registration-access.ts'
import { giveSecret, registrationAudit } from './registration-changes.ts'
import { REGISTRATION_PATH } from './registration-path.ts'

/** How often one address may register within a minute. */
const REGISTRATIONS_PER_MINUTE = 60
const MINUTE_MS = 60_000

/** The client registration endpoint (RFC 7591 section 3, OpenID Connect Dynamic Client Registration section 3). */
export const register: OpenEndpoint = {
  method: 'POST',
  path: REGISTRATION_PATH,
  body: 'json',
  failure: 'oauth',
  cors: true,
  async handle(context, call) {
    const options = registrationOptions(context)
    await admit(context, call)
    await checkInitialAccessToken(context, options, call)
    const described = await readMetadata(context, call)
    if (!(await hasRoom(context, 'registration', options))) {
      context.logger.warn(
        { workspaceId: options.workspaceId },
        'There are as many registered clients as maxClients allows.',
      )
      throw new HttpError(503, 'temporarily_unavailable', 'No more clients can be registered at the moment.')
    }
    const token = randomToken()
    const { workspaceId } = options
    const client = selfMadeClient(
      described,
      { id: randomId('cl'), workspaceId, source: 'registration', registrationTokenHash: sha256(token) },
      context.now(),
    )
    const audit = registrationAudit(context, call, client, { action: 'client.created', after: client })
    await context.storage.clients.create(client, undefined, audit)
    const secret = usesSecrets(client) ? await giveSecret(context, call, client) : undefined
    return jsonResponse(201, clientInformation(call, client, { token, secret }), { pragma: 'no-cache' })
  },
}

/** @throws {HttpError} 429 `rate_limited` */
async function admit({ storage, now }: Context, { request }: Call): Promise<void> {
  const start = Math.floor(now().getTime() / MINUTE_MS) * MINUTE_MS
  const windowEnd = new Date(start + MINUTE_MS)
  const key = `registration:${networkOf(request.ip)}`
  const reservation = { key, windowStart: new Date(start), windowEnd, limit: REGISTRATIONS_PER_MINUTE }
  const { admitted } = await storage.limits.admit([reservation])
  if (admitted) return
  const seconds = Math.max(1, Math.ceil((windowEnd.getTime() - now().getTime()) / 1000))
  throw new HttpError(429, 'rate_limited', 'Too many registrations; wait for as long as Retry-After says.', {
    headers: { 'retry-after': String(seconds) },
  })
}
