import { createHash } from 'node:crypto'
import type { Json, Pair } from '../draft.ts'
import { CERTIFICATES, TEXTS } from '../hostile.ts'
import { CERTIFICATE, CERTIFICATE_VERIFIED, ISSUER } from '../introduction.ts'
import { jwt, type SigningKey } from '../jose.ts'
import type { Random } from '../random.ts'
import type { Party, Scene } from '../scene.ts'

/** How often a signed thing is spoiled. */
const SPOILED = 0.25

/** What a client sends to prove who it is. */
export interface Proof {
  readonly form: Pair[]
  readonly headers: Record<string, string>
}

/** By the method that the client registered. */
export function prove(scene: Scene, random: Random, party: Party, path: string): Proof {
  switch (party.method) {
    case 'client_secret':
      return bySecret(party, random)
    case 'private_key_jwt':
      return byAssertion(scene, random, party, path)
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      return { form: [['client_id', party.id]], headers: certificateHeaders(random, party) }
    case 'none':
      return { form: [['client_id', party.id]], headers: {} }
  }
}

function bySecret({ id, secret = '' }: Party, random: Random): Proof {
  if (random.chance(0.5))
    return {
      form: [
        ['client_id', id],
        ['client_secret', secret],
      ],
      headers: {},
    }
  const basic = Buffer.from(`${id}:${secret}`).toString('base64')
  return { form: [], headers: { authorization: `Basic ${basic}` } }
}

function byAssertion(scene: Scene, random: Random, party: Party, path: string): Proof {
  const key = random.pick(party.keys)
  const audience = party.pushes
    ? ISSUER
    : random.pick<Json>([ISSUER, `${ISSUER}/oauth/token`, ISSUER + path, [ISSUER, 'https://other.example']])
  const claims = {
    iss: party.id,
    sub: party.id,
    aud: audience,
    exp: scene.seconds + random.pick([60, 300]),
    jti: identifier(random),
    ...(random.chance(0.7) && { iat: scene.seconds }),
    ...(random.chance(0.2) && { nbf: scene.seconds - 5 }),
  }
  const header = {
    ...(random.chance(0.8) && { kid: key.publicJwk.kid ?? null }),
    ...(random.chance(0.3) && { typ: 'JWT' }),
  }
  return {
    form: [
      ...(random.chance(0.5) ? [['client_id', party.id] as Pair] : []),
      ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
      ['client_assertion', jwt(key, header, claims, random, SPOILED)],
    ],
    headers: {},
  }
}

/** As the proxy would pass them on; with some luck somebody else's, or no certificate at all. */
export function certificateHeaders(random: Random, { certificate = '' }: Party): Record<string, string> {
  const verified = random.spoils(0.05) ? 'no' : 'yes'
  if (!random.spoils(0.2)) return { [CERTIFICATE]: certificate, [CERTIFICATE_VERIFIED]: verified }
  const at = random.below(certificate.length)
  const other = random.pick([
    () => random.pick(CERTIFICATES),
    () => certificate.slice(0, at),
    () => `${certificate.slice(0, at)}A${certificate.slice(at + 1)}`,
    () => random.pick(TEXTS),
  ])
  return { [CERTIFICATE]: other(), [CERTIFICATE_VERIFIED]: verified }
}

/** What a DPoP proof is about. */
export interface ProofOf {
  readonly method: string
  readonly path: string
  readonly accessToken?: string
}

export function dpop(
  scene: Scene,
  random: Random,
  key: SigningKey,
  { method, path, accessToken }: ProofOf,
): string {
  const claims = {
    jti: identifier(random),
    htm: method,
    htu: ISSUER + path,
    iat: scene.seconds - random.below(30),
    ...(accessToken !== undefined && { ath: createHash('sha256').update(accessToken).digest('base64url') }),
  }
  return jwt(key, { typ: 'dpop+jwt', jwk: key.bareJwk }, claims, random, SPOILED)
}

/** What a client proves a key by, where its tokens must be bound to one, or it likes them to be. */
export function dpopHeaders(
  scene: Scene,
  random: Random,
  party: Party,
  about: ProofOf,
): Record<string, string> {
  if (party.keys.length === 0 || !(party.bound || random.chance(0.2))) return {}
  // The first one most often, because that is what older tokens are bound to.
  const key = random.chance(0.8) ? party.keys[0] : random.pick(party.keys)
  return { dpop: dpop(scene, random, key as SigningKey, about) }
}

function identifier(random: Random): string {
  return `${random.below(2 ** 31)}-${random.below(2 ** 31)}`
}
