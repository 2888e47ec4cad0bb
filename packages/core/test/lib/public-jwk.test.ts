import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { publicJwk } from '../../src/lib/public-jwk.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const EC = publicKey.export({ format: 'jwk' })
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })
const OKP = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })

function problemOf(key: unknown): string | undefined {
  const { error } = publicJwk.safeParse(key)
  return error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim()).join('; ')
}

t.test('public keys are kept, without what nobody knows', async t => {
  for (const key of [EC, RSA, OKP, { ...EC, kid: 'a', use: 'sig', alg: 'ES256', x5c: ['MIIB'] }]) {
    t.strictSame(publicJwk.parse(key), key)
    t.strictSame(publicJwk.parse({ ...key, 'x-owner': '\0' }), key)
  }
})

t.test('what is refused, and why', async t => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
  const refused: [key: unknown, problem: RegExp][] = [
    [privateKey.export({ format: 'jwk' }), /without d; take this key out of use/],
    [{ ...RSA, d: 'AA', p: 'AA' }, /without d, p/],
    [{ kty: 'oct', k: 'AA' }, /without k/],
    [{ kty: 'oct' }, /kty must be one of RSA, EC, OKP/],
    [{}, /kty must be one of/],
    [{ kty: { toString: 1, valueOf: 1 } }, /kty must be one of/],
    [{ kty: JSON.parse('['.repeat(20_000) + ']'.repeat(20_000)) }, /kty must be one of/],
    [{ ...EC, x: { length: { toString: 1 } } }, /x must be text/],
    [{ ...EC, key_ops: { length: { toString: 1 } } }, /key_ops must be a list/],
    [{ kty: '__proto__' }, /kty must be one of/],
    [{ kty: 'RSA' }, /n is required.*e is required/],
    [{ kty: 'EC', crv: 'P-256', x: 'AA' }, /y is required/],
    [{ kty: 'OKP', crv: 'Ed25519' }, /x is required/],
    [{ ...EC, x: 'a b' }, /x must be base64url/],
    [{ ...EC, kid: '\0' }, /kid must be printable ASCII/],
    [{ ...EC, kid: '\ud800' }, /kid must be printable ASCII/],
    [small, /n must have at least 2048 bits/],
    ['key', /JSON Web Key/],
    [null, /JSON Web Key/],
    [[EC], /JSON Web Key/],
  ]
  for (const [key, problem] of refused) t.match(problemOf(key) ?? '', problem, `${problem}`)
})
