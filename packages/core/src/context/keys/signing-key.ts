import { constants, createPrivateKey, type SigningOptions, sign } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import type { SigningAlgorithm, SigningKey } from '../../model/authorization.ts'
import type { JsonWebKey } from '../../model/json-web-key.ts'

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
  readonly options?: SigningOptions
  /** Makes what JWS wants of what OpenSSL gives. */
  readonly encode?: (signature: Buffer) => Buffer
}

/** RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1. */
const SCHEMES: Readonly<Record<SigningAlgorithm, Scheme>> = {
  RS256: { hash: 'sha256' },
  PS256: { hash: 'sha256', options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } },
  ES256: { hash: 'sha256', encode: sideBySide },
  EdDSA: { hash: null },
}

/**
 * Signs in this thread: through WebCrypto, as jose does it, or in the thread pool an ES256 or EdDSA signature costs two to three
 * times as much. RSA (0.3 ms) gains less, and loses nothing.
 *
 * Without options, wherever it can: of a key that comes with any, Node 24 finds out by two exceptions, each with its stack, that
 * the object around it is no key, and that takes longer than the signature. So ES256 does without `dsaEncoding`.
 */
export function signerOf(alg: SigningAlgorithm, privateJwk: JsonWebKey): Signer {
  const { hash, options, encode = signature => signature } = SCHEMES[alg]
  const key = createPrivateKey({ key: privateJwk, format: 'jwk' })
  const input = options === undefined ? key : { key, ...options }
  return data => encode(sign(hash, data, input))
}

/** The length of R, and of S, on the curve P-256. */
const HALF = 32

/** ECDSA as JWS has it (RFC 7518 section 3.4), out of a SEQUENCE of two INTEGERs (RFC 3279 section 2.2.3). */
function sideBySide(der: Buffer): Buffer {
  const signature = Buffer.alloc(2 * HALF)
  let integer = 2
  for (const end of [HALF, 2 * HALF]) {
    const start = integer + 2
    const next = start + (der[integer + 1] as number)
    // A number may be shorter than its place, or longer by the zero that keeps it positive.
    const digits = der.subarray(Math.max(start, next - HALF), next)
    digits.copy(signature, end - digits.length)
    integer = next
  }
  return signature
}

/** How long a signature is (RFC 7518 sections 3.3 to 3.5): an encoding other than the one of JWS shows itself by it. */
export function signatureBytes(alg: SigningAlgorithm, publicJwk: JsonWebKey): number {
  if (alg === 'ES256' || alg === 'EdDSA') return 64
  return Buffer.from(String(publicJwk.n), 'base64url').length
}
