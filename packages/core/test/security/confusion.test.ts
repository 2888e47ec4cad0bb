// One thing taken for another: a state for a login, a client for a user, a token for a key to everything.
import t from 'tap'
import { sha256 } from '../../src/lib/hash.ts'
import { randomToken } from '../../src/lib/random.ts'
import { createUser } from '../../src/manage/users.ts'
import { CALLBACK, type Installation, installation, type Registered } from '../installation.ts'
import { authorizationRequest, proofKey, token, tokensFor, userinfo } from '../oauth/partner.ts'
import { newcomers } from './newcomers.ts'

const GRANTS = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
]

/** Whether something opens, to whoever presents a value there. */
type Door = (value: string) => Promise<boolean>

/** Everything that a kit gives out, by name. */
async function keysOf(xwms: Installation, shop: Registered): Promise<Record<string, string>> {
  const { verifier, challenge } = proofKey()
  const ada = await xwms.user()
  const browser = xwms.browser()
  const tokens = await tokensFor(xwms, shop, ada)
  const pushed = await xwms.ask('POST', '/oauth/par', {
    form: {
      ...Object.fromEntries(
        new URLSearchParams(authorizationRequest(shop.client.id, challenge).split('?')[1]),
      ),
      client_secret: shop.value,
    },
  })
  const device = await xwms.ask('POST', '/oauth/device_authorization', {
    form: { client_id: shop.client.id, client_secret: shop.value, scope: 'openid' },
  })
  const begun = await xwms.ask('POST', '/api/sign-token', {
    headers: shop.headers,
    json: { redirect_url: CALLBACK },
  })
  const signToken = JSON.parse(begun.body).data
  const signIn = await browser.get(
    authorizationRequest(shop.client.id, challenge, {
      state: randomToken(),
      nonce: randomToken(),
      prompt: 'login',
    }),
  )
  const consent = await browser.signIn(signIn, ada)
  const callback = await browser.get(`${new URL(signToken.url).pathname}${new URL(signToken.url).search}`)
  const answered = callback.view.page === 'consent' ? await browser.decide(callback, 'allow') : callback
  return {
    state: randomToken(),
    nonce: randomToken(),
    challenge,
    verifier,
    interaction: signIn.view.interaction,
    signTokenHandle: signToken.token,
    csrfToken: signIn.view.csrfToken,
    csrfCookie: browser.cookies.get('__Host-xwms_csrf') ?? '',
    sessionCookie: browser.cookies.get('__Host-xwms_session') ?? '',
    code: consent.url.searchParams.get('code') ?? '',
    callbackToken: answered.url.searchParams.get('token') ?? '',
    requestUri: JSON.parse(pushed.body).request_uri,
    deviceCode: JSON.parse(device.body).device_code,
    userCode: JSON.parse(device.body).user_code,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    idToken: tokens.id_token,
    clientSecret: shop.value,
    clientId: shop.client.id,
    sub: ada.sub,
    email: ada.email,
  }
}

t.test(
  'what opens one door opens no other: a state is no login, a code no token, an ID token no key',
  async t => {
    const xwms = installation({ oauth: { tokenExchange: true } })
    const shop = await xwms.client({ grantTypes: GRANTS })
    const keys = await keysOf(xwms, shop)
    for (const [name, key] of Object.entries(keys)) t.ok(key, name)

    const tokenDoor =
      (form: (value: string) => Record<string, string>): Door =>
      async value =>
        (await token(xwms, shop, form(value))).status === 200
    const bearer: Door = async value => {
      const { status } = await xwms.ask('GET', '/oauth/userinfo', {
        headers: { authorization: `Bearer ${value}` },
      })
      return status === 200
    }
    const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
    const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
    const doors: Record<string, readonly [door: Door, ...opensTo: string[]]> = {
      session: [
        async value => {
          const cookie = `__Host-xwms_session=${value}`
          return (await xwms.ask('GET', '/account', { headers: { cookie } })).headers.location === undefined
        },
        'sessionCookie',
      ],
      signTokenVerify: [
        async value => {
          const asked = { headers: shop.headers, json: { token: value } }
          return (await xwms.ask('POST', '/api/sign-token-verify', asked)).status === 200
        },
        'callbackToken',
      ],
      code: [
        tokenDoor(code => ({
          grant_type: 'authorization_code',
          code,
          redirect_uri: CALLBACK,
          code_verifier: keys.verifier as string,
        })),
        'code',
      ],
      refresh: [tokenDoor(refresh_token => ({ grant_type: 'refresh_token', refresh_token })), 'refreshToken'],
      device: [tokenDoor(device_code => ({ grant_type: GRANTS[3] as string, device_code }))],
      exchange: [
        tokenDoor(subject_token => ({
          grant_type: EXCHANGE,
          subject_token,
          subject_token_type: ACCESS_TOKEN,
        })),
        'accessToken',
      ],
      bearer: [bearer, 'accessToken'],
      clientSecret: [
        async client_secret => {
          const form = { grant_type: 'client_credentials', client_secret }
          return (await token(xwms, shop, form)).status === 200
        },
        'clientSecret',
      ],
      apiSecret: [
        async value => {
          const headers = { ...shop.headers, 'x-client-secret': value }
          return (await xwms.ask('POST', '/api/global/countries', { headers, json: {} })).status === 200
        },
        'clientSecret',
      ],
      interaction: [
        async value => {
          const { status } = await xwms.ask('GET', '/sign-in', { query: { interaction: value } })
          return status === 200
        },
      ],
      pushedRequest: [
        async value => {
          const query = { client_id: shop.client.id, request_uri: value }
          const { headers } = await xwms.ask('GET', '/oauth/authorize', { query })
          return String(headers.location).includes('/sign-in')
        },
        'requestUri',
      ],
      registration: [
        async value => {
          const headers = { authorization: `Bearer ${value}` }
          const { status } = await xwms.ask('POST', '/oauth/register', { headers, json: {} })
          return status === 201
        },
      ],
    }
    for (const [door, [opens, ...opensTo]] of Object.entries(doors)) {
      for (const [name, key] of Object.entries(keys)) {
        if (opensTo.includes(name)) continue
        // An interaction that is not finished has two handles here, and each is one for the sign-in page.
        if (door === 'interaction' && ['interaction', 'signTokenHandle'].includes(name)) continue
        t.equal(await opens(key), false, `${name} at ${door}`)
      }
      for (const name of opensTo) t.equal(await opens(keys[name] as string), true, `${name} opens ${door}`)
    }
  },
)

t.test('a client chooses neither its id nor a claim by which it could pass for a user', async t => {
  const { xwms, register } = await newcomers(t)
  const ada = await xwms.user()
  const { status, body } = await register({
    client_id: ada.sub,
    sub: ada.sub,
    username: ada.email,
    client_name: ada.name,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    scope: 'openid email',
    token_endpoint_auth_method: 'client_secret_post',
  })
  t.equal(status, 201)
  t.match(body.client_id, /^cl_[\w-]{20}$/)
  t.notOk('sub' in body || 'username' in body)
  const owner = { client: { id: body.client_id, type: 'confidential' }, value: body.client_secret }
  const answer = await token(xwms, owner as never, {
    grant_type: 'client_credentials',
    client_id: body.client_id,
  })
  t.equal(answer.status, 200)
  t.equal((await userinfo(xwms, answer.body.access_token)).status, 401)
  const introspected = await xwms.ask('POST', '/oauth/introspect', {
    form: { client_id: body.client_id, client_secret: body.client_secret, token: answer.body.access_token },
  })
  t.match(JSON.parse(introspected.body), { active: true, sub: body.client_id, client_id: body.client_id })
  // A client that has a document is called by its https address, which is nobody's sub; everybody else's is a number.
  t.match(ada.sub, /^\d+$/)
})

t.test('a sub is nobody else’s, whatever becomes of the email address', async t => {
  const xwms = installation()
  const email = 'ada@example.com'
  const first = await createUser(xwms.environment, { email, givenName: 'Ada', familyName: 'Lovelace' })
  t.match(first.sub, /^[1-9]\d{0,15}$/)
  await t.rejects(createUser(xwms.environment, { email, givenName: 'Not', familyName: 'Ada' }), {
    code: 'email_taken',
  })
  const taken: string[] = []
  const { users } = xwms.storage
  const storage = {
    ...xwms.storage,
    users: {
      ...users,
      create: (user: Parameters<typeof users.create>[0], audit: Parameters<typeof users.create>[1]) => {
        // As if the same number were drawn again.
        const drawn = taken.length === 0 ? { ...user, sub: first.sub } : user
        taken.push(drawn.sub)
        return users.create(drawn, audit)
      },
    },
  }
  const second = await createUser(
    { ...xwms.environment, now: xwms.now(), storage },
    { email: 'other@example.com', givenName: 'Other', familyName: 'One' },
  )
  t.strictSame(taken.length, 2)
  t.not(second.sub, first.sub)
})

t.test('a session that a stranger planted is worth nothing after the sign-in', async t => {
  const xwms = installation()
  const ada = await xwms.user()
  const planted = randomToken()
  const browser = xwms.browser()
  browser.cookies.set('__Host-xwms_session', planted)
  await browser.signIn(await browser.get('/sign-in?return_to=account'), ada)
  t.not(browser.cookies.get('__Host-xwms_session'), planted)
  t.equal(await xwms.storage.sessions.find(sha256(planted), xwms.now()), undefined)
})
