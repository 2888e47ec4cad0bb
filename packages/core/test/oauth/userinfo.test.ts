import { createLocalJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { updateClient } from '../../src/manage/clients.ts'
import { ISSUER, installation } from '../installation.ts'
import { approvedCode } from './approved.ts'
import { token, tokensFor, userinfo } from './partner.ts'
import { proof, signer } from './signer.ts'

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
    t.match(
      headers['www-authenticate'],
      /^Bearer realm="XWMS", DPoP realm="XWMS", algs="[^"]+"$/,
      authorization,
    )
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
      /^Bearer realm="XWMS", error="invalid_token", error_description="[^"\\]+", DPoP realm="XWMS", algs="[^"]+"$/,
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
    // A token that was used is remembered, and forgotten when the storage tells of a change: here somebody else makes it.
    if (!name.startsWith('a user'))
      t.equal((await userinfo(given.xwms, given.tokens.access_token)).status, 200)
    await end(given)
    const { status, body } = await userinfo(given.xwms, given.tokens.access_token)
    t.equal(status, 401, name)
    t.equal(body.error, 'invalid_token', name)
  }
})

t.test('a client that registered an algorithm gets the answer signed, for itself', async t => {
  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    const xwms = installation()
    const shop = await xwms.client({ metadata: { userinfo_signed_response_alg: alg } })
    const ada = await xwms.user()
    const tokens = await tokensFor(xwms, shop, ada, { scope: 'openid email' })
    const { status, headers, body } = await xwms.ask('GET', '/oauth/userinfo', {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    t.equal(status, 200)
    t.match(headers, { 'content-type': 'application/jwt', 'cache-control': 'no-store' })
    const keys = createLocalJWKSet(JSON.parse((await xwms.ask('GET', '/.well-known/jwks.json')).body))
    const { payload, protectedHeader } = await jwtVerify(body, keys, { currentDate: xwms.now() })
    t.equal(protectedHeader.alg, alg)
    t.strictSame(payload, {
      sub: ada.sub,
      email: ada.email,
      email_verified: true,
      iss: ISSUER,
      aud: shop.client.id,
    })
  }
})

t.test('the sub is the one of the ID token, for a client with pairwise subjects too', async t => {
  const xwms = installation()
  const shop = await xwms.client({ metadata: { subject_type: 'pairwise' } })
  const ada = await xwms.user()
  const tokens = await tokensFor(xwms, shop, ada)
  const { body } = await userinfo(xwms, tokens.access_token)
  const claims = JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url').toString())
  t.equal(body.sub, claims.sub)
  t.not(body.sub, ada.sub)
})

t.test('the claims parameter is honoured where it asked', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const claims = { userinfo: { given_name: null }, id_token: { email: { essential: true } } }
  const tokens = await tokensFor(xwms, shop, await xwms.user(), {
    scope: 'openid',
    claims: JSON.stringify(claims),
  })
  const { body } = await userinfo(xwms, tokens.access_token)
  t.match(body, { given_name: 'Ada' })
  t.notOk('email' in body)
  const idToken = JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url').toString())
  t.equal(idToken.email, 'ada@example.com')
  t.notOk('given_name' in idToken)
})

t.test('a token that is for others tells them nothing about the user', async t => {
  const xwms = installation({
    oauth: {
      resources: {
        'https://api.example.com': { name: 'API' },
        [`${ISSUER}/oauth/userinfo`]: { name: 'UserInfo' },
      },
    },
  })
  const shop = await xwms.client()
  const ada = await xwms.user()
  for (const [resource, status] of [
    ['https://api.example.com', 401],
    [`${ISSUER}/oauth/userinfo`, 200],
  ] as const) {
    const form = await approvedCode(xwms, shop.client, ada, { parameters: { resource } })
    const { body } = await token(xwms, shop, form)
    t.equal((await userinfo(xwms, body.access_token)).status, status, resource)
  }
})

t.test('a token that is bound to a key is good with a proof by it, and is no bearer token', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  const key = await signer()
  const form = await approvedCode(xwms, shop.client, ada)
  const { body } = await token(xwms, shop, form, { headers: { dpop: await proof(key) } })
  const accessToken = body.access_token
  const by = async (other = key, method = 'GET') => ({
    authorization: `DPoP ${accessToken}`,
    dpop: await proof(other, { accessToken, htm: method, htu: `${ISSUER}/oauth/userinfo` }),
  })
  t.equal((await userinfo(xwms, accessToken)).status, 401, 'not by the header')
  t.equal(
    (await xwms.ask('POST', '/oauth/userinfo', { form: { access_token: accessToken } })).status,
    401,
    'not by the body',
  )
  for (const method of ['GET', 'POST']) {
    const { status, body } = await xwms.ask(method, '/oauth/userinfo', { headers: await by(key, method) })
    t.equal(status, 200, method)
    t.match(JSON.parse(body), { sub: ada.sub })
  }
  const stranger = await xwms.ask('GET', '/oauth/userinfo', { headers: await by(await signer()) })
  t.equal(stranger.status, 401)
  t.match(stranger.headers['www-authenticate'], /DPoP .*error="invalid_/)
})

t.test('who uses nonces gets the next one with the claims', async t => {
  const key = await signer()
  for (const [requireDpopNonce, first, expected] of [
    [true, true, true],
    [false, true, true],
    [false, false, false],
  ]) {
    const xwms = installation({ oauth: { requireDpopNonce: requireDpopNonce === true } })
    const shop = await xwms.client()
    const ada = await xwms.user()
    // A proof with a nonce that is none is told a good one.
    const told = await token(
      xwms,
      shop,
      { grant_type: 'authorization_code' },
      {
        headers: { dpop: await proof(key, { nonce: 'none' }) },
      },
    )
    const nonce = first ? told.headers['dpop-nonce'] : undefined
    const form = await approvedCode(xwms, shop.client, ada)
    const { body } = await token(xwms, shop, form, { headers: { dpop: await proof(key, { nonce }) } })
    const accessToken = body.access_token
    const claims = { accessToken, nonce, htm: 'GET', htu: `${ISSUER}/oauth/userinfo` }
    const answer = await xwms.ask('GET', '/oauth/userinfo', {
      headers: { authorization: `DPoP ${accessToken}`, dpop: await proof(key, claims) },
    })
    t.equal(answer.status, 200)
    t.equal(answer.headers['dpop-nonce'] === undefined, !expected, `${requireDpopNonce} ${first}`)
  }
})
