import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import t from 'tap'
import type { KitOptions } from '../../src/config/options.ts'
import { updateClient } from '../../src/manage/clients.ts'
import { type Asked, type Installation, ISSUER, installation, type Registered } from '../installation.ts'
import { approvedCode } from './approved.ts'
import { token, tokensFor } from './partner.ts'
import { assertion, proof, signer } from './signer.ts'

const PATH = '/oauth/introspect'
const INACTIVE = { active: false }
const API = 'https://api.example.com'
const LEDGER = 'https://ledger.example.com'

const seconds = (time: Date) => Math.floor(time.getTime() / 1000)

/** What a client hears of a token. */
async function introspect(
  { ask }: Installation,
  { client, value }: Pick<Registered, 'client' | 'value'>,
  form: Readonly<Record<string, string>>,
  over: Asked = {},
) {
  const { status, headers, body } = await ask('POST', PATH, {
    form: { client_id: client.id, client_secret: value, ...form },
    ...over,
  })
  return { status, headers, text: body, body: body.startsWith('{') ? JSON.parse(body) : undefined }
}

async function clientToken(
  xwms: Installation,
  shop: Registered,
  over: Readonly<Record<string, string>> = {},
) {
  const { body } = await token(xwms, shop, { grant_type: 'client_credentials', ...over })
  return body.access_token as string
}

t.test('a client learns all about a token of its own', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  const { access_token, refresh_token } = await tokensFor(xwms, shop, ada)
  const { status, headers, body } = await introspect(xwms, shop, { token: access_token })
  t.equal(status, 200)
  t.match(headers, { 'content-type': /^application\/json/, 'cache-control': 'no-store' })
  const now = seconds(xwms.now())
  const about = {
    active: true,
    iss: ISSUER,
    client_id: shop.client.id,
    sub: ada.sub,
    username: ada.email,
    iat: now,
    nbf: now,
    scope: 'openid email offline_access',
    auth_time: now,
    acr: 'urn:xwms:acr:password',
  }
  t.strictSame(body, { ...about, exp: now + 3600, token_type: 'Bearer' })
  t.strictSame((await introspect(xwms, shop, { token: refresh_token })).body, {
    ...about,
    exp: now + 30 * 86_400,
  })
  for (const token_type_hint of ['access_token', 'refresh_token', 'something_else'])
    for (const token of [access_token, refresh_token])
      t.equal((await introspect(xwms, shop, { token, token_type_hint })).body.active, true, token_type_hint)
})

t.test('a token of a client’s own, without a user, is about the client', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const { body } = await introspect(xwms, shop, { token: await clientToken(xwms, shop) })
  t.match(body, {
    active: true,
    sub: shop.client.id,
    client_id: shop.client.id,
    scope: 'orders:read orders:write',
  })
  for (const member of ['username', 'auth_time', 'acr', 'aud', 'cnf', 'act', 'jti'])
    t.notOk(member in body, member)
})

t.test('who may ask', async t => {
  const resources = { [API]: { name: 'API', clientId: 'later' }, [LEDGER]: { name: 'Ledger' } }
  const xwms = installation({ oauth: { resources } } as Partial<KitOptions>)
  const shop = await xwms.client({ scopes: ['orders:read'] })
  const stranger = await xwms.client({ scopes: ['orders:read'] })
  const privileged = await xwms.client({ scopes: ['introspect'] })
  const colleague = await xwms.client({ scopes: ['introspect'], workspaceId: shop.client.workspaceId })
  const other = await clientToken(xwms, shop)

  await t.test('not a client that it is no business of', async t => {
    t.strictSame((await introspect(xwms, stranger, { token: other })).body, INACTIVE)
    t.strictSame(
      (await introspect(xwms, privileged, { token: other })).body,
      INACTIVE,
      'of another workspace',
    )
  })

  await t.test('a client of the workspace that was granted to', async t => {
    t.match((await introspect(xwms, colleague, { token: other })).body, {
      active: true,
      client_id: shop.client.id,
    })
  })

  await t.test('the client that the resource server is, about tokens that are for it', async t => {
    const api = await xwms.client({ scopes: [] })
    const again = installation(
      {
        oauth: {
          resources: { [API]: { name: 'API', clientId: api.client.id }, [LEDGER]: { name: 'Ledger' } },
        },
      },
      () => xwms.storage,
    )
    const forApi = await clientToken(again, shop, { resource: API })
    const forLedger = await clientToken(again, shop, { resource: LEDGER })
    t.match((await introspect(again, api, { token: forApi })).body, { active: true, aud: API })
    t.strictSame((await introspect(again, api, { token: forLedger })).body, INACTIVE)
    t.strictSame((await introspect(again, api, { token: other })).body, INACTIVE, 'one that is for nobody')
    t.match((await introspect(again, shop, { token: forLedger })).body, { active: true, aud: LEDGER })
  })

  await t.test('nobody who does not prove who it is', async t => {
    const app = await xwms.client({ type: 'public', scopes: ['openid', 'introspect'] })
    const asPublic = await xwms.ask('POST', PATH, { form: { client_id: app.client.id, token: other } })
    t.equal(asPublic.status, 401)
    t.equal(JSON.parse(asPublic.body).error, 'invalid_client')
    const wrong = await introspect(xwms, { ...shop, value: 'wrong' }, { token: other })
    t.match(wrong, { status: 401, body: { error: 'invalid_client' } })
    const basic = Buffer.from(`${shop.client.id}:${shop.value}`).toString('base64')
    const byHeader = await xwms.ask('POST', PATH, {
      headers: { authorization: `Basic ${basic}` },
      form: { token: other },
    })
    t.match(JSON.parse(byHeader.body), { active: true })
  })
})

t.test('no token carries the permission to introspect', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  t.ok(shop.client.scopes.includes('introspect'))
  const { body } = await introspect(xwms, shop, { token: await clientToken(xwms, shop) })
  t.notMatch(body.scope, /introspect/)
  const asked = await token(xwms, shop, { grant_type: 'client_credentials', scope: 'introspect' })
  t.match(asked, { status: 400, body: { error: 'invalid_scope' } })
  const tokens = await tokensFor(xwms, shop, await xwms.user(), { scope: 'openid introspect' })
  t.equal(tokens.scope, 'openid')
})

t.test('a token that is not good is not active, and nothing else is said', async t => {
  type With = {
    xwms: Installation
    shop: Registered
    access_token: string
    refresh_token: string
    sub: string
  }
  const table: Record<string, (given: With) => unknown> = {
    'its lifetime': ({ xwms }) => xwms.pass(366 * 86_400),
    'its user’s approval': ({ xwms, shop, sub }) =>
      xwms.storage.clientUsers.revoke(shop.client.id, sub, xwms.now()),
    'a spent refresh token': async ({ xwms, shop, refresh_token, access_token }) => {
      await token(xwms, shop, { grant_type: 'refresh_token', refresh_token })
      await xwms.ask('POST', '/oauth/revoke', {
        form: { client_id: shop.client.id, client_secret: shop.value, token: access_token },
      })
    },
  }
  for (const [name, end] of Object.entries(table)) {
    const xwms = installation()
    const shop = await xwms.client()
    const ada = await xwms.user()
    const tokens = await tokensFor(xwms, shop, ada)
    for (const token of [tokens.access_token, tokens.refresh_token])
      t.equal((await introspect(xwms, shop, { token })).body.active, true, name)
    await end({ xwms, shop, ...tokens, sub: ada.sub })
    for (const token of [tokens.access_token, tokens.refresh_token])
      t.strictSame((await introspect(xwms, shop, { token })).body, INACTIVE, name)
  }
  const xwms = installation()
  const shop = await xwms.client()
  const other = await xwms.client({ workspaceId: shop.client.workspaceId })
  const tokens = await tokensFor(xwms, shop, await xwms.user())
  for (const token of ['x', tokens.id_token, `${tokens.access_token}x`, 'a.b.c', ' '])
    t.strictSame((await introspect(xwms, shop, { token })).body, INACTIVE, token)
  await updateClient(xwms.environment, shop.client.id, { enabled: false })
  for (const token of [tokens.access_token, tokens.refresh_token])
    t.strictSame((await introspect(xwms, other, { token })).body, INACTIVE, 'its client')
})

t.test('a bound token tells what it is bound to, and a JWT its id', async t => {
  const resources = { [LEDGER]: { name: 'Ledger', tokenFormat: 'jwt' as const } }
  const xwms = installation({ oauth: { resources } })
  const shop = await xwms.client()
  const key = await signer()
  const form = await approvedCode(xwms, shop.client, await xwms.user(), {
    parameters: { resource: LEDGER, authorization_details: '[{"type":"payment"}]' },
  })
  const { body } = await token(xwms, shop, form, { headers: { dpop: await proof(key) } })
  const payload = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString())
  t.match((await introspect(xwms, shop, { token: body.access_token })).body, {
    active: true,
    token_type: 'DPoP',
    cnf: { jkt: key.jkt },
    aud: LEDGER,
    jti: payload.jti,
    sub: payload.sub,
    authorization_details: [{ type: 'payment' }],
  })
})

t.test('the sub is the one that the token’s client knows', async t => {
  const xwms = installation()
  const shop = await xwms.client({ metadata: { subject_type: 'pairwise' } })
  const colleague = await xwms.client({ scopes: ['introspect'], workspaceId: shop.client.workspaceId })
  const ada = await xwms.user()
  const tokens = await tokensFor(xwms, shop, ada, { scope: 'openid' })
  const { sub } = JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url').toString())
  t.not(sub, ada.sub)
  const { body } = await introspect(xwms, colleague, { token: tokens.access_token })
  t.equal(body.sub, sub)
  t.notOk('username' in body, 'without the scope email there is no address')
})

t.test('a resource server that asks for it gets a signed answer (RFC 9701)', async t => {
  for (const alg of [undefined, 'ES256'] as const) {
    const xwms = installation()
    const shop = await xwms.client({ metadata: { introspection_signed_response_alg: alg } })
    const token = await clientToken(xwms, shop)
    const headers = { accept: 'application/json;q=0.5, Application/Token-Introspection+JWT' }
    const keys = createLocalJWKSet(JSON.parse((await xwms.ask('GET', '/.well-known/jwks.json')).body))
    for (const [asked, active] of [
      [token, true],
      ['unknown', false],
    ] as const) {
      const answer = await xwms.ask('POST', PATH, {
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        form: { client_id: shop.client.id, client_secret: shop.value, token: asked },
      })
      t.equal(answer.status, 200)
      t.match(answer.headers, {
        'content-type': 'application/token-introspection+jwt',
        'cache-control': 'no-store',
      })
      const { payload, protectedHeader } = await jwtVerify(answer.body, keys, { currentDate: xwms.now() })
      t.match(protectedHeader, { typ: 'token-introspection+jwt', alg: alg ?? 'RS256' })
      const { token_introspection, ...claims } = payload
      t.strictSame(claims, { iss: ISSUER, aud: shop.client.id, iat: seconds(xwms.now()) })
      t.match(token_introspection, { active })
      if (!active) t.strictSame(token_introspection, INACTIVE)
    }
  }
})

t.test('a client that names no algorithm gets that of its profile', async t => {
  const xwms = installation()
  const key = await signer()
  for (const [profile, alg] of [
    ['oauth2.1', 'RS256'],
    ['openid', 'RS256'],
    ['fapi2', 'PS256'],
  ] as const) {
    const { client } = await xwms.client({
      profile,
      metadata: { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.publicJwk] } },
    })
    const { status, body } = await xwms.ask('POST', PATH, {
      headers: {
        accept: 'application/token-introspection+jwt',
        'content-type': 'application/x-www-form-urlencoded',
      },
      form: { token: 'unknown', ...(await assertion(key, client.id)) },
    })
    t.equal(status, 200, body)
    t.equal(decodeProtectedHeader(body).alg, alg, profile)
  }
})

t.test('an answer that is not asked for signed is JSON, whatever else is accepted', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const form = { client_id: shop.client.id, client_secret: shop.value, token: 'x' }
  for (const accept of [
    undefined,
    '*/*',
    'application/*',
    'application/jwt',
    'application/token-introspection',
    'application/token-introspection+jwt;q=0, application/json',
    'application/json, application/token-introspection+jwt;q=0.1',
  ])
    t.strictSame(
      JSON.parse((await xwms.ask('POST', PATH, { form, headers: { accept } })).body),
      INACTIVE,
      `${accept}`,
    )
})

t.test('a request without a token, with two, or by GET, is no request', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  t.match(await introspect(xwms, shop, {}), { status: 400, body: { error: 'invalid_request' } })
  const credentials = `client_id=${shop.client.id}&client_secret=${shop.value}`
  const twice = await xwms.ask('POST', PATH, { form: `${credentials}&token=a&token=b` })
  t.equal(twice.status, 400)
  t.equal((await xwms.ask('GET', PATH, { query: `${credentials}&token=a` })).status, 405)
})

t.test('a token that is known is told about without the storage', async t => {
  let reads = 0
  const xwms = installation({}, storage => ({
    ...storage,
    tokens: {
      ...storage.tokens,
      findAccessToken(...args) {
        reads++
        return storage.tokens.findAccessToken(...args)
      },
    },
  }))
  const shop = await xwms.client()
  const token = await clientToken(xwms, shop)
  for (let index = 0; index < 3; index++) await introspect(xwms, shop, { token })
  t.equal(reads, 1)
})
