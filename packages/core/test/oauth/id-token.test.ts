import { createHash } from 'node:crypto'
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
} from 'jose'
import t from 'tap'
import type { Grant } from '../../src/model/authorization.ts'
import type { Client } from '../../src/model/client.ts'
import { type IdTokenSubject, idToken } from '../../src/oauth/id-token.ts'
import { CLIENT, surroundings, USER } from '../context/surroundings.ts'
import { ISSUER, NOW } from '../installation.ts'

const context = surroundings({ lifetimes: { idTokenSeconds: 900 } })
const seconds = Math.floor(NOW.getTime() / 1000)

const GRANT: Grant = {
  id: 'gr_1',
  clientId: CLIENT.id,
  sub: USER.sub,
  sid: 'sid_1',
  scopes: ['openid', 'email', 'profile'],
  authenticatedAt: new Date(NOW.getTime() - 60_000),
  amr: ['pwd'],
  parameters: { acr: 'urn:xwms:acr:password' },
  createdAt: NOW,
  revokedAt: undefined,
}

const signed = (over: Partial<IdTokenSubject> = {}) =>
  idToken(context, ISSUER, {
    client: CLIENT,
    grant: GRANT,
    user: USER,
    nonce: undefined,
    accessToken: 'xwms_at_1',
    ...over,
  })

async function claims(token: string): Promise<JWTPayload> {
  const keys = createLocalJWKSet((await context.keys.jwks()) as JSONWebKeySet)
  const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience: CLIENT.id, currentDate: NOW })
  return payload
}

/** The left half of a hash, as OpenID Connect Core section 3.1.3.6 has it. */
function half(algorithm: string, text: string): string {
  const hash = createHash(algorithm).update(text).digest()
  return hash.subarray(0, hash.length / 2).toString('base64url')
}

const withAlg = (alg: unknown, profile: Client['profile'] = 'oauth2.1'): Client => ({
  ...CLIENT,
  profile,
  metadata: { id_token_signed_response_alg: alg as string },
})

t.test('an ID token says who signed in, when, how, and for whom, and nothing else', async t => {
  t.strictSame(await claims(await signed({ nonce: 'n-1' })), {
    iss: ISSUER,
    sub: USER.sub,
    aud: CLIENT.id,
    iat: seconds,
    exp: seconds + 900,
    auth_time: seconds - 60,
    acr: 'urn:xwms:acr:password',
    amr: ['pwd'],
    sid: 'sid_1',
    nonce: 'n-1',
    at_hash: half('sha256', 'xwms_at_1'),
  })
})

t.test('what was not there is not invented', async t => {
  const grant: Grant = { ...GRANT, sid: undefined, authenticatedAt: undefined, amr: [], parameters: {} }
  const payload = await claims(await signed({ grant }))
  for (const claim of ['nonce', 'auth_time', 'acr', 'amr', 'sid', 'azp']) t.notOk(claim in payload, claim)
})

t.test('a nonce returns unaltered', async t => {
  for (const nonce of ['x'.repeat(200), 'ü "quoted" \\ 🔑'])
    t.equal((await claims(await signed({ nonce }))).nonce, nonce)
})

t.test('a client chooses how its ID tokens are signed, within its profile', async t => {
  const { keys } = await context.keys.jwks()
  const table: [client: Client, alg: string][] = [
    [CLIENT, 'RS256'],
    [withAlg('RS256'), 'RS256'],
    [withAlg('PS256'), 'PS256'],
    [withAlg('ES256'), 'ES256'],
    [withAlg('EdDSA'), 'EdDSA'],
    [withAlg('none'), 'RS256'],
    [withAlg('HS256'), 'RS256'],
    [withAlg(['ES256']), 'RS256'],
    [withAlg(undefined, 'fapi2'), 'PS256'],
    [withAlg('ES256', 'fapi2'), 'ES256'],
    [withAlg('RS256', 'fapi2'), 'PS256'],
  ]
  for (const [client, alg] of table) {
    const token = await signed({ client })
    const header = decodeProtectedHeader(token)
    t.equal(header.alg, alg, JSON.stringify(client.metadata))
    t.equal(keys.find(({ kid }) => kid === header.kid)?.alg, alg)
    const hash = alg === 'EdDSA' ? 'sha512' : 'sha256'
    t.equal((await claims(token)).at_hash, half(hash, 'xwms_at_1'))
  }
})

t.test('what was asked for by name stands in it, and takes the place of nothing', async t => {
  const asked = {
    email: null,
    name: { essential: true },
    sub: null,
    iss: null,
    aud: null,
    exp: null,
    at_hash: null,
  }
  const parameters = { claims: JSON.stringify({ id_token: asked }) }
  const host = {
    find: async () => USER,
    signIn: async () => USER,
    claims: async () => ({ exp: 1, at_hash: 'x' }),
  }
  const context = { ...surroundings(), accounts: host }
  const token = await idToken(context, ISSUER, {
    client: CLIENT,
    grant: { ...GRANT, parameters },
    user: USER,
    nonce: undefined,
    accessToken: 'xwms_at_1',
  })
  t.match(decodeJwt(token), {
    email: USER.email,
    name: USER.name,
    sub: USER.sub,
    iss: ISSUER,
    aud: CLIENT.id,
    exp: seconds + 3600,
    at_hash: half('sha256', 'xwms_at_1'),
  })
})
