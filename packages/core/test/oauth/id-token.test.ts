import {
  createLocalJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
} from 'jose'
import t from 'tap'
import type { Grant } from '../../src/model/authorization.ts'
import type { Client } from '../../src/model/client.ts'
import { idToken } from '../../src/oauth/id-token.ts'
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
  parameters: {},
  createdAt: NOW,
  revokedAt: undefined,
}

async function claims(token: string): Promise<JWTPayload> {
  const keys = createLocalJWKSet((await context.keys.jwks()) as JSONWebKeySet)
  const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience: CLIENT.id, currentDate: NOW })
  return payload
}

const withAlg = (alg: unknown): Client => ({ ...CLIENT, metadata: { id_token_signed_response_alg: alg } })

t.test('an ID token says who signed in, when, how, and for whom, and nothing else', async t => {
  t.strictSame(await claims(await idToken(context, ISSUER, CLIENT, GRANT, 'n-1')), {
    iss: ISSUER,
    sub: USER.sub,
    aud: CLIENT.id,
    iat: seconds,
    exp: seconds + 900,
    auth_time: seconds - 60,
    amr: ['pwd'],
    sid: 'sid_1',
    nonce: 'n-1',
  })
})

t.test('what was not there is not invented', async t => {
  const grant: Grant = { ...GRANT, sid: undefined, authenticatedAt: undefined, amr: [] }
  const payload = await claims(await idToken(context, ISSUER, CLIENT, grant, undefined))
  for (const claim of ['nonce', 'auth_time', 'amr', 'sid', 'azp', 'at_hash']) t.notOk(claim in payload, claim)
})

t.test('a nonce returns unaltered', async t => {
  for (const nonce of ['x'.repeat(200), 'ü "quoted" \\ 🔑'])
    t.equal((await claims(await idToken(context, ISSUER, CLIENT, GRANT, nonce))).nonce, nonce)
})

t.test('a client chooses RS256 or ES256, and gets RS256 for whatever else it says', async t => {
  const { keys } = await context.keys.jwks()
  const table: [client: Client, alg: string][] = [
    [CLIENT, 'RS256'],
    [withAlg('RS256'), 'RS256'],
    [withAlg('ES256'), 'ES256'],
    [withAlg('none'), 'RS256'],
    [withAlg('HS256'), 'RS256'],
    [withAlg(['ES256']), 'RS256'],
  ]
  for (const [client, alg] of table) {
    const token = await idToken(context, ISSUER, client, GRANT, undefined)
    const header = decodeProtectedHeader(token)
    t.equal(header.alg, alg, JSON.stringify(client.metadata))
    t.equal(keys.find(({ kid }) => kid === header.kid)?.alg, alg)
    await claims(token)
  }
})
