import { createHmac } from 'node:crypto'
import {
  type CryptoKey,
  calculateJwkThumbprint,
  compactVerify,
  decodeProtectedHeader,
  importJWK,
  type JWK,
} from 'jose'
import { HttpError } from '../../errors.ts'
import type { HttpHeaders } from '../../http/request.ts'
import { constantTimeEqual, sha256 } from '../../lib/hash.ts'
import { sameHttpUri } from '../../lib/http-uri.ts'
import { VERIFIED_ALGORITHMS } from '../clients/profiles.ts'
import type { Context } from '../context.ts'

/** What may sign a proof: asymmetric algorithms alone (RFC 9449 section 4.3, check 5). */
export const DPOP_ALGORITHMS = VERIFIED_ALGORITHMS

/** How far a proof's `iat` may be from our clock, in either direction. */
const WINDOW_SECONDS = 60
/** How long one nonce is given out; it is accepted in the slot before and after its own too. */
const NONCE_SLOT_SECONDS = 120
/** Of a JSON Web Key, what makes the public key (RFC 7638 section 3.2). */
const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const
/** What makes a private or a symmetric one (RFC 7518 section 6). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const

/** The request that a proof is about. */
export interface DpopRequest {
  readonly headers: HttpHeaders
  readonly method: string
  /** The request's address as the caller should see it. */
  readonly url: string
  /** The token that the proof goes with, at a resource (RFC 9449 section 7). */
  readonly accessToken?: string
  /** Whether the proof must carry a nonce of this server. Default: as configured. */
  readonly nonceRequired?: boolean
  /** What may sign it. Default {@link DPOP_ALGORITHMS}. */
  readonly algorithms?: readonly string[]
}

/**
 * Checks a request's DPoP proof (RFC 9449 section 4.3).
 * @returns the thumbprint of the key that was proven (`jkt`); `undefined` when the request carries no proof
 * @throws {HttpError} 400 `invalid_dpop_proof`, 400 `use_dpop_nonce` with the field `dpop-nonce`
 */
export async function verifyDpopProof(context: Context, request: DpopRequest): Promise<string | undefined> {
  const proof = request.headers.dpop
  if (proof === undefined) return undefined
  // Node joins repeated fields by a comma, which no JWT holds.
  if (typeof proof !== 'string' || proof.includes(',')) throw invalidProof('Send exactly one DPoP proof.')

  const { jwk, claims } = await open(proof, request.algorithms ?? DPOP_ALGORITHMS)
  const { jti, htm, htu, iat, nonce, ath } = claims
  if (typeof jti !== 'string' || jti === '') throw invalidProof('The DPoP proof has no jti.')
  if (htm !== request.method)
    throw invalidProof('The htm of the DPoP proof is not the method of this request.')
  if (typeof htu !== 'string' || !addressesOf(context, request.url).some(url => sameHttpUri(htu, url))) {
    throw invalidProof('The htu of the DPoP proof is not the address of this request.')
  }
  if (typeof iat !== 'number') throw invalidProof('The DPoP proof has no iat.')
  if (request.accessToken !== undefined) {
    if (typeof ath !== 'string' || !constantTimeEqual(ath, sha256(request.accessToken))) {
      throw invalidProof('The ath of the DPoP proof is not the hash of the access token.')
    }
  }
  const now = context.now()
  const nonceRequired = request.nonceRequired ?? context.config.oauth.requireDpopNonce
  const until = await freshUntil(context, { nonce, iat }, nonceRequired, now)
  const jkt = await calculateJwkThumbprint(jwk)
  // Last, so that nobody without the key can use up a jti.
  if (!(await context.storage.replays.remember(`dpop ${jkt} ${jti}`, until, now))) {
    throw invalidProof('The DPoP proof was used before. Make a new one for each request.')
  }
  return jkt
}

/** Our own endpoints may have another address where clients show certificates (RFC 8705 section 5). */
function addressesOf({ config }: Context, url: string): readonly string[] {
  const { issuer, oauth } = config
  const isOurs = issuer !== undefined && url.startsWith(`${issuer}/`)
  if (oauth.mtlsBaseUrl === undefined || !isOurs) return [url]
  return [url, oauth.mtlsBaseUrl + url.slice(issuer.length)]
}

/** A nonce for the next proof (RFC 9449 section 8): of the time, by a secret that all processes share; nothing is stored. */
export async function dpopNonce(context: Context): Promise<string> {
  return nonceOf(context, slotAt(context.now()))
}

/**
 * The field by which whoever uses nonces gets the next one with an answer, and not only when the last has ended (RFC 9449
 * sections 8.2 and 9); `undefined` for everybody else.
 */
export async function nextNonceField(
  context: Context,
  { dpop }: HttpHeaders,
): Promise<Readonly<Record<string, string>> | undefined> {
  if (dpop === undefined || !(context.config.oauth.requireDpopNonce || carriesNonce(dpop))) return undefined
  return { 'dpop-nonce': await dpopNonce(context) }
}

/** Until when a proof could be presented again; what is stale already is refused. */
async function freshUntil(
  context: Context,
  { nonce, iat }: { nonce: unknown; iat: number },
  nonceRequired: boolean,
  now: Date,
): Promise<Date> {
  const seconds = now.getTime() / 1000
  if (nonce !== undefined) {
    const end = typeof nonce === 'string' ? await nonceEnd(context, nonce, now) : undefined
    if (end === undefined)
      throw await useNonce(context, 'The nonce of the DPoP proof is not, or no longer, good.')
    // It proves when the proof was made better than the client's clock does (RFC 9449 section 11.1).
    return end
  }
  if (nonceRequired)
    throw await useNonce(context, 'Put the nonce of the DPoP-Nonce header into the DPoP proof.')
  if (Math.abs(seconds - iat) > WINDOW_SECONDS) {
    throw invalidProof('The iat of the DPoP proof is too far from now.', {
      'dpop-nonce': await dpopNonce(context),
    })
  }
  return new Date((iat + WINDOW_SECONDS + 1) * 1000)
}

interface Opened {
  readonly jwk: JWK
  readonly claims: Readonly<Record<string, unknown>>
}

async function open(proof: string, algorithms: readonly string[]): Promise<Opened> {
  try {
    const { typ, alg, jwk } = decodeProtectedHeader(proof)
    if (typ !== 'dpop+jwt') throw invalidProof('The typ of the DPoP proof must be dpop+jwt.')
    if (typeof alg !== 'string' || !algorithms.includes(alg)) {
      throw invalidProof(`The alg of the DPoP proof must be one of: ${algorithms.join(', ')}.`)
    }
    const publicJwk = publicHalf(jwk)
    const { payload } = await compactVerify(proof, (await importJWK(publicJwk, alg)) as CryptoKey, {
      algorithms: [alg],
    })
    const claims: unknown = JSON.parse(new TextDecoder().decode(payload))
    if (typeof claims !== 'object' || claims === null) throw invalidProof('The DPoP proof holds no claims.')
    return { jwk: publicJwk, claims: claims as Record<string, unknown> }
  } catch (error) {
    if (error instanceof HttpError) throw error
    throw invalidProof('The DPoP proof is not a JWT that the key in its header signed.')
  }
}

function publicHalf(jwk: unknown): JWK {
  if (typeof jwk !== 'object' || jwk === null) throw invalidProof('The DPoP proof has no jwk in its header.')
  const given = jwk as Readonly<Record<string, unknown>>
  if (PRIVATE_MEMBERS.some(member => Object.hasOwn(given, member))) {
    throw invalidProof(
      'The jwk of the DPoP proof must be a public key. The one sent is known to others by now.',
    )
  }
  const members = PUBLIC_MEMBERS.flatMap(member =>
    given[member] === undefined ? [] : [[member, given[member]]],
  )
  return Object.fromEntries(members) as JWK
}

function slotAt(time: Date): number {
  return Math.floor(time.getTime() / 1000 / NONCE_SLOT_SECONDS)
}

async function nonceOf(context: Context, slot: number): Promise<string> {
  const secret = await context.keys.secret('dpop-nonce')
  const mac = createHmac('sha256', secret).update(String(slot)).digest('base64url')
  return `${slot.toString(36)}.${mac}`
}

/** When a nonce of ours ends; `undefined` when it is none, or has ended. A slot ahead is the clock of another process. */
async function nonceEnd(context: Context, nonce: string, now: Date): Promise<Date | undefined> {
  const slot = Number.parseInt(nonce, 36)
  if (!(Math.abs(slot - slotAt(now)) <= 1)) return undefined
  if (!constantTimeEqual(nonce, await nonceOf(context, slot))) return undefined
  return new Date((slot + 2) * NONCE_SLOT_SECONDS * 1000)
}

function carriesNonce(proof: string | readonly string[]): boolean {
  try {
    const payload = String(proof).split('.')[1] ?? ''
    return JSON.parse(Buffer.from(payload, 'base64url').toString()).nonce !== undefined
  } catch {
    return false
  }
}

async function useNonce(context: Context, message: string): Promise<HttpError> {
  return new HttpError(400, 'use_dpop_nonce', message, {
    headers: { 'dpop-nonce': await dpopNonce(context) },
  })
}

function invalidProof(message: string, headers: Record<string, string> = {}): HttpError {
  return new HttpError(400, 'invalid_dpop_proof', message, { headers })
}
