import t from 'tap'
import { type ClientInput, updateClient } from '../../src/manage/clients.ts'
import {
  type Asked,
  CALLBACK,
  type Installation,
  ISSUER,
  installation,
  type Registered,
} from '../installation.ts'
import { authorizationRequest, authorize, proofKey, token } from './partner.ts'
import { assertion, proof, seconds, sign, signer } from './signer.ts'

const { challenge, verifier } = proofKey()
const REFERENCE = /^urn:ietf:params:oauth:request_uri:[\w-]{43}$/

/** The parameters of an ordinary authorization request, with the client's secret. */
function parameters({ client, value }: Registered, over: Record<string, string | undefined> = {}) {
  const query = authorizationRequest(client.id, challenge, over).split('?')[1] as string
  return { ...Object.fromEntries(new URLSearchParams(query)), ...(value && { client_secret: value }) }
}

async function push(
  { ask }: Installation,
  form: Readonly<Record<string, string>> | string,
  asked: Asked = {},
) {
  const { status, headers, body } = await ask('POST', '/oauth/par', { form, ...asked })
  return { status, headers, body: JSON.parse(body) }
}

/** What stands in the browser's address: the client and the reference. */
function frontChannel(clientId: string, requestUri: string, over: Record<string, string> = {}): string {
  return `/oauth/authorize?${new URLSearchParams({ client_id: clientId, request_uri: requestUri, ...over })}`
}

async function scene(input: Partial<ClientInput> = {}, options = {}) {
  const xwms = installation(options)
  const shop = await xwms.client(input)
  const ada = await xwms.user()
  const pushed = async (over: Record<string, string | undefined> = {}) => {
    const { status, body } = await push(xwms, parameters(shop, over))
    if (status !== 201) throw new Error(JSON.stringify(body))
    return frontChannel(shop.client.id, body.request_uri)
  }
  return { xwms, shop, ada, pushed }
}

t.test('a pushed request is answered with a reference and how long it is good', async t => {
  const { xwms, shop } = await scene()
  const { status, headers, body } = await push(xwms, parameters(shop))
  t.equal(status, 201)
  t.match(body, { request_uri: REFERENCE, expires_in: 60 })
  t.equal(headers['cache-control'], 'no-store')
  const again = await push(xwms, parameters(shop))
  t.not(again.body.request_uri, body.request_uri)
  const longer = await scene({}, { lifetimes: { pushedRequestSeconds: 90 } })
  t.equal((await push(longer.xwms, parameters(longer.shop))).body.expires_in, 90)
})

t.test('the browser carries the client and the reference, and nothing else counts', async t => {
  const { xwms, shop, ada, pushed } = await scene()
  const address = `${await pushed()}&state=changed&redirect_uri=https://evil.example&scope=openid+phone&prompt=none`
  const url = await authorize(xwms.browser(), address, ada)
  t.equal(`${url.origin}${url.pathname}`, CALLBACK)
  t.match(Object.fromEntries(url.searchParams), { state: 'state-1', iss: ISSUER })
  const { status, body } = await token(xwms, shop, {
    grant_type: 'authorization_code',
    code: url.searchParams.get('code') ?? '',
    redirect_uri: CALLBACK,
    code_verifier: verifier,
  })
  t.equal(status, 200)
  t.equal(body.scope, 'openid email offline_access')
})

t.test('the client must prove itself as at the token endpoint', async t => {
  const { xwms, shop } = await scene()
  const other = await xwms.client()
  const { client_secret, ...without } = parameters(shop) as Record<string, string>
  for (const form of [
    without,
    { ...without, client_secret: 'wrong' },
    { ...without, client_secret: other.value },
    { ...without, client_id: 'cl_unknown', client_secret: client_secret ?? '' },
  ]) {
    const { status, body } = await push(xwms, form as Record<string, string>)
    t.equal(status, 401)
    t.equal(body.error, 'invalid_client')
  }
  const basic = Buffer.from(`${shop.client.id}:${shop.value}`).toString('base64')
  const { client_id, ...unnamed } = without
  for (const form of [without, unnamed])
    t.equal(
      (await push(xwms, form as Record<string, string>, { headers: { authorization: `Basic ${basic}` } }))
        .status,
      201,
    )
})

t.test('what is wrong with a request is said when it is pushed', async t => {
  const { xwms, shop } = await scene()
  const table: [over: Record<string, string | undefined>, error: string][] = [
    [{ redirect_uri: 'https://evil.example/callback' }, 'invalid_request'],
    [{ response_type: undefined }, 'invalid_request'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ response_mode: 'fragment' }, 'invalid_request'],
    [{ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    [{ scope: 'unheard-of' }, 'invalid_scope'],
    [{ prompt: 'none login' }, 'invalid_request'],
    [{ request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'invalid_request'],
    [{ request_uri: 'https://shop.example.com/request' }, 'invalid_request'],
    [{ request: 'x' }, 'invalid_request_object'],
    [{ claims: '{' }, 'invalid_request'],
  ]
  for (const [over, error] of table) {
    const { status, body } = await push(xwms, parameters(shop, over))
    t.equal(status, 400, JSON.stringify(over))
    t.equal(body.error, error, JSON.stringify(over))
  }
  const twice = `${new URLSearchParams(parameters(shop))}&scope=openid`
  t.equal((await push(xwms, twice)).body.error, 'invalid_request')
})

t.test('other methods, other bodies and what is too large are refused', async t => {
  const { xwms, shop } = await scene()
  for (const method of ['GET', 'PUT', 'DELETE', 'HEAD']) {
    const { status, headers } = await xwms.ask(method, '/oauth/par')
    t.equal(status, 405, method)
    t.match(headers.allow, 'POST')
  }
  t.equal((await xwms.ask('POST', '/oauth/par', { json: parameters(shop) })).status, 415)
  t.equal((await push(xwms, { ...parameters(shop), state: 'x'.repeat(70_000) })).status, 413)
})

t.test('a reference is spent by the answer, and not by looking at a page', async t => {
  const { xwms, ada, pushed } = await scene()
  const address = await pushed()
  const browser = xwms.browser()
  for (let reload = 0; reload < 3; reload++) t.match((await browser.get(address)).view, { page: 'sign-in' })
  const consent = await browser.signIn(await browser.get(address), ada)
  t.match((await browser.get(address)).view, { page: 'consent' })
  t.ok((await browser.decide(consent, 'allow')).url.searchParams.get('code'))
  const { view, response } = await browser.get(address)
  t.match(view, { page: 'error', code: 'invalid_request_uri' })
  t.equal(response.headers.location, undefined)
})

t.test('an error that the client is told spends it as well', async t => {
  const { xwms, pushed } = await scene()
  for (const decide of [true, false]) {
    const address = await pushed(decide ? {} : { prompt: 'none' })
    const browser = xwms.browser()
    const page = await browser.get(address)
    const { interaction, csrfToken, action } = page.view
    const told = decide
      ? await browser.post(action, { interaction, csrf_token: csrfToken, decision: 'cancel' })
      : page
    t.equal(told.url.searchParams.get('error'), decide ? 'access_denied' : 'login_required')
    t.match((await browser.get(address)).view, { code: 'invalid_request_uri' })
  }
})

t.test('of two browsers that began with one reference, one gets a code', async t => {
  const { xwms, ada, pushed } = await scene()
  const address = await pushed()
  const pages = await Promise.all(
    [xwms.browser(), xwms.browser()].map(async browser => ({
      browser,
      consent: await browser.signIn(await browser.get(address), ada),
    })),
  )
  const answers = await Promise.all(pages.map(({ browser, consent }) => browser.decide(consent, 'allow')))
  t.equal(answers.filter(({ url }) => url.searchParams.has('code')).length, 1)
  t.equal(answers.filter(({ view }) => view.code === 'interaction_gone').length, 1)
})

t.test('a reference expires, yet a sign-in that began with it may take its time', async t => {
  const { xwms, ada, pushed } = await scene()
  const address = await pushed()
  const browser = xwms.browser()
  const signIn = await browser.get(address)
  xwms.pass(60)
  t.match((await xwms.browser().get(address)).view, { page: 'error', code: 'invalid_request_uri' })
  const page = await browser.decide(await browser.signIn(signIn, ada), 'allow')
  t.ok(page.url.searchParams.get('code'))
})

t.test('a reference is one client’s, and cannot be guessed or altered', async t => {
  const { xwms, shop, pushed } = await scene()
  const other = await xwms.client()
  const address = await pushed()
  const reference = new URLSearchParams(address.split('?')[1]).get('request_uri') ?? ''
  for (const [clientId, requestUri] of [
    [other.client.id, reference],
    [shop.client.id, `${reference}x`],
    [shop.client.id, reference.slice(0, -1)],
    [shop.client.id, 'urn:ietf:params:oauth:request_uri:'],
  ] as const) {
    const { view, response } = await xwms.browser().get(frontChannel(clientId, requestUri))
    t.match(view, { page: 'error', code: 'invalid_request_uri' })
    t.equal(response.headers.location, undefined)
  }
  const told = await xwms
    .browser()
    .get(frontChannel(other.client.id, reference, { redirect_uri: CALLBACK, state: 's' }))
  t.match(Object.fromEntries(told.url.searchParams), {
    error: 'invalid_request_uri',
    state: 's',
    iss: ISSUER,
  })
  t.ok((await xwms.browser().get(address)).view.page, 'sign-in')
})

t.test('what changed since the request was pushed counts', async t => {
  const { xwms, shop, pushed } = await scene()
  const address = await pushed()
  await updateClient(xwms.environment, shop.client.id, { scopes: ['openid'] })
  const { url } = await xwms.browser().get(address)
  t.match(Object.fromEntries(url.searchParams), { error: 'invalid_scope', state: 'state-1' })
  t.match((await xwms.browser().get(address)).view, { code: 'invalid_request_uri' }, 'that answer spent it')
})

t.test('a client that must push its requests is refused when it does not', async t => {
  const { xwms, shop, ada, pushed } = await scene({
    metadata: { require_pushed_authorization_requests: true },
  })
  const { url } = await xwms.browser().get(authorizationRequest(shop.client.id, challenge))
  t.match(Object.fromEntries(url.searchParams), { error: 'invalid_request', state: 'state-1', iss: ISSUER })
  t.ok((await authorize(xwms.browser(), await pushed(), ada)).searchParams.get('code'))
})

t.test('a request object may be pushed, and only what is in it counts', async t => {
  const key = await signer()
  const { xwms, shop, ada } = await scene({
    metadata: { jwks: { keys: [key.publicJwk] }, require_signed_request_object: true },
  })
  const { client_secret, ...asked } = parameters(shop) as Record<string, string>
  const now = seconds(xwms.now())
  const request = await sign(key, { ...asked, iss: shop.client.id, aud: ISSUER, exp: now + 60, nbf: now })
  const form = {
    client_id: shop.client.id,
    client_secret: shop.value,
    request,
    scope: 'openid phone',
    state: 'x',
  }
  const { status, body } = await push(xwms, form)
  t.equal(status, 201)
  const url = await authorize(xwms.browser(), frontChannel(shop.client.id, body.request_uri), ada)
  t.match(Object.fromEntries(url.searchParams), { code: /./, state: 'state-1' })
  t.match(
    await push(xwms, parameters(shop)),
    { status: 400, body: { error: 'invalid_request' } },
    'it must be signed',
  )
})

t.test('a proof of a key binds the code to it', async t => {
  const [key, other] = await Promise.all([signer(), signer()])
  const { xwms, shop, ada } = await scene()
  const htu = `${ISSUER}/oauth/par`
  const headers = { dpop: await proof(key, { htu }) }
  const { status, body } = await push(xwms, parameters(shop), { headers })
  t.equal(status, 201)
  const url = await authorize(xwms.browser(), frontChannel(shop.client.id, body.request_uri), ada)
  const redeem = async (dpop: string | undefined) =>
    token(
      xwms,
      shop,
      {
        grant_type: 'authorization_code',
        code: url.searchParams.get('code') ?? '',
        redirect_uri: CALLBACK,
        code_verifier: verifier,
      },
      dpop === undefined ? {} : { headers: { dpop } },
    )
  t.match(await redeem(undefined), { status: 400, body: { error: 'invalid_grant' } })
  t.match(await redeem(await proof(other)), { status: 400, body: { error: 'invalid_grant' } })
  t.match(await redeem(await proof(key)), { status: 200, body: { token_type: 'DPoP' } })

  const mismatch = await push(xwms, parameters(shop, { dpop_jkt: other.jkt }), {
    headers: { dpop: await proof(key, { htu }) },
  })
  t.match(mismatch, { status: 400, body: { error: 'invalid_dpop_proof' } })
  const wrong = await push(xwms, parameters(shop), { headers: { dpop: await proof(key) } })
  t.match(wrong, { status: 400, body: { error: 'invalid_dpop_proof' } }, 'a proof for another endpoint')
})

t.test('FAPI 2.0: everything is pushed, with PKCE and a redirect URI, and proven by a key', async t => {
  const key = await signer('PS256')
  const { xwms, shop, ada } = await scene({
    profile: 'fapi2',
    grantTypes: ['authorization_code', 'refresh_token'],
    metadata: {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.publicJwk] },
      dpop_bound_access_tokens: true,
    },
  })
  const form = async (over: Record<string, string | undefined> = {}) => ({
    ...parameters(shop, over),
    ...(await assertion(key, shop.client.id)),
  })
  const refused = { status: 400, body: { error: 'invalid_request' } }
  t.match(await push(xwms, await form({ redirect_uri: undefined })), refused)
  t.match(await push(xwms, await form({ code_challenge_method: 'plain' })), refused)
  t.match(
    await push(xwms, await form({ code_challenge: undefined, code_challenge_method: undefined })),
    refused,
  )
  const direct = await xwms.browser().get(authorizationRequest(shop.client.id, challenge))
  t.match(Object.fromEntries(direct.url.searchParams), { error: 'invalid_request', iss: ISSUER })
  const { body } = await push(xwms, await form({ response_mode: 'jwt' }))
  const url = await authorize(xwms.browser(), frontChannel(shop.client.id, body.request_uri), ada)
  t.match(url.searchParams.get('response'), /^[\w-]+\.[\w-]+\.[\w-]+$/)
})
