import { sha256 } from '../../lib/hash.ts'
import { randomToken } from '../../lib/random.ts'
import type { Interaction } from '../../model/authorization.ts'
import type { Context } from '../context.ts'
import type { SignedIn } from '../sign-in/session.ts'

/** Stores a one-time code about a finished sign-in, and gives its value, which is kept nowhere. */
export async function createCode(
  context: Context,
  { flow, clientId, domainId, redirectUri, scopes, parameters }: Interaction,
  { session, user }: SignedIn,
  lifetimeSeconds: number,
): Promise<string> {
  const value = randomToken()
  const createdAt = context.now()
  await context.storage.codes.create({
    hash: sha256(value),
    flow,
    clientId,
    domainId,
    sub: user.sub,
    sid: session.sid,
    authenticatedAt: session.authenticatedAt,
    amr: session.amr,
    redirectUri,
    scopes,
    parameters,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + lifetimeSeconds * 1000),
  })
  return value
}
