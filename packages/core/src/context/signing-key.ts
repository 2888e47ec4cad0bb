import { constants, createPrivateKey, type SigningOptions, sign } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import type { SigningAlgorithm, SigningKey } from '../model/authorization.ts'
import type { JsonWebKey } from '../model/json-web-key.ts'

/** Makes the signature over the bytes of a JWS signing input (RFC 7515 section 5.1). */
export type Signer = (data: Uint8Array) => Uint8Array | Promise<Uint8Array>

/** A signing key whose private half has yet to be sealed. */
export interface NewSigningKey extends SigningKey {
  readonly privateJwk: JsonWebKey
}

/** Makes a key. Its `kid` is its thumbprint (RFC 7638), so no two keys share one. */
export async function newSigningKey(
  alg: SigningAlgorithm,
  times: Pick<SigningKey, 'createdAt' | 'activeAt'>,
): Promise<NewSigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 })
  const publicJwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  const members = { kid, alg, use: 'sig' }
  return {
    ...times,
    kid,
    alg,
    publicJwk: { ...publicJwk, ...members } as JsonWebKey,
    privateJwk: { ...(await exportJWK(privateKey)), ...members } as JsonWebKey,
    retiredAt: undefined,
  }
}

interface Scheme {
  /** Ed25519 hashes by itself. */
  readonly hash: string | null
  readonly options: SigningOptions
}

/** RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1. */
const SCHEMES: Readonly<Record<SigningAlgorithm, Scheme>> = {
  RS256: { hash: 'sha256', options: {} },
  PS256: { hash: 'sha256', options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } },
  ES256: { hash: 'sha256', options: { dsaEncoding: 'ieee-p1363' } },
  EdDSA: { hash: null, options: {} },
}

/**
 * Signs in this thread: an ES256 or EdDSA signature costs 60 to 70 microseconds so, and half as much again in the thread pool;
 * through WebCrypto, as jose does it, the double. RSA (0.4 ms) gains less, and loses nothing.
 */
export function signerOf(alg: SigningAlgorithm, privateJwk: JsonWebKey): Signer {
  const { hash, options } = SCHEMES[alg]
  const key = createPrivateKey({ key: privateJwk, format: 'jwk' })
  const input = { key, ...options }
  return data => sign(hash, data, input)
}

/** How long a signature is (RFC 7518 sections 3.3 to 3.5): an encoding other than the one of JWS shows itself by it. */
export function signatureBytes(alg: SigningAlgorithm, publicJwk: JsonWebKey): number {
  if (alg === 'ES256' || alg === 'EdDSA') return 64
  return Buffer.from(String(publicJwk.n), 'base64url').length
}
