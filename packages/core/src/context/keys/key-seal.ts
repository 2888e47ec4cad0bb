import { hkdfSync, randomBytes } from 'node:crypto'
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose'
import { KeyUnavailableError } from '../../errors.ts'
import type { SigningKey } from '../../model/authorization.ts'
import type { JsonWebKey } from '../../model/json-web-key.ts'

// Private keys at rest are compact JWEs (RFC 7516) by `dir` and A256GCM. A secret is never the key itself: HKDF (RFC 5869)
// makes one from it for each thing that is sealed, so that what was sealed as one thing does not open as another.

/** Seals with the first of the host's secrets and opens with any of them. */
export interface KeySeal {
  sealPrivateKey(kid: string, privateJwk: JsonWebKey): Promise<SigningKey['privateJwk']>
  /** @throws {KeyUnavailableError} when none of the secrets opens it */
  openPrivateKey(kid: string, stored: SigningKey['privateJwk']): Promise<JsonWebKey>
  sealSecret(name: string, secret: Uint8Array): Promise<string>
  /** @throws {KeyUnavailableError} when none of the secrets opens it */
  openSecret(name: string, stored: string): Promise<Uint8Array>
  /** Whether it is kept as it would be kept now: sealed with the first secret, or plain where there is none. */
  isCurrent(stored: SigningKey['privateJwk'] | string): boolean
}

/** @param secrets random texts; none: everything is kept as it is */
export function createKeySeal(secrets: readonly string[]): KeySeal {
  const known = secrets.map(secret => ({ secret, id: derive(secret, 'id', 9).toString('base64url') }))
  const [current] = known

  async function seal(purpose: string, bytes: Uint8Array): Promise<string | undefined> {
    if (current === undefined) return undefined
    return new CompactEncrypt(bytes)
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: current.id })
      .encrypt(derive(current.secret, purpose, 32))
  }

  async function open(purpose: string, jwe: string): Promise<Uint8Array> {
    const id = secretIdOf(jwe)
    const found = known.find(candidate => candidate.id === id)
    if (found === undefined) throw cannotOpen(purpose, secrets.length)
    try {
      const options = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] }
      return (await compactDecrypt(jwe, derive(found.secret, purpose, 32), options)).plaintext
    } catch (error) {
      throw cannotOpen(purpose, secrets.length, error)
    }
  }

  return {
    async sealPrivateKey(kid, privateJwk) {
      const jwe = await seal(`signing key ${kid}`, Buffer.from(JSON.stringify(privateJwk)))
      return jwe === undefined ? privateJwk : { jwe }
    },
    async openPrivateKey(kid, stored) {
      if (!isSealed(stored)) return stored
      return JSON.parse(Buffer.from(await open(`signing key ${kid}`, stored.jwe)).toString())
    },
    async sealSecret(name, secret) {
      return (await seal(`shared secret ${name}`, secret)) ?? Buffer.from(secret).toString('base64url')
    },
    async openSecret(name, stored) {
      if (!isJwe(stored)) return Buffer.from(stored, 'base64url')
      return open(`shared secret ${name}`, stored)
    },
    isCurrent(stored) {
      const jwe = typeof stored === 'string' ? stored : isSealed(stored) ? stored.jwe : ''
      return isJwe(jwe) ? secretIdOf(jwe) === current?.id : current === undefined
    },
  }
}

/** Whether a private key is kept sealed. */
export function isSealed(stored: SigningKey['privateJwk']): stored is { readonly jwe: string } {
  return typeof stored.jwe === 'string'
}

/** 256 random bits, for a secret that every process shares. */
export function newSharedSecret(): Uint8Array {
  return randomBytes(32)
}

function derive(secret: string, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `xwms ${purpose}`, bytes))
}

/** Plain secrets are base64url, which has no dots. */
function isJwe(text: string): boolean {
  return text.includes('.')
}

/** Which secret sealed it: an id that tells nothing else about the secret. */
function secretIdOf(jwe: string): string | undefined {
  try {
    return decodeProtectedHeader(jwe).kid
  } catch {
    return undefined
  }
}

function cannotOpen(purpose: string, secrets: number, cause?: unknown): KeyUnavailableError {
  const found =
    secrets === 0 ? 'and there is no secret to open it with' : 'and none of the secrets given opens it'
  const remedy =
    'Put the secret that sealed it back into the option keys.encryptionSecrets, behind the one in use.'
  const loss = purpose.startsWith('signing key')
    ? ' If it is lost, xwms keys rotate --now makes new keys.'
    : ''
  return new KeyUnavailableError(`The ${purpose} is sealed, ${found}. ${remedy}${loss}`, { cause })
}
