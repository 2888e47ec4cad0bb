import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import type { SigningKey } from '../model/authorization.ts'
import type { Storage } from '../storage/storage.ts'

/** A key that is ready to sign. */
export interface Signer {
  readonly kid: string
  readonly alg: SigningKey['alg']
  readonly privateKey: CryptoKey
}

/** The installation's signing keys. They live in the storage, so every process signs with the same ones. */
export interface KeyRing {
  /** The active key for an algorithm. */
  signer(alg: SigningKey['alg']): Promise<Signer>
  /** The public keys as a JWK Set (RFC 7517 section 5). */
  jwks(): Promise<{ readonly keys: readonly JWK[] }>
}

/** OpenID Connect asks for RS256 (Discovery section 3); ES256 is what a client may choose beside it. */
const ALGORITHMS = ['RS256', 'ES256'] as const

/** How long keys are believed before the storage is asked again, so that a rotation reaches every process. */
const REFRESH_SECONDS = 60

export function createKeyRing(storage: Storage, now: () => Date): KeyRing {
  let loading: Promise<readonly SigningKey[]> | undefined
  let loadedAt = 0
  const signers = new Map<string, Promise<Signer>>()

  function keys(): Promise<readonly SigningKey[]> {
    const time = now().getTime()
    if (loading === undefined || time - loadedAt > REFRESH_SECONDS * 1000) {
      loadedAt = time
      loading = load(storage, now()).catch(error => {
        loading = undefined
        throw error
      })
    }
    return loading
  }

  return {
    async signer(alg) {
      const known = await keys()
      // Only now: a key that was just made is active from a moment after the question.
      const time = now()
      const key = known.findLast(candidate => candidate.alg === alg && candidate.activeAt <= time)
      if (key === undefined) throw new Error(`There is no active ${alg} key.`)
      const signer = signers.get(key.kid) ?? prepare(key)
      signers.set(key.kid, signer)
      return signer
    },
    async jwks() {
      return { keys: (await keys()).map(key => key.publicJwk as JWK) }
    },
  }
}

async function load(storage: Storage, now: Date): Promise<readonly SigningKey[]> {
  const stored = await storage.keys.list(now)
  const missing = ALGORITHMS.filter(alg => !stored.some(key => key.alg === alg))
  if (missing.length === 0) return stored
  return storage.keys.ensure(await Promise.all(missing.map(alg => generate(alg, now))), now)
}

async function generate(alg: SigningKey['alg'], now: Date): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 })
  const publicJwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  const members = { kid, alg, use: 'sig' }
  return {
    kid,
    alg,
    publicJwk: { ...publicJwk, ...members },
    privateJwk: { ...(await exportJWK(privateKey)), ...members },
    createdAt: now,
    activeAt: now,
    retiredAt: undefined,
  }
}

async function prepare(key: SigningKey): Promise<Signer> {
  const privateKey = (await importJWK(key.privateJwk as JWK, key.alg)) as CryptoKey
  return { kid: key.kid, alg: key.alg, privateKey }
}
