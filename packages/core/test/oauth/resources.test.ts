import { createLocalJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import type { KitOptions } from '../../src/config/options.ts'
import { sha256 } from '../../src/lib/hash.ts'
import { type Installation, ISSUER, installation } from '../installation.ts'
import { approvedCode } from './approved.ts'
import { authorizationRequest, authorize, proofKey, requestOf, token } from './partner.ts'
import { proof, seconds, signer } from './signer.ts'

const ORDERS = 'https://orders.example.com'
const STOCK = 'https://stock.example.com/api'
const LEDGER = 'https://ledger.example.com'
const BOOKS = 'https://books.example.com'

const RESOURCES: Partial<KitOptions> = {
  oauth: {
    resources: {
      [ORDERS]: { name: 'Orders', scopes: ['orders:read'], accessTokenSeconds: 300 },
      [STOCK]: { name: 'Stock' },
      [LEDGER]: { name: 'Ledger', tokenFormat: 'jwt', accessTokenSeconds: 120 },
      [BOOKS]: { name: 'Books', tokenFormat: 'jwt', signingAlgorithm: 'PS256' },
    },
  },
}
const GRANT = { grant_type: 'client_credentials' }
const INVALID_TARGET = { status: 400, body: { error: 'invalid_target' } }

async function stored({ storage, now }: Installation, accessToken: string) {
  return storage.tokens.findAccessToken(sha256(accessToken), now())
}

async function opened({ ask, now }: Installation, accessToken: string, audience: string) {
  const { body } = await ask('GET', '/.well-known/jwks.json')
  return jwtVerify(accessToken, createLocalJWKSet(JSON.parse(body)), {
    issuer: ISSUER,
    audience,
    typ: 'at+jwt',
    currentDate: now(),
  })
}

/** A form with several resources, as URLs write them. */
function formOf(fields: Readonly<Record<string, string>>, resources: readonly string[]): string {
  const form = new URLSearchParams({ ...fields })
  for (const resource of resources) form.append('resource', resource)
  return form.toString()
}

t.test(
  'a token for a resource is bound to it, and has the scopes and the lifetime that it has there',
  async t => {
    const xwms = installation(RESOURCES)
    const shop = await xwms.client()
    const { status, body } = await token(xwms, shop, { ...GRANT, resource: ORDERS })
    t.equal(status, 200)
    t.match(body, { scope: 'orders:read', expires_in: 300, access_token: /^xwms_at_/ })
    t.strictSame((await stored(xwms, body.access_token))?.token.audience, [ORDERS])
    const plain = await token(xwms, shop, GRANT)
    t.match(plain.body, { scope: 'orders:read orders:write', expires_in: 3600 })
    t.strictSame((await stored(xwms, plain.body.access_token))?.token.audience, [])
  },
)

t.test('a token may be for several resources, and then is as short as the shortest', async t => {
  const xwms = installation(RESOURCES)
  const shop = await xwms.client()
  const credentials = { ...GRANT, client_id: shop.client.id, client_secret: shop.value }
  const { body } = await xwms.ask('POST', '/oauth/token', {
    form: formOf(credentials, [STOCK, ORDERS, STOCK]),
  })
  const answer = JSON.parse(body)
  t.match(answer, { scope: 'orders:read orders:write', expires_in: 300 })
  t.strictSame((await stored(xwms, answer.access_token))?.token.audience, [STOCK, ORDERS])
})

t.test('what means nothing at a resource is an invalid_scope, before anybody is asked about it', async t => {
  const xwms = installation(RESOURCES)
  const device_code = 'urn:ietf:params:oauth:grant-type:device_code'
  const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials', device_code]
  const shop = await xwms.client({ grantTypes })
  const ada = await xwms.user()
  const INVALID_SCOPE = { status: 400, body: { error: 'invalid_scope' } }

  const asked = { scope: 'openid profile', resource: ORDERS }
  const url = authorizationRequest(shop.client.id, proofKey().challenge, asked)
  const { url: answer } = await xwms.browser().get(url)
  t.equal(answer.searchParams.get('error'), 'invalid_scope')
  const { status, body } = await xwms.ask('POST', '/oauth/device_authorization', {
    form: { client_id: shop.client.id, client_secret: shop.value, ...asked },
  })
  t.match({ status, body: JSON.parse(body as string) }, INVALID_SCOPE)
  t.match(await token(xwms, shop, { ...GRANT, scope: 'orders:write', resource: ORDERS }), INVALID_SCOPE)

  const code = await approvedCode(xwms, shop.client, ada, {
    scopes: ['openid', 'orders:write', 'offline_access'],
    parameters: { resource: `${ORDERS} ${STOCK}` },
  })
  t.match(await token(xwms, shop, { ...code, resource: ORDERS }), INVALID_SCOPE)
  const { body: tokens } = await token(xwms, shop, code)
  t.equal(tokens.scope, 'openid orders:write offline_access', 'and that did not spend it')
  const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
  t.match(await token(xwms, shop, { ...refresh, resource: ORDERS }), INVALID_SCOPE)
  t.equal((await token(xwms, shop, { ...refresh, resource: STOCK })).status, 200)
})

t.test('authorization details are granted without a scope, and beside none that means nothing', async t => {
  const payment = { describe: () => 'Pay', problem: () => undefined }
  const { resources } = RESOURCES.oauth ?? {}
  const xwms = installation({ oauth: { resources, authorizationDetails: { payment } } })
  const device_code = 'urn:ietf:params:oauth:grant-type:device_code'
  const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials', device_code]
  const metadata = { authorization_details_types: ['payment'] }
  const shop = await xwms.client({ grantTypes, metadata })
  const ada = await xwms.user()
  const asked = { resource: ORDERS, authorization_details: '[{"type":"payment"}]' }
  const ways: Record<string, (scope: string | undefined) => Promise<unknown>> = {
    async 'an authorization request'(scope) {
      const { request, redeem } = requestOf(xwms, shop, { ...asked, scope })
      const answer = await authorize(xwms.browser(), request, ada)
      return answer.searchParams.get('error') ?? (await redeem(answer)).body
    },
    async 'a device'(scope) {
      const form = { client_id: shop.client.id, client_secret: shop.value, ...asked }
      const { body } = await xwms.ask('POST', '/oauth/device_authorization', {
        form: scope === undefined ? form : { ...form, scope },
      })
      const { error, device_code: code } = JSON.parse(body as string)
      if (error !== undefined) return error
      const { storage, now } = xwms
      const approval = { scopes: [], claims: [], resources: [ORDERS], authorizationDetails: [] }
      await storage.clientUsers.approve(shop.client.id, ada.sub, approval, now())
      const decision = { sub: ada.sub, sid: 's', authenticatedAt: now(), amr: ['pwd'], scopes: [] }
      await storage.deviceCodes.decide(sha256(code), decision, now())
      return (await token(xwms, shop, { grant_type: device_code, device_code: code })).body
    },
    async 'a client for itself'(scope) {
      const { body } = await token(xwms, shop, { ...GRANT, ...asked, scope })
      return body.error ?? body
    },
  }
  for (const [name, ask] of Object.entries(ways)) {
    const answer = (await ask(undefined)) as Record<string, unknown>
    t.strictSame(answer.authorization_details, [{ type: 'payment' }], name)
    t.equal(answer.scope, undefined, `${name}: the details alone`)
    const refused = ['orders:write', ...(name === 'a client for itself' ? [] : ['openid', 'nobody:knows'])]
    for (const scope of refused) t.equal(await ask(scope), 'invalid_scope', `${name}, ${scope}`)
  }
  const stranger = await xwms.client({ grantTypes, metadata, scopes: ['orders:write'] })
  const { body } = await token(xwms, stranger, { ...GRANT, ...asked })
  t.strictSame([body.scope, body.authorization_details], [undefined, [{ type: 'payment' }]])

  const code = await approvedCode(xwms, shop.client, ada, {
    scopes: ['orders:write'],
    parameters: { resource: `${ORDERS} ${STOCK}`, authorization_details: asked.authorization_details },
  })
  const INVALID_SCOPE = { status: 400, body: { error: 'invalid_scope' } }
  t.match(await token(xwms, stranger, { ...GRANT, resource: ORDERS }), INVALID_SCOPE, 'no details either')
  t.match(await token(xwms, shop, { ...code, resource: ORDERS }), INVALID_SCOPE, 'a code')
  const { refresh_token } = (await token(xwms, shop, code)).body
  const refresh = { grant_type: 'refresh_token', refresh_token }
  t.match(await token(xwms, shop, { ...refresh, resource: ORDERS }), INVALID_SCOPE, 'a refresh')
})

t.test('a resource that nobody knows is an invalid_target', async t => {
  const xwms = installation(RESOURCES)
  const shop = await xwms.client()
  for (const resource of [
    'https://unknown.example.com',
    'nonsense',
    `${STOCK}#fragment`,
    `${STOCK}/more`,
    ' ',
  ])
    t.match(await token(xwms, shop, { ...GRANT, resource }), INVALID_TARGET, resource)
})

t.test('a resource that wants JWTs gets them, as RFC 9068 writes them', async t => {
  const xwms = installation(RESOURCES)
  const shop = await xwms.client()
  const { body } = await token(xwms, shop, { ...GRANT, resource: LEDGER, scope: 'orders:write' })
  t.equal(body.expires_in, 120)
  const { payload, protectedHeader } = await opened(xwms, body.access_token, LEDGER)
  t.match(protectedHeader, { alg: 'ES256', typ: 'at+jwt', kid: String })
  const { jti, ...claims } = payload
  t.match(jti, /^[\w-]{36}$/)
  t.strictSame(claims, {
    iss: ISSUER,
    sub: shop.client.id,
    aud: LEDGER,
    client_id: shop.client.id,
    iat: seconds(xwms.now()),
    exp: seconds(xwms.now()) + 120,
    scope: 'orders:write',
  })
  const kept = await stored(xwms, body.access_token)
  t.match(kept?.token, { audience: [LEDGER], scopes: ['orders:write'] }, 'and is known here like any other')
  const other = await token(xwms, shop, { ...GRANT, resource: BOOKS })
  t.equal((await opened(xwms, other.body.access_token, BOOKS)).protectedHeader.alg, 'PS256')
})

t.test('a JWT tells how a user signed in, and what it is bound to', async t => {
  const xwms = installation(RESOURCES)
  const shop = await xwms.client()
  const ada = await xwms.user()
  const key = await signer()
  const code = await approvedCode(xwms, shop.client, ada, {
    scopes: ['email'],
    parameters: { resource: LEDGER },
  })
  const { body } = await token(xwms, shop, code, { headers: { dpop: await proof(key) } })
  const { payload } = await opened(xwms, body.access_token, LEDGER)
  t.match(payload, {
    sub: ada.sub,
    client_id: shop.client.id,
    scope: 'email',
    auth_time: seconds(xwms.now()),
    amr: ['pwd'],
    acr: 'urn:xwms:acr:password',
    cnf: { jkt: key.jkt },
  })
})

t.test('one token cannot be of two kinds', async t => {
  const xwms = installation(RESOURCES)
  const shop = await xwms.client()
  const credentials = { ...GRANT, client_id: shop.client.id, client_secret: shop.value }
  for (const pair of [
    [STOCK, LEDGER],
    [LEDGER, BOOKS],
  ]) {
    const { status, body } = await xwms.ask('POST', '/oauth/token', { form: formOf(credentials, pair) })
    t.match({ status, body: JSON.parse(body) }, INVALID_TARGET, pair.join(' '))
  }
})

t.test('a code covers the resources that were authorized, and a request may name some of them', async t => {
  const xwms = installation(RESOURCES)
  const shop = await xwms.client()
  const ada = await xwms.user()
  const parameters = { resource: `${ORDERS} ${STOCK}` }
  const code = () => approvedCode(xwms, shop.client, ada, { scopes: ['orders:read'], parameters })
  const audience = async (form: Record<string, string>) => {
    const { body } = await token(xwms, shop, form)
    return (await stored(xwms, body.access_token))?.token.audience
  }
  t.strictSame(await audience(await code()), [ORDERS, STOCK])
  t.strictSame(await audience({ ...(await code()), resource: STOCK }), [STOCK])
  const more = await code()
  t.match(await token(xwms, shop, { ...more, resource: LEDGER }), INVALID_TARGET)
  t.equal((await token(xwms, shop, more)).status, 200, 'and that did not spend it')
  const none = await approvedCode(xwms, shop.client, ada, { scopes: ['orders:read'] })
  t.match(await token(xwms, shop, { ...none, resource: ORDERS }), INVALID_TARGET)
})

t.test('a refresh covers all that was authorized, whatever the tokens before were for', async t => {
  const xwms = installation(RESOURCES)
  const shop = await xwms.client()
  const code = await approvedCode(xwms, shop.client, await xwms.user(), {
    scopes: ['orders:read', 'orders:write'],
    parameters: { resource: `${ORDERS} ${STOCK}` },
  })
  const first = await token(xwms, shop, { ...code, resource: ORDERS })
  t.equal(first.body.scope, 'orders:read')
  const second = await token(xwms, shop, {
    grant_type: 'refresh_token',
    refresh_token: first.body.refresh_token,
    resource: STOCK,
  })
  t.equal(second.body.scope, 'orders:read orders:write')
  t.strictSame((await stored(xwms, second.body.access_token))?.token.audience, [STOCK])
  const third = { grant_type: 'refresh_token', refresh_token: second.body.refresh_token }
  t.match(await token(xwms, shop, { ...third, resource: LEDGER }), INVALID_TARGET)
  const all = await token(xwms, shop, third)
  t.strictSame((await stored(xwms, all.body.access_token))?.token.audience, [ORDERS, STOCK])
})
