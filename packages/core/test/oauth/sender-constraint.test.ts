import t from 'tap'
import { certificateThumbprint } from '../../src/context/tokens/certificate.ts'
import { sha256 } from '../../src/lib/hash.ts'
import type { ClientInput } from '../../src/manage/clients.ts'
import { satisfies } from '../../src/oauth/sender-constraint.ts'
import { OTHER_CERTIFICATE, SHOP_CERTIFICATE } from '../certificates.ts'
import { type Installation, installation, type Registered } from '../installation.ts'
import { approvedCode } from './approved.ts'
import { takesBackMeanwhile, token } from './partner.ts'
import { assertion, proof, signer } from './signer.ts'

const GRANT = { grant_type: 'client_credentials' }
const key = await signer('ES256')
const other = await signer('ES256')
const clientKey = await signer('ES256', 'client')

const confirmationOf = async ({ storage, now }: Installation, accessToken: string) =>
  (await storage.tokens.findAccessToken(sha256(accessToken), now()))?.token.confirmation

const fapi: Partial<ClientInput> = {
  profile: 'fapi2',
  metadata: { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [clientKey.publicJwk] } },
}
/** The form of a FAPI client. */
async function proven(xwms: Installation, { client }: Registered, form: Record<string, string> = GRANT) {
  const signed = await assertion(clientKey, client.id, {}, {}, xwms.now())
  return { ...form, ...signed, client_secret: undefined }
}

t.test('a token that was asked for with a proof is bound to its key', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const { body, headers } = await token(xwms, shop, GRANT, { headers: { dpop: await proof(key) } })
  t.equal(body.token_type, 'DPoP')
  t.strictSame(await confirmationOf(xwms, body.access_token), { jkt: key.jkt })
  t.notOk('dpop-nonce' in headers)
  const plain = await token(xwms, shop, GRANT)
  t.equal(plain.body.token_type, 'Bearer')
  t.equal(await confirmationOf(xwms, plain.body.access_token), undefined)
})

t.test('a proof that is not good is an error, also for a client that need not send one', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const good = await proof(key)
  t.equal((await token(xwms, shop, GRANT, { headers: { dpop: good } })).status, 200)
  for (const dpop of [
    good,
    'nonsense',
    `${await proof(key)}, ${await proof(key)}`,
    await proof(key, { htm: 'GET' }),
  ])
    t.match(await token(xwms, shop, GRANT, { headers: { dpop } }), {
      status: 400,
      body: { error: 'invalid_dpop_proof' },
    })
})

t.test('where nonces are demanded, the client is told one, and each answer has the next', async t => {
  const xwms = installation({ oauth: { requireDpopNonce: true } })
  const shop = await xwms.client()
  const refused = await token(xwms, shop, GRANT, { headers: { dpop: await proof(key) } })
  t.match(refused, { status: 400, body: { error: 'use_dpop_nonce' }, headers: { 'dpop-nonce': String } })
  const nonce = refused.headers['dpop-nonce']
  const given = await token(xwms, shop, GRANT, { headers: { dpop: await proof(key, { nonce }) } })
  t.match(given, { status: 200, body: { token_type: 'DPoP' }, headers: { 'dpop-nonce': String } })
  t.equal((await token(xwms, shop, GRANT)).status, 200, 'who brings no proof needs no nonce')
})

t.test('a client whose tokens are to be bound to a key gets none without', async t => {
  const xwms = installation()
  const shop = await xwms.client({ metadata: { dpop_bound_access_tokens: true } })
  t.match(await token(xwms, shop, GRANT), { status: 400, body: { error: 'invalid_request' } })
  t.match(await token(xwms, shop, GRANT, { clientCertificate: SHOP_CERTIFICATE }), { status: 400 })
  t.equal((await token(xwms, shop, GRANT, { headers: { dpop: await proof(key) } })).status, 200)
})

t.test('a client whose tokens are to be bound to its certificate gets none without', async t => {
  const xwms = installation()
  const shop = await xwms.client({ metadata: { tls_client_certificate_bound_access_tokens: true } })
  t.match(await token(xwms, shop, GRANT), { status: 400, body: { error: 'invalid_request' } })
  const bound = await token(xwms, shop, GRANT, { clientCertificate: SHOP_CERTIFICATE })
  t.match(bound, { status: 200, body: { token_type: 'Bearer' } })
  const thumbprint = { 'x5t#S256': certificateThumbprint(SHOP_CERTIFICATE) }
  t.strictSame(await confirmationOf(xwms, bound.body.access_token), thumbprint)

  const headers = { dpop: await proof(key) }
  const twice = await token(xwms, shop, GRANT, { clientCertificate: SHOP_CERTIFICATE, headers })
  t.equal(twice.body.token_type, 'DPoP')
  t.strictSame(await confirmationOf(xwms, twice.body.access_token), { jkt: key.jkt, ...thumbprint })
})

t.test('a FAPI client gets tokens bound to its key, or else to its certificate, or none', async t => {
  const xwms = installation()
  const shop = await xwms.client(fapi)
  t.match(await token(xwms, shop, await proven(xwms, shop)), {
    status: 400,
    body: { error: 'invalid_request' },
  })
  const byKey = await token(xwms, shop, await proven(xwms, shop), {
    headers: { dpop: await proof(key) },
    clientCertificate: SHOP_CERTIFICATE,
  })
  t.strictSame(await confirmationOf(xwms, byKey.body.access_token), { jkt: key.jkt })
  const byCertificate = await token(xwms, shop, await proven(xwms, shop), {
    clientCertificate: SHOP_CERTIFICATE,
  })
  t.strictSame(await confirmationOf(xwms, byCertificate.body.access_token), {
    'x5t#S256': certificateThumbprint(SHOP_CERTIFICATE),
  })
  const weak = { dpop: await proof(await signer('RS256')) }
  t.match(await token(xwms, shop, await proven(xwms, shop), { headers: weak }), {
    status: 400,
    body: { error: 'invalid_dpop_proof' },
  })
})

t.test('a code that was asked for with a key is redeemed with that key alone', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  const code = await approvedCode(xwms, shop.client, ada, {
    scopes: ['email'],
    parameters: { dpop_jkt: key.jkt },
  })
  const refused = { status: 400, body: { error: 'invalid_grant' } }
  t.match(await token(xwms, shop, code), refused)
  t.match(await token(xwms, shop, code, { headers: { dpop: await proof(other) } }), refused)
  t.match(await token(xwms, shop, code, { headers: { dpop: await proof(key) } }), {
    status: 200,
    body: { token_type: 'DPoP' },
  })
})

t.test('a public client’s refresh token is bound to its key, and rotates all the same', async t => {
  const xwms = installation()
  const app = await xwms.client({ type: 'public', grantTypes: ['authorization_code', 'refresh_token'] })
  const code = await approvedCode(xwms, app.client, await xwms.user(), { scopes: ['email'] })
  const { body } = await token(xwms, app, code, { headers: { dpop: await proof(key) } })
  const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token }
  const refused = { status: 400, body: { error: 'invalid_grant' } }
  t.match(await token(xwms, app, refresh), refused)
  t.match(await token(xwms, app, refresh, { headers: { dpop: await proof(other) } }), refused)
  t.match(await token(xwms, app, refresh, { clientCertificate: SHOP_CERTIFICATE }), refused)
  const next = await token(xwms, app, refresh, { headers: { dpop: await proof(key) } })
  t.match(next, { status: 200, body: { token_type: 'DPoP' } })
  t.not(next.body.refresh_token, body.refresh_token)
  const stolen = { ...refresh, refresh_token: next.body.refresh_token }
  t.match(await token(xwms, app, stolen), refused, 'its successor is bound as well')
})

t.test('a public client’s refresh token is bound to its certificate', async t => {
  const xwms = installation()
  const app = await xwms.client({
    type: 'public',
    grantTypes: ['authorization_code', 'refresh_token'],
    metadata: { tls_client_certificate_bound_access_tokens: true },
  })
  const code = await approvedCode(xwms, app.client, await xwms.user(), { scopes: ['email'] })
  const { body } = await token(xwms, app, code, { clientCertificate: SHOP_CERTIFICATE })
  const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token }
  t.match(await token(xwms, app, refresh, { clientCertificate: OTHER_CERTIFICATE }), { status: 400 })
  t.match(await token(xwms, app, refresh, { clientCertificate: SHOP_CERTIFICATE }), { status: 200 })
})

t.test('a FAPI client may refresh with a new key, and keeps its refresh token', async t => {
  const xwms = installation()
  const shop = await xwms.client({ ...fapi, grantTypes: ['authorization_code', 'refresh_token'] })
  const code = await approvedCode(xwms, shop.client, await xwms.user(), { scopes: ['email'] })
  const first = await token(xwms, shop, await proven(xwms, shop, code), {
    headers: { dpop: await proof(key) },
  })
  t.equal(first.status, 200)
  const { refresh_token } = first.body
  xwms.pass(30)
  const form = { grant_type: 'refresh_token', refresh_token }
  const headers = async () => ({ headers: { dpop: await proof(other, {}, {}, xwms.now()) } })
  for (let time = 0; time < 2; time++) {
    const next = await token(xwms, shop, await proven(xwms, shop, form), await headers())
    t.equal(next.status, 200)
    t.equal(next.body.refresh_token, refresh_token)
    t.strictSame(await confirmationOf(xwms, next.body.access_token), { jkt: other.jkt })
  }
  t.match(await token(xwms, shop, await proven(xwms, shop, form)), { status: 400 }, 'but not without any')
})

t.test('a refresh token that stays brings nothing that its user takes back meanwhile', async t => {
  const xwms = installation()
  const shop = await xwms.client({ ...fapi, grantTypes: ['authorization_code', 'refresh_token'] })
  const ada = await xwms.user()
  const code = await approvedCode(xwms, shop.client, ada, { scopes: ['email', 'orders:read'] })
  const headers = async () => ({ headers: { dpop: await proof(key) } })
  const { refresh_token } = (await token(xwms, shop, await proven(xwms, shop, code), await headers())).body
  takesBackMeanwhile(xwms, () =>
    xwms.storage.clientUsers.removeScope(shop.client.id, ada.sub, 'email', xwms.now()),
  )
  const form = { grant_type: 'refresh_token', refresh_token }
  const { status, body } = await token(xwms, shop, await proven(xwms, shop, form), await headers())
  t.match([status, body.scope, body.refresh_token], [200, 'orders:read', refresh_token])
})

t.test('a FAPI code lives for a minute, whatever the configuration says', async t => {
  const xwms = installation({ lifetimes: { codeSeconds: 600 } })
  const shop = await xwms.client(fapi)
  const code = await approvedCode(xwms, shop.client, await xwms.user(), { scopes: ['email'] })
  xwms.pass(60)
  const headers = { dpop: await proof(key, {}, {}, xwms.now()) }
  t.match(await token(xwms, shop, await proven(xwms, shop, code), { headers }), {
    status: 400,
    body: { error: 'invalid_grant' },
  })
})

t.test('what is bound to two things asks for both, and what is bound to nothing for nothing', async t => {
  t.ok(satisfies(undefined, undefined))
  t.ok(satisfies({ jkt: 'a' }, undefined))
  t.ok(satisfies({ jkt: 'a', 'x5t#S256': 'b' }, { jkt: 'a' }))
  t.notOk(satisfies({ jkt: 'a' }, { jkt: 'a', 'x5t#S256': 'b' }))
  t.notOk(satisfies(undefined, { jkt: 'a' }))
})
