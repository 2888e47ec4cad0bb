import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import type { Json } from './draft.ts'
import { TEXTS, VALUES } from './hostile.ts'
import type { Random } from './random.ts'
import { jsonText } from './structure.ts'

type JsonObject = { [name: string]: Json }

/** A key that a client signs with. */
export interface SigningKey {
  readonly alg: 'ES256' | 'EdDSA' | 'PS256'
  readonly privateKey: KeyObject
  /** With kid, alg and use. */
  readonly publicJwk: JsonObject
  /** What makes the public key (RFC 7638 section 3.2), and no more. */
  readonly bareJwk: JsonObject
  readonly thumbprint: string
}

export function signingKey(alg: SigningKey['alg'], jwk: JsonObject): SigningKey {
  const { d: _, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...publicJwk } = jwk
  const { kid: _kid, alg: _alg, use: _use, ...bare } = publicJwk
  const bareJwk = Object.fromEntries(Object.entries(bare).sort(([a], [b]) => (a < b ? -1 : 1)))
  return {
    alg,
    privateKey: createPrivateKey({ key: jwk, format: 'jwk' }),
    publicJwk,
    bareJwk,
    thumbprint: createHash('sha256').update(JSON.stringify(bareJwk)).digest('base64url'),
  }
}

/** A signed JWT; of `share` of them something is wrong, in whatever part. */
export function jwt(
  key: SigningKey,
  header: JsonObject,
  claims: JsonObject,
  random: Random,
  share: number,
): string {
  const whole = { alg: key.alg, ...header }
  if (!random.spoils(share)) return signed(key, JSON.stringify(whole), JSON.stringify(claims))
  const kind = random.below(10)
  if (kind < 4) return signed(key, JSON.stringify(whole), jsonText(claims, random, 1))
  if (kind < 7) return signed(key, jsonText(whole, random, 1), JSON.stringify(claims))
  if (kind < 8) return otherHeader(key, whole, claims, random)
  if (kind < 9) return signed(key, JSON.stringify(whole), otherPayload(random))
  return brokenOff(signed(key, JSON.stringify(whole), JSON.stringify(claims)), random)
}

function signed({ alg, privateKey }: SigningKey, header: string, payload: string): string {
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${signatureOf(alg, privateKey, input)}`
}

function signatureOf(alg: SigningKey['alg'], key: KeyObject, input: string): string {
  const bytes = Buffer.from(input)
  switch (alg) {
    case 'ES256':
      return sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
    case 'EdDSA':
      return sign(null, bytes, key).toString('base64url')
    case 'PS256':
      return sign('sha256', bytes, { key, padding: 6, saltLength: 32 }).toString('base64url')
  }
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}

/** Members that libraries act on. */
function otherHeader(key: SigningKey, header: JsonObject, claims: JsonObject, random: Random): string {
  const member = random.pick<JsonObject>([
    { alg: 'none' },
    { alg: 'HS256' },
    { alg: 'RS256' },
    { alg: 'Ed25519' },
    { alg: 'ES256K' },
    { alg: ['ES256'] },
    { b64: false, crit: ['b64'] },
    { crit: [] },
    { crit: ['exp'], exp: 1 },
    { zip: 'DEF' },
    { enc: 'A128GCM', alg: 'dir' },
    { kid: random.pick(TEXTS) },
    { kid: random.pick(VALUES) },
    { typ: random.pick(TEXTS) },
    { typ: 'JWT' },
    { typ: random.pick(VALUES) },
    { cty: 'JWT' },
    { jku: 'https://evil.example/keys' },
    { x5u: 'https://evil.example/certificate' },
    { x5c: ['AAAA'] },
    { jwk: key.bareJwk },
    { jwk: { ...key.bareJwk, d: 'AAAA' } },
    { jwk: { kty: 'oct', k: 'AAAA' } },
    { jwk: { kty: 'RSA', n: 'A'.repeat(random.pick([10, 342, 2731])), e: 'AQAB' } },
    { jwk: { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' } },
    { jwk: { ...key.bareJwk, x: 'A'.repeat(43) } },
    { jwk: { ...key.bareJwk, crv: 'P-521' } },
    { jwk: random.pick(VALUES) },
  ])
  return signed(key, JSON.stringify({ ...header, ...member }), JSON.stringify(claims))
}

function otherPayload(random: Random): string {
  return random.pick([
    '',
    'null',
    '[]',
    '"text"',
    '1',
    '{',
    '{}',
    '\ufeff{}',
    '[1]',
    `${'['.repeat(5000)}${']'.repeat(5000)}`,
  ])
}

/** The compact form itself is not one any more, or the signature is none. */
function brokenOff(compact: string, random: Random): string {
  const [header = '', payload = '', signature = ''] = compact.split('.')
  return random.pick([
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${header}..${signature}`,
    `.${payload}.${signature}`,
    '..',
    `${header}.${payload}.${signature}.${signature}.${signature}`,
    `${header}.${payload}.${signature.slice(0, -2)}`,
    `${header}.${payload}.${signature}==`,
    `${header}.${payload}.${'A'.repeat(signature.length)}`,
    `${header}.${payload}.${'/'.repeat(86)}`,
    `${header}.${payload.slice(0, random.below(payload.length))}.${signature}`,
    `${header} .${payload}.${signature}`,
    `${header}.${payload}.${signature}\n`,
    `${encode('{"alg":"ES256"')}.${payload}.${signature}`,
    `${Buffer.from([0xff, 0xfe]).toString('base64url')}.${payload}.${signature}`,
    compact.slice(0, random.below(compact.length)),
    JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
  ])
}
