import type { Context, KnownCaller } from '../context/context.ts'
import { sha256 } from '../lib/hash.ts'
import { ipMatcher } from '../lib/ip.ts'
import type { Credentials } from './credentials.ts'
import { type Asking, guardTrial } from './trial.ts'

/**
 * Finds the client and proves its secret; `undefined` when either is wrong. Both failures hash once and end at the same
 * empty lookup: nothing in the time or the answer tells which it was.
 * @throws {HttpError} 429 `too_many_attempts`
 */
export async function proveCaller(
  context: Context,
  credentials: Credentials,
  request: Asking,
  requestId: string,
): Promise<KnownCaller | undefined> {
  const { clientId, clientSecret, domain } = credentials
  const cached = context.callers.get(clientId, domain, clientSecret)
  if (cached) return cached
  const readAt = context.callers.epoch
  const trial = guardTrial('secret', clientId, request, requestId)
  const hash = sha256(clientSecret)
  context.protection.check(trial, hash)
  const facts = await context.storage.clients.facts(clientId, hash, domain)
  if (facts === undefined) {
    await context.protection.failed(trial)
    return undefined
  }
  context.protection.proven(trial, facts)
  const known: KnownCaller = { ...facts, allowsIp: ipMatcher(facts.domain?.ipAllowlist ?? []) }
  context.callers.set(domain, clientSecret, known, readAt)
  return known
}
