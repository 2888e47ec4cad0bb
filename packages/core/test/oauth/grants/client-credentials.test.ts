import t from 'tap'
import { BUILT_IN_SCOPES } from '../../../src/config/defaults.ts'
import { sha256 } from '../../../src/lib/hash.ts'
import { installation } from '../../installation.ts'
import { token, userinfo } from '../partner.ts'

const GRANT = { grant_type: 'client_credentials' }

t.test(
  'a client that acts for itself gets its own scopes, none of a user’s, and no refresh token',
  async t => {
    const xwms = installation()
    const shop = await xwms.client()
    const { status, body } = await token(xwms, shop, GRANT)
    t.equal(status, 200)
    t.strictSame(
      { ...body, access_token: '' },
      {
        access_token: '',
        token_type: 'Bearer',
        expires_in: 3600,
        scope: 'manage:read manage orders:read orders:write',
      },
    )
    const found = await xwms.storage.tokens.findAccessToken(sha256(body.access_token), xwms.now())
    t.match(found, {
      token: { sub: undefined, clientId: shop.client.id },
      grant: { sub: undefined, amr: [] },
    })
  },
)

t.test('it may ask for less, and not for what it was not granted', async t => {
  const xwms = installation()
  const shop = await xwms.client({ scopes: ['orders:read', 'openid'] })
  const table: [scope: string, given: string | undefined][] = [
    ['orders:read', 'orders:read'],
    ['orders:read unheard-of', undefined],
    ['orders:read orders:write', undefined],
    ...Object.keys(BUILT_IN_SCOPES).map(scope => [scope, undefined] as [string, undefined]),
  ]
  for (const [scope, given] of table) {
    const { body } = await token(xwms, shop, { ...GRANT, scope })
    t.equal(body.scope, given, scope)
    t.equal(body.error, given === undefined ? 'invalid_scope' : undefined, scope)
  }
})

t.test(
  'a client that was granted nothing for itself gets a token for nothing, which has no scope',
  async t => {
    const xwms = installation()
    const { status, body } = await token(xwms, await xwms.client({ scopes: ['openid'] }), GRANT)
    t.equal(status, 200)
    t.notOk('scope' in body)
    const found = await xwms.storage.tokens.findAccessToken(sha256(body.access_token), xwms.now())
    t.strictSame(found?.token.scopes, [])
  },
)

t.test('a token without a user is nobody at the UserInfo endpoint', async t => {
  const xwms = installation()
  const { body } = await token(xwms, await xwms.client(), GRANT)
  t.equal((await userinfo(xwms, body.access_token)).status, 401)
})

t.test('a public client, and one without the grant type, get nothing', async t => {
  const xwms = installation()
  const app = await xwms.client({ type: 'public', grantTypes: ['authorization_code'] })
  const web = await xwms.client({ grantTypes: ['authorization_code'] })
  for (const client of [app, web])
    t.match(await token(xwms, client, GRANT), { status: 400, body: { error: 'unauthorized_client' } })

  // The management refuses to make such a client; a storage may hold one from elsewhere.
  await xwms.storage.clients.update(
    app.client,
    { ...app.client, grantTypes: ['client_credentials'] },
    {
      id: 'aud_x',
      at: xwms.now(),
      actor: 'test',
      action: 'client.updated',
      workspaceId: undefined,
      target: app.client.id,
      ip: undefined,
      before: undefined,
      after: undefined,
    },
  )
  t.match(await token(xwms, app, GRANT), { status: 400, body: { error: 'unauthorized_client' } })
})

t.test('the token expires', async t => {
  const xwms = installation()
  const { body } = await token(xwms, await xwms.client(), GRANT)
  const found = async () => xwms.storage.tokens.findAccessToken(sha256(body.access_token), xwms.now())
  xwms.pass(3599)
  t.ok(await found())
  xwms.pass(1)
  t.notOk(await found())
})
