import type { Context, KnownCaller } from '../context/context.ts'
import { constantTimeEqual, sha256 } from '../lib/hash.ts'
import { ipMatcher } from '../lib/ip.ts'
import type { Secret } from '../model/client.ts'
import type { Credentials } from './credentials.ts'

/** A caller whose secret is one of its client's. */
export interface ProvenCaller {
  readonly known: KnownCaller
  readonly secret: Secret
}

/** A hash that no secret has, compared against when there is no client, so that the work is the same. */
const NO_SECRETS = [{ hash: 'x'.repeat(43) }] as const

/**
 * Finds the client and proves its secret; `undefined` when either is wrong. Both failures read the storage once, hash
 * once and compare: nothing in the time or the answer tells which it was.
 */
export async function proveCaller(
  context: Context,
  credentials: Credentials,
): Promise<ProvenCaller | undefined> {
  const { clientId, clientSecret, domain } = credentials
  const cached = context.callers.get(clientId, domain, clientSecret)
  if (cached) {
    const secret = cached.caller.secrets.find(candidate => candidate.id === cached.secretId)
    if (secret) return { known: cached.caller, secret }
  }
  const readAt = context.callers.epoch
  const facts = await context.storage.clients.facts(clientId, domain)
  const hash = sha256(clientSecret)
  let secret: Secret | undefined
  for (const candidate of facts?.secrets ?? [])
    if (constantTimeEqual(hash, candidate.hash)) secret = candidate
  if (facts === undefined) constantTimeEqual(hash, NO_SECRETS[0].hash)
  if (facts === undefined || secret === undefined) return undefined
  const known: KnownCaller = { ...facts, allowsIp: ipMatcher(facts.domain?.ipAllowlist ?? []) }
  context.callers.set(domain, clientSecret, secret.id, known, readAt)
  return { known, secret }
}
