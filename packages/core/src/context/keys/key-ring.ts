import { type CryptoKey, compactVerify, decodeProtectedHeader, importJWK, type JWTPayload } from 'jose'
import type { Config } from '../../config/config.ts'
import type { HostSigningKey, Logger } from '../../config/options.ts'
import { HttpError, StorageUnavailableError } from '../../errors.ts'
import { isJsonObject, parseJson } from '../../lib/json.ts'
import { SIGNING_ALGORITHMS, type SigningAlgorithm, type SigningKey } from '../../model/authorization.ts'
import type { JsonWebKey } from '../../model/json-web-key.ts'
import {
  createdAfter,
  KEY_REFRESH_SECONDS,
  retirement,
  rotationAudit,
  successorStart,
} from './key-rotation.ts'
import { createKeySeal, newSharedSecret } from './key-seal.ts'
import { newSigningKey, type Signer, signatureBytes, signerOf } from './signing-key.ts'

/**
 * The installation's keys. They live in the storage, so every process signs with the same ones; but for those that the host
 * holds.
 */
export interface KeyRing {
  /** Signs claims as a compact JWS whose header names the key. `typ` is left out unless given. */
  sign(
    alg: SigningAlgorithm,
    header: { readonly typ?: string },
    claims: Readonly<Record<string, unknown>>,
  ): Promise<string>
  /** The public keys as a JWK Set (RFC 7517 section 5): those that sign, those that will, and those that did. */
  jwks(): Promise<{ readonly keys: readonly JsonWebKey[] }>
  /** The claims of a JWT that a published key of ours signed, expired or not; `undefined` for any other. */
  verifyOwn(jwt: string): Promise<JWTPayload | undefined>
  /** 32 random bytes that every process shares, by name, made when they are first asked for. */
  secret(name: string): Promise<Uint8Array>
  /** What it can sign with. */
  algorithms(): readonly SigningAlgorithm[]
}

/** A key that is ready to sign. */
interface RingKey extends Pick<SigningKey, 'kid' | 'alg' | 'publicJwk' | 'activeAt' | 'retiredAt'> {
  /** Or why it cannot sign. */
  readonly signer: Signer | StorageUnavailableError
  /** The encoded header by `typ`: it is the same for every token. */
  readonly headers: Map<string | undefined, string>
}

export function createKeyRing(config: Config): KeyRing & {
  /**
   * Makes sure that every algorithm has a key that can sign.
   * @throws {StorageUnavailableError} when a key cannot be opened, with a sentence that says what to do
   */
  ready(): Promise<void>
  close(): void
} {
  const { storage, logger, now } = config
  const seal = createKeySeal(config.keys.encryptionSecrets)
  const hosted = config.keys.hosted.map(key => hostedRingKey(key, logger))
  const made = SIGNING_ALGORITHMS.filter(alg => !hosted.some(key => key.alg === alg))
  const opened = new Map<string, RingKey>()
  const verifiers = new Map<string, Promise<CryptoKey>>()
  const secrets = new Map<string, Promise<Uint8Array>>()
  let loading: Promise<readonly RingKey[]> | undefined
  let loadedAt = 0
  let rotating = false

  const unsubscribe = storage.changes.subscribe(({ kind }) => {
    if (kind === 'signing_key' || kind === 'everything') loading = undefined
  })

  function keys(): Promise<readonly RingKey[]> {
    const time = now().getTime()
    if (loading === undefined || time - loadedAt > KEY_REFRESH_SECONDS * 1000) {
      loadedAt = time
      loading = load().catch(error => {
        loading = undefined
        throw error
      })
    }
    return loading
  }

  async function load(): Promise<readonly RingKey[]> {
    const time = now()
    const stored = await storage.keys.list(time)
    // All of them together: whoever keeps the published set for a while knows every key that there will be in that while.
    const missing = made.filter(alg => !stored.some(key => key.alg === alg))
    const standing =
      missing.length === 0 ? stored : await storage.keys.ensure(await make(missing, time), time)
    rotateInBackground(standing, time)
    const ready = await Promise.all(standing.map(open))
    return [...ready, ...hosted]
  }

  function make(algorithms: readonly SigningAlgorithm[], time: Date): Promise<SigningKey[]> {
    return Promise.all(algorithms.map(alg => sealedKey(alg, { createdAt: time, activeAt: time })))
  }

  async function sealedKey(
    alg: SigningAlgorithm,
    times: Pick<SigningKey, 'createdAt' | 'activeAt'>,
  ): Promise<SigningKey> {
    const key = await newSigningKey(alg, times)
    return { ...key, privateJwk: await seal.sealPrivateKey(key.kid, key.privateJwk) }
  }

  async function open(key: SigningKey): Promise<RingKey> {
    const { kid, alg, publicJwk, activeAt, retiredAt } = key
    const known = opened.get(kid)
    // Once open, it stays open: another process may have a newer secret already, and have sealed it with that.
    if (known !== undefined) return { ...known, activeAt, retiredAt }
    const ready = { kid, alg, publicJwk, activeAt, retiredAt, headers: new Map() }
    try {
      const openedKey = { ...ready, signer: signerOf(alg, await unseal(key)) }
      opened.set(kid, openedKey)
      return openedKey
    } catch (error) {
      if (!(error instanceof StorageUnavailableError)) throw error
      // It is published all the same; an older one may sign in its place.
      logger.error({ error, kid, alg }, error.message)
      return { ...ready, signer: error }
    }
  }

  async function unseal({ kid, privateJwk: stored }: SigningKey): Promise<JsonWebKey> {
    const privateJwk = await seal.openPrivateKey(kid, stored)
    if (!seal.isCurrent(stored)) {
      await storage.keys.reseal(kid, stored, await seal.sealPrivateKey(kid, privateJwk))
    }
    return privateJwk
  }

  /** Nobody waits for it: there is time enough between a key's publication and its first signature. */
  function rotateInBackground(standing: readonly SigningKey[], time: Date): void {
    const due = made.flatMap(alg => {
      const newest = standing.findLast(key => key.alg === alg)
      return newest && successorStart(newest, config.keys, time) ? [newest] : []
    })
    if (rotating || due.length === 0) return
    rotating = true
    Promise.all(due.map(succeed))
      // What is published now has changed, here or by another process that was first.
      .then(() => {
        loading = undefined
      })
      .catch(error => logger.error({ error }, 'The signing keys could not be rotated; this is tried again.'))
      .finally(() => {
        rotating = false
      })
  }

  async function succeed(newest: SigningKey): Promise<void> {
    const made = await sealedKey(newest.alg, { createdAt: newest.createdAt, activeAt: newest.activeAt })
    // Only now: making a key takes its time, and verifiers are promised all of theirs.
    const time = now()
    const start = successorStart(newest, config.keys, time) ?? time
    const successor = { ...made, createdAt: createdAfter(newest, time), activeAt: start }
    const retiredAt = retirement(config, start)
    const author = { now: time, actor: 'xwms', ip: undefined }
    const audit = rotationAudit(author, newest, retiredAt, successor)
    if (await storage.keys.succeed(newest.kid, retiredAt, successor, audit)) {
      logger.info(
        { kid: successor.kid, alg: successor.alg, activeAt: start },
        'The next signing key is published.',
      )
    }
  }

  async function published(): Promise<readonly RingKey[]> {
    const known = await keys()
    const time = now()
    return known.filter(key => isPublished(key, time))
  }

  async function readSecret(name: string): Promise<Uint8Array> {
    const stored = await storage.keys.secret(name, await seal.sealSecret(name, newSharedSecret()))
    const secret = await seal.openSecret(name, stored)
    if (!seal.isCurrent(stored)) {
      await storage.keys.resealSecret(name, stored, await seal.sealSecret(name, secret))
    }
    return secret
  }

  /** @throws {StorageUnavailableError} when there is one, but none that can be opened */
  async function signingKey(alg: SigningAlgorithm): Promise<RingKey & { readonly signer: Signer }> {
    const known = await keys()
    // Only now: a key that was just made is active from a moment after the question.
    const time = now()
    const active = known.filter(key => key.alg === alg && key.activeAt <= time && isPublished(key, time))
    const key = active.findLast(canSign)
    if (key !== undefined) return key
    const problem = active.at(-1)?.signer
    throw problem instanceof Error ? problem : new Error(`There is no active ${alg} key.`)
  }

  return {
    async ready() {
      await Promise.all(SIGNING_ALGORITHMS.map(signingKey))
    },
    async sign(alg, { typ }, claims) {
      const key = await signingKey(alg)
      const header = key.headers.get(typ) ?? encode({ alg, ...(typ !== undefined && { typ }), kid: key.kid })
      key.headers.set(typ, header)
      const input = `${header}.${encode(claims)}`
      const signature = await key.signer(Buffer.from(input))
      const bytes = Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength)
      return `${input}.${bytes.toString('base64url')}`
    },
    async jwks() {
      return { keys: (await published()).map(key => key.publicJwk) }
    },
    async verifyOwn(jwt) {
      const known = await published()
      try {
        const { kid } = decodeProtectedHeader(jwt)
        const key = known.find(candidate => candidate.kid === kid)
        if (key === undefined) return undefined
        const verifier = verifiers.get(key.kid) ?? (importJWK(key.publicJwk, key.alg) as Promise<CryptoKey>)
        verifiers.set(key.kid, verifier)
        const { payload } = await compactVerify(jwt, await verifier, { algorithms: [key.alg] })
        const claims = parseJson(Buffer.from(payload).toString())
        return isJsonObject(claims) ? (claims as JWTPayload) : undefined
      } catch {
        return undefined
      }
    },
    secret(name) {
      const secret = secrets.get(name) ?? readSecret(name)
      if (!secrets.has(name)) {
        secrets.set(name, secret)
        // A failure is not remembered.
        secret.catch(() => secrets.delete(name))
      }
      return secret
    },
    algorithms: () => SIGNING_ALGORITHMS,
    close: unsubscribe,
  }
}

function isPublished({ retiredAt }: RingKey, time: Date): boolean {
  return retiredAt === undefined || retiredAt > time
}

function canSign(key: RingKey): key is RingKey & { readonly signer: Signer } {
  return typeof key.signer === 'function'
}

/** A key of the host's: the last in the list, and there from the beginning. */
function hostedRingKey(key: HostSigningKey, logger: Logger): RingKey {
  const { kid, alg } = key
  const expected = signatureBytes(alg, key.publicJwk)
  return {
    kid,
    alg,
    publicJwk: { ...key.publicJwk, kid, alg, use: 'sig' },
    activeAt: new Date(0),
    retiredAt: undefined,
    headers: new Map(),
    async signer(data) {
      try {
        const signature = await key.sign(data)
        if (signature.length === expected) return signature
        throw new Error(
          `The signature has ${signature.length} bytes in place of ${expected}. Return it as JWS has it (RFC 7518 section 3), ECDSA as R and S side by side.`,
        )
      } catch (error) {
        logger.error({ error, kid, alg }, 'The host could not sign with the key that it holds.')
        throw new HttpError(
          503,
          'temporarily_unavailable',
          'Nothing can be signed for the moment. Try again soon.',
          {
            headers: { 'retry-after': '5' },
            cause: error,
          },
        )
      }
    },
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
