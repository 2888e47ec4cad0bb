import type { Context, KnownCaller } from '../context/context.ts'
import { sha256 } from '../lib/hash.ts'
import { ipMatcher } from '../lib/ip.ts'
import type { Credentials } from './credentials.ts'

/**
 * Finds the client and proves its secret; `undefined` when either is wrong. Both failures hash once and end at the same
 * empty lookup: nothing in the time or the answer tells which it was.
 */
export async function proveCaller(
  context: Context,
  credentials: Credentials,
): Promise<KnownCaller | undefined> {
  const { clientId, clientSecret, domain } = credentials
  const cached = context.callers.get(clientId, domain, clientSecret)
  if (cached) return cached
  const readAt = context.callers.epoch
  const facts = await context.storage.clients.facts(clientId, sha256(clientSecret), domain)
  if (facts === undefined) return undefined
  const known: KnownCaller = { ...facts, allowsIp: ipMatcher(facts.domain?.ipAllowlist ?? []) }
  context.callers.set(domain, clientSecret, known, readAt)
  return known
}
