import type { Context, KnownCaller } from '../context/context.ts'
import { type Asking, guardTrial } from '../context/protection/guard-trial.ts'
import { StorageUnavailableError } from '../errors.ts'
import type { HttpHeaders } from '../http/request.ts'
import { sha256 } from '../lib/hash.ts'
import { ipMatcher } from '../lib/ip.ts'
import type { CredentialFacts } from '../storage/clients.ts'
import type { Credentials } from './credentials.ts'

/**
 * A caller who was proven before by the same three headers, from memory. What is known by heart need not be checked for its form:
 * it had to be well formed to be proven.
 * @param now in milliseconds
 */
export function knownCaller(context: Context, headers: HttpHeaders, now: number): KnownCaller | undefined {
  const clientId = headers['x-client-id']
  const secret = headers['x-client-secret']
  const stated = headers['x-client-domain']
  if (typeof clientId !== 'string' || typeof secret !== 'string' || typeof stated !== 'string')
    return undefined
  return context.outage.serves(now)
    ? context.callers.getKept(clientId, stated, secret)
    : context.callers.get(clientId, stated, secret)
}

/**
 * Finds the client and proves its secret; `undefined` when either is wrong. Both failures hash once and end at the same
 * empty lookup: nothing in the time or the answer tells which it was.
 * @throws {HttpError} 429 `too_many_attempts`
 */
export async function proveCaller(
  context: Context,
  { clientId, clientSecret, domain }: Credentials,
  request: Asking,
  requestId: string,
): Promise<KnownCaller | undefined> {
  const readAt = context.callers.epoch
  const stated = String(request.headers['x-client-domain'])
  const trial = guardTrial('secret', clientId, request, requestId)
  const hash = sha256(clientSecret)
  context.protection.check(trial, hash)
  const facts = await factsOf(context, () => context.storage.clients.facts(clientId, hash, domain))
  if (facts === 'away') {
    const kept = context.callers.getKept(clientId, stated, clientSecret)
    if (kept === undefined)
      throw new StorageUnavailableError('The storage is away, and the caller is not known.')
    return kept
  }
  if (facts === undefined) {
    await context.protection.failed(trial)
    return undefined
  }
  context.protection.proven(trial, facts)
  const known: KnownCaller = {
    ...facts,
    allowsIp: ipMatcher(facts.domain?.ipAllowlist ?? []),
    stated: domain,
    usedFrom: trial.ip,
  }
  context.callers.set(stated, clientSecret, known, readAt)
  return known
}

/** Facts; or `away`, where the storage cannot be asked and what is in memory serves instead. */
async function factsOf(
  context: Context,
  ask: () => Promise<CredentialFacts | undefined>,
): Promise<CredentialFacts | 'away' | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (context.outage.explains(error, context.now().getTime())) return 'away'
    throw error
  }
}
