import { generateKeyPairSync, sign } from 'node:crypto'
import { createLocalJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import type { HostSigningKey } from '../../../src/config/options.ts'
import { sha256 } from '../../../src/lib/hash.ts'
import type { ClientInput } from '../../../src/manage/clients.ts'
import { updateClient } from '../../../src/manage/clients.ts'
import type { JsonWebKey } from '../../../src/model/json-web-key.ts'
import { CALLBACK, type Installation, ISSUER, installation, type Registered } from '../../installation.ts'
import { approvedCode } from '../approved.ts'
import { authorizationRequest, authorize, proofKey, token, userinfo } from '../partner.ts'

const { verifier, challenge } = proofKey()

/** An installation in which a client has just got a code for Ada. */
async function withCode(
  parameters: Readonly<Record<string, string | undefined>> = {},
  input: Partial<ClientInput> = {},
  xwms = installation(),
) {
  const shop = await xwms.client(input)
  const ada = await xwms.user()
  const url = await authorize(
    xwms.browser(),
    authorizationRequest(shop.client.id, challenge, parameters),
    ada,
  )
  const code = url.searchParams.get('code') ?? ''
  const redeem = (form: Record<string, string | undefined> = {}, by: Registered = shop) =>
    token(xwms, by, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: CALLBACK,
      code_verifier: verifier,
      ...form,
    })
  return { xwms, shop, ada, code, redeem }
}

async function verified({ ask }: Installation, idToken: string, audience: string, currentDate: Date) {
  const { body } = await ask('GET', '/.well-known/jwks.json')
  const { payload } = await jwtVerify(idToken, createLocalJWKSet(JSON.parse(body)), {
    issuer: ISSUER,
    audience,
    currentDate,
  })
  return payload
}

t.test('a code becomes tokens: for whom, for what, for how long', async t => {
  const { xwms, shop, ada, redeem } = await withCode()
  const { status, headers, body } = await redeem()
  t.equal(status, 200)
  t.match(headers, { 'content-type': /^application\/json/, 'cache-control': 'no-store', pragma: 'no-cache' })
  t.match(body, { token_type: 'Bearer', expires_in: 3600, scope: 'openid email offline_access' })
  t.match(body.access_token, /^xwms_at_[\w-]{43}$/)
  t.match(body.refresh_token, /^xwms_rt_[\w-]{43}$/)
  t.strictSame(Object.keys(body).sort(), [
    'access_token',
    'expires_in',
    'id_token',
    'refresh_token',
    'scope',
    'token_type',
  ])
  const claims = await verified(xwms, body.id_token, shop.client.id, xwms.now())
  t.match(claims, { sub: ada.sub, nonce: 'nonce-1', amr: ['pwd'], sid: /^sid_/, auth_time: Number })
  t.match((await userinfo(xwms, body.access_token)).body, { sub: ada.sub, email: 'ada@example.com' })
})

t.test('an ID token comes with openid, a refresh token with offline_access or without openid', async t => {
  const table: [scope: string, grantTypes: string[], idToken: boolean, refreshToken: boolean][] = [
    ['openid email', ['authorization_code', 'refresh_token'], true, false],
    ['openid offline_access', ['authorization_code', 'refresh_token'], true, true],
    ['openid offline_access', ['authorization_code'], true, false],
    ['email', ['authorization_code', 'refresh_token'], false, true],
    ['email', ['authorization_code'], false, false],
  ]
  for (const [scope, grantTypes, idToken, refreshToken] of table) {
    const { redeem } = await withCode({ scope }, { grantTypes })
    const { body } = await redeem()
    t.equal(body.scope, scope)
    t.equal('id_token' in body, idToken, `${scope} with ${grantTypes}`)
    t.equal('refresh_token' in body, refreshToken, `${scope} with ${grantTypes}`)
  }
})

t.test('nothing that opens anything is stored as it is', async t => {
  const { xwms, code, redeem } = await withCode()
  const { body } = await redeem()
  for (const value of [code, body.access_token, body.refresh_token]) {
    t.notOk(await xwms.storage.codes.find(value))
    t.notOk(await xwms.storage.tokens.findAccessToken(value, xwms.now()))
    t.notOk(await xwms.storage.tokens.findRefreshToken(value))
  }
  t.ok(await xwms.storage.tokens.findAccessToken(sha256(body.access_token), xwms.now()))
})

t.test('a code that is not good for this is an invalid_grant', async t => {
  const table: [name: string, form: Record<string, string | undefined>, told: RegExp][] = [
    ['an unknown code', { code: 'x'.repeat(43) }, /code is unknown/],
    ['another redirect URI', { redirect_uri: `${CALLBACK}/` }, /is not the one/],
    ['a redirect URI that was left out', { redirect_uri: undefined }, /Send the redirect_uri/],
    ['no verifier', { code_verifier: undefined }, /Send the code_verifier/],
    ['another verifier', { code_verifier: proofKey().verifier }, /does not belong/],
    ['the challenge for a verifier', { code_verifier: challenge }, /does not belong/],
    ['a verifier that is too short', { code_verifier: 'short' }, /43 to 128 characters/],
  ]
  for (const [name, form, told] of table) {
    const { redeem } = await withCode()
    const { status, body } = await redeem(form)
    t.equal(status, 400, name)
    t.equal(body.error, 'invalid_grant', name)
    t.match(body.error_description, told, name)
    t.equal((await redeem()).status, 200, `after ${name} the code is still good for its owner`)
  }
})

t.test('what is missing altogether is an invalid_request', async t => {
  const { redeem } = await withCode()
  t.match(await redeem({ code: undefined }), { status: 400, body: { error: 'invalid_request' } })
  t.match(await redeem({ code: '' }), { status: 400, body: { error: 'invalid_request' } })
  t.match(await redeem({ grant_type: undefined }), { status: 400, body: { error: 'invalid_request' } })
})

t.test('a code serves the client that it was given to, and nobody else', async t => {
  const { xwms, redeem } = await withCode()
  const other = await xwms.client()
  const { status, body } = await redeem({}, other)
  t.equal(status, 400)
  t.equal(body.error, 'invalid_grant')
  t.equal((await redeem()).status, 200, 'and a stranger’s attempt does not spend it')
})

t.test('a code lives for a minute', async t => {
  for (const [seconds, status] of [
    [59, 200],
    [60, 400],
  ] as const) {
    const { xwms, redeem } = await withCode()
    xwms.pass(seconds)
    t.equal((await redeem()).status, status, `${seconds} s`)
  }
})

t.test('a code that is replayed gives nothing, and what it gave before is revoked', async t => {
  const { xwms, shop, redeem } = await withCode()
  const { body: tokens } = await redeem()
  t.equal((await userinfo(xwms, tokens.access_token)).status, 200)
  const replay = await redeem()
  t.equal(replay.status, 400)
  t.equal(replay.body.error, 'invalid_grant')
  t.equal((await userinfo(xwms, tokens.access_token)).status, 401)
  const refresh = await token(xwms, shop, {
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token,
  })
  t.match(refresh, { status: 400, body: { error: 'invalid_grant' } })
})

t.test('a replay by somebody who knows the code and no more revokes nothing', async t => {
  const { xwms, redeem } = await withCode()
  const { body: tokens } = await redeem()
  const other = await xwms.client()
  t.equal((await redeem({}, other)).status, 400)
  t.equal((await redeem({ code_verifier: proofKey().verifier })).status, 400)
  t.equal((await userinfo(xwms, tokens.access_token)).status, 200)
})

t.test('of many who redeem a code at once, one gets tokens, and the others end them', async t => {
  const { xwms, redeem } = await withCode()
  const answers = await Promise.all(Array.from({ length: 8 }, () => redeem()))
  const winners = answers.filter(({ status }) => status === 200)
  t.equal(winners.length, 1)
  t.equal((await userinfo(xwms, winners[0]?.body.access_token)).status, 401)
})

t.test('a verifier without a challenge is a downgrade, and refused', async t => {
  const nothing = { code_challenge: undefined, code_challenge_method: undefined }
  const { redeem } = await withCode(nothing, { requirePkce: false })
  t.match(await redeem(), { status: 400, body: { error: 'invalid_grant' } })
  t.equal(
    (await redeem({ code_verifier: undefined })).status,
    200,
    'an ordinary OpenID client may do without',
  )
})

t.test('a client that need not use PKCE and does is held to it', async t => {
  const { redeem } = await withCode({}, { requirePkce: false })
  t.match(await redeem({ code_verifier: undefined }), { status: 400, body: { error: 'invalid_grant' } })
  t.equal((await redeem()).status, 200)
})

t.test('a public client proves itself by its verifier alone', async t => {
  const { redeem } = await withCode(
    {},
    { type: 'public', grantTypes: ['authorization_code', 'refresh_token'] },
  )
  t.match(await redeem({ code_verifier: undefined }), { status: 400, body: { error: 'invalid_grant' } })
  t.equal((await redeem()).status, 200)
})

t.test('a redirect URI that was not sent to begin with need not be sent', async t => {
  for (const redirect_uri of [undefined, CALLBACK]) {
    const { redeem } = await withCode({ redirect_uri: undefined })
    t.equal((await redeem({ redirect_uri })).status, 200)
  }
  const { redeem } = await withCode({ redirect_uri: undefined })
  t.match(await redeem({ redirect_uri: 'https://evil.example' }), { body: { error: 'invalid_grant' } })
})

t.test('the token of a sign-token callback is no code', async t => {
  const { xwms, shop, ada, redeem } = await withCode()
  const started = await xwms.ask('POST', '/api/sign-token', {
    headers: shop.headers,
    json: { redirect_url: CALLBACK },
  })
  const { url } = JSON.parse(started.body).data
  const callback = await authorize(xwms.browser(), url, ada)
  const code = callback.searchParams.get('token') ?? ''
  t.match(code, /^[\w-]{43}$/)
  t.match(await redeem({ code, redirect_uri: undefined, code_verifier: undefined }), {
    status: 400,
    body: { error: 'invalid_grant' },
  })
})

t.test('an authorization code is no token for sign-token-verify', async t => {
  const { xwms, shop, code, redeem } = await withCode()
  const { status, body } = await xwms.ask('POST', '/api/sign-token-verify', {
    headers: shop.headers,
    json: { token: code },
  })
  t.equal(status, 400)
  t.equal(JSON.parse(body).error.code, 'invalid_token')
  t.equal((await redeem()).status, 200)
})

t.test('a user who was disabled, or is gone, since the code was given gets the client nothing', async t => {
  for (const gone of [true, false]) {
    const { xwms, ada, redeem } = await withCode()
    const disabled = { ...ada, disabledAt: xwms.now() }
    Object.assign(xwms.storage.users, { find: async () => (gone ? undefined : disabled) })
    t.match(await redeem(), { status: 400, body: { error: 'invalid_grant' } })
  }
})

t.test('a scope that the client lost meanwhile is not given', async t => {
  const { xwms, shop, redeem } = await withCode()
  await updateClient(xwms.environment, shop.client.id, { scopes: ['openid'] })
  const { body } = await redeem()
  t.equal(body.scope, 'openid')
  t.notOk('refresh_token' in body)
  t.notOk('email' in (await userinfo(xwms, body.access_token)).body)
})

t.test('a user who was disabled since signing in is the subject of no token', async t => {
  let disabledAt: Date | undefined
  const xwms = installation({}, storage => ({
    ...storage,
    users: {
      ...storage.users,
      async find(sub) {
        const user = await storage.users.find(sub)
        return user && { ...user, disabledAt }
      },
    },
  }))
  const { redeem } = await withCode({}, {}, xwms)
  disabledAt = xwms.now()
  const { status, body } = await redeem()
  t.equal(status, 400)
  t.equal(body.error, 'invalid_grant')
  disabledAt = undefined
  t.equal((await redeem()).status, 200, 'the code itself was good')
})

t.test('an approval that was revoked since takes the code with it', async t => {
  const { xwms, shop, ada, redeem } = await withCode()
  await xwms.storage.clientUsers.revoke(shop.client.id, ada.sub, xwms.now())
  const { status, body } = await redeem()
  t.equal(status, 400)
  t.equal(body.error, 'invalid_grant')
})

t.test('what the user takes back while the code is redeemed is not given, and what is left is', async t => {
  const { xwms, shop, ada, redeem } = await withCode()
  const { clientUsers } = xwms.storage
  const { find } = clientUsers
  let asked = 0
  clientUsers.find = async (...whose) => {
    const found = await find(...whose)
    asked += 1
    if (asked === 1) await clientUsers.removeScope(shop.client.id, ada.sub, 'email', xwms.now())
    return found
  }
  const { status, body } = await redeem()
  t.equal(status, 200)
  t.notMatch(body.scope, /email/)
  t.equal((await userinfo(xwms, body.access_token)).body.email, undefined)
  t.equal(asked, 2)
})

t.test('who takes something back again and again gets nothing given in the meantime', async t => {
  const { xwms, shop, ada, redeem } = await withCode()
  const { clientUsers, codes } = xwms.storage
  const { find } = clientUsers
  const taken = await find(shop.client.id, ada.sub)
  if (taken === undefined) throw new Error('Ada approved the shop.')
  clientUsers.find = async () => taken
  await clientUsers.removeScope(shop.client.id, ada.sub, 'email', xwms.now())
  let attempts = 0
  const { consume } = codes
  codes.consume = (...given) => {
    attempts += 1
    return consume(...given)
  }
  t.match(await redeem(), { status: 400, body: { error: 'invalid_grant' } })
  t.equal(attempts, 3)
})

t.test('of the request, the grant keeps what its tokens go on to depend on', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const parameters = { claims: '{"userinfo":{"email":null}}', state: 's', prompt: 'login', login_hint: 'ada' }
  const code = await approvedCode(xwms, shop.client, await xwms.user(), { scopes: ['email'], parameters })
  const { body } = await token(xwms, shop, code)
  const found = await xwms.storage.tokens.findAccessToken(sha256(body.access_token), xwms.now())
  t.strictSame(found?.grant.parameters, {
    claims: parameters.claims,
    scope: 'email',
    acr: 'urn:xwms:acr:password',
  })
})

t.test('a key that cannot sign just now costs the code nothing', async t => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  let away = true
  const hosted: HostSigningKey = {
    kid: 'kms-1',
    alg: 'RS256',
    publicJwk: publicKey.export({ format: 'jwk' }) as JsonWebKey,
    async sign(data) {
      if (away) throw new Error('The KMS is away.')
      return sign('sha256', data, privateKey)
    },
  }
  const { redeem } = await withCode({}, {}, installation({ keys: { hosted: [hosted] } }))
  t.ok((await redeem()).status >= 500)
  away = false
  t.equal((await redeem()).status, 200)
})
