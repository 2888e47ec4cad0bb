import t from 'tap'
import { updateClient } from '../../src/manage/clients.ts'
import { installation } from '../installation.ts'
import { tokensFor, userinfo } from './partner.ts'

async function withTokens(scope = 'openid email profile offline_access') {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  const tokens = await tokensFor(xwms, shop, ada, { scope })
  return { xwms, shop, ada, tokens }
}

t.test('the bearer of a token learns what its scopes allow', async t => {
  const { xwms, ada, tokens } = await withTokens('openid email')
  const { status, headers, body } = await userinfo(xwms, tokens.access_token)
  t.equal(status, 200)
  t.strictSame(body, { sub: ada.sub, email: ada.email, email_verified: true })
  t.match(headers, { 'content-type': /^application\/json/, 'cache-control': 'no-store' })
})

t.test('the first address comes with the scope address alone', async t => {
  for (const [scope, expected] of [
    ['openid address', { locality: 'London', country: 'GB' }],
    ['openid', undefined],
  ] as const) {
    const { xwms, ada, tokens } = await withTokens(scope)
    const nothing = Object.fromEntries(
      [
        'name',
        'companyName',
        'firstname',
        'lastname',
        'phone',
        'email',
        'taxNr',
        'registrationNr',
        'accessCode',
      ].map(name => [name, undefined]),
    )
    const address = {
      ...nothing,
      type: 'standard',
      postalCode: undefined,
      houseNumber: undefined,
      street: undefined,
    }
    const { addresses } = xwms.storage
    for (const city of ['London', 'Paris'])
      await addresses.create(
        ada.sub,
        { ...address, city, country: 'GB' } as Parameters<typeof addresses.create>[1],
        xwms.now(),
      )
    t.match((await userinfo(xwms, tokens.access_token)).body, { sub: ada.sub })
    t.strictSame((await userinfo(xwms, tokens.access_token)).body.address, expected)
  }
})

t.test('a token comes in the header or in a form', async t => {
  const { xwms, ada, tokens } = await withTokens()
  const authorization = `Bearer ${tokens.access_token}`
  const ways = [
    xwms.ask('GET', '/oauth/userinfo', { headers: { authorization } }),
    xwms.ask('GET', '/oauth/userinfo', { headers: { authorization: `bearer  ${tokens.access_token}` } }),
    xwms.ask('POST', '/oauth/userinfo', { headers: { authorization } }),
    xwms.ask('POST', '/oauth/userinfo', { form: { access_token: tokens.access_token } }),
  ]
  for (const way of ways) t.match(JSON.parse((await way).body), { sub: ada.sub })
})

t.test('a token in the query is none', async t => {
  const { xwms, tokens } = await withTokens()
  const { status } = await xwms.ask('GET', '/oauth/userinfo', {
    query: { access_token: tokens.access_token },
  })
  t.equal(status, 401)
})

t.test('whoever brings no token is told the scheme and nothing more', async t => {
  const { xwms, tokens } = await withTokens()
  const headers = [
    undefined,
    '',
    'Basic eDp5',
    'Bearer',
    'Bearer ',
    `Bearer ${tokens.access_token} x`,
    tokens.access_token,
  ]
  for (const authorization of headers) {
    const { status, headers } = await xwms.ask('GET', '/oauth/userinfo', { headers: { authorization } })
    t.equal(status, 401, authorization)
    t.equal(headers['www-authenticate'], 'Bearer realm="XWMS"', authorization)
  }
})

t.test('a token that is not good gets invalid_token', async t => {
  const { xwms, tokens } = await withTokens()
  for (const presented of ['x', `${tokens.access_token}x`, tokens.refresh_token, tokens.id_token]) {
    const { status, headers, body } = await userinfo(xwms, presented)
    t.equal(status, 401)
    t.equal(body.error, 'invalid_token')
    t.match(
      headers['www-authenticate'],
      /^Bearer realm="XWMS", error="invalid_token", error_description="[^"\\]+"$/,
    )
  }
})

t.test('a token in two ways, or twice, is an invalid_request', async t => {
  const { xwms, tokens } = await withTokens()
  const authorization = `Bearer ${tokens.access_token}`
  const form = { access_token: tokens.access_token }
  const both = await xwms.ask('POST', '/oauth/userinfo', { headers: { authorization }, form })
  const twice = await xwms.ask('POST', '/oauth/userinfo', {
    form: `access_token=${tokens.access_token}&access_token=${tokens.access_token}`,
  })
  // A header of another scheme beside the form is a second way as well.
  const basic = await xwms.ask('POST', '/oauth/userinfo', { headers: { authorization: 'Basic eDp5' }, form })
  for (const { status, body } of [both, twice, basic]) {
    t.equal(status, 400)
    t.equal(JSON.parse(body).error, 'invalid_request')
  }
})

t.test('a token without openid is not enough', async t => {
  const { xwms, tokens } = await withTokens('email')
  const { status, headers, body } = await userinfo(xwms, tokens.access_token)
  t.equal(status, 403)
  t.equal(body.error, 'insufficient_scope')
  t.match(headers['www-authenticate'], /error="insufficient_scope"/)
})

t.test('a token ends with its lifetime, its grant, its user and its client', async t => {
  type With = Awaited<ReturnType<typeof withTokens>>
  const table: Record<string, (given: With) => unknown> = {
    'its lifetime': ({ xwms }) => xwms.pass(3600),
    'the user’s approval': ({ xwms, shop, ada }) =>
      xwms.storage.clientUsers.revoke(shop.client.id, ada.sub, xwms.now()),
    'a user who is disabled': ({ xwms, ada }) =>
      Object.assign(xwms.storage.users, { find: async () => ({ ...ada, disabledAt: xwms.now() }) }),
    'a user who is gone': ({ xwms }) => Object.assign(xwms.storage.users, { find: async () => undefined }),
    'a client that is disabled': ({ xwms, shop }) =>
      updateClient(xwms.environment, shop.client.id, { enabled: false }),
  }
  for (const [name, end] of Object.entries(table)) {
    const given = await withTokens()
    t.equal((await userinfo(given.xwms, given.tokens.access_token)).status, 200)
    await end(given)
    const { status, body } = await userinfo(given.xwms, given.tokens.access_token)
    t.equal(status, 401, name)
    t.equal(body.error, 'invalid_token', name)
  }
})
