import type { Context } from '../../context/context.ts'
import type { Call } from '../../context/endpoint.ts'
import { trialOf } from '../../context/protection/call-trial.ts'
import { sha256 } from '../../lib/hash.ts'
import { addressText } from '../../lib/ip.ts'
import type { CredentialFacts } from '../../storage/clients.ts'
import type { OwnedClient } from './proof.ts'

interface Credentials {
  readonly clientId: string
  readonly secret: string
}

/** How proofs that concern no domain are kept beside those that do; no header field can say this. */
const NO_DOMAIN = '\n'

/**
 * `client_secret_basic` and `client_secret_post` (RFC 6749 section 2.3.1). An unknown client and a wrong secret are one empty
 * lookup; a secret that was proven before needs none.
 * @throws {HttpError} 429 `too_many_attempts`
 */
export async function proveSecret(
  context: Context,
  { clientId, secret: value }: Credentials,
  call: Call,
): Promise<OwnedClient | undefined> {
  const readAt = context.callers.epoch
  const known = context.callers.get(clientId, NO_DOMAIN, value)
  const facts = known ?? (await prove(context, clientId, value, call))
  const now = context.now()
  if (facts === undefined || facts.secret.revokedAt !== undefined) return undefined
  if (facts.secret.expiresAt !== undefined && facts.secret.expiresAt <= now) return undefined
  const ip = addressText(call.request.ip)
  if (known === undefined) {
    const caller = { ...facts, allowsIp: () => true, stated: NO_DOMAIN, usedFrom: ip }
    context.callers.set(NO_DOMAIN, value, caller, readAt)
  } else if (known.usedFrom !== ip) {
    known.usedFrom = ip
    context.protection.usedFrom(known, ip)
  }
  context.meter.touch(facts.secret.id, now)
  return facts
}

async function prove(
  { storage, protection }: Context,
  clientId: string,
  value: string,
  call: Call,
): Promise<CredentialFacts | undefined> {
  const trial = trialOf(call, { purpose: 'secret', subject: clientId, clientId })
  const hash = sha256(value)
  protection.check(trial, hash)
  const facts = await storage.clients.facts(clientId, hash, undefined)
  if (facts === undefined) await protection.failed(trial)
  else protection.proven(trial, facts)
  return facts
}

/** The credentials in a Basic Authorization header (RFC 7617); `undefined` when it holds none. */
export function readBasic(authorization: string): Credentials | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+=*) *$/i.exec(authorization)?.[1]
  if (encoded === undefined) return undefined
  const decoded = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon < 1) return undefined
  // RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
  const clientId = formDecode(decoded.slice(0, colon))
  const secret = formDecode(decoded.slice(colon + 1))
  return clientId === undefined || secret === undefined ? undefined : { clientId, secret }
}

function formDecode(text: string): string | undefined {
  // Our own ids and secrets have nothing to decode.
  if (!/[%+]/.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    // A stray percent sign: not form-encoded.
    return undefined
  }
}
