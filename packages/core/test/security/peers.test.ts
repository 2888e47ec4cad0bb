// Holes that were published of other authorization servers, tried here.
import t from 'tap'
import { createClient, updateClient } from '../../src/manage/clients.ts'
import { addDomain } from '../../src/manage/domains.ts'
import { CALLBACK, type Installation, installation, type Registered } from '../installation.ts'
import { approvedCode } from '../oauth/approved.ts'
import { authorizationRequest, proofKey, token, tokensFor, userinfo } from '../oauth/partner.ts'
import { newcomers } from './newcomers.ts'

const ORDERS = 'https://orders.example.com'
const LEDGER = 'https://ledger.example.com'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** Ways in which a request may claim to be somebody. */
const claiming = (sub: string, email: string) =>
  Object.fromEntries(
    ['sub', 'user', 'user_id', 'userId', 'id', 'owner', 'username', 'login_hint', 'email', 'client_user'].map(
      name => [name, name === 'email' || name === 'username' ? email : sub],
    ),
  )

t.test('CVE-2025-61928: a member of a body or a query names nobody, signed in or not', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  const bob = await xwms.user({ sub: '4711', email: 'bob@example.com' })
  await tokensFor(xwms, shop, ada)
  await tokensFor(xwms, shop, bob)
  const approved = async (sub: string) =>
    (await xwms.storage.clientUsers.find(shop.client.id, sub)) !== undefined
  const claims = claiming(ada.sub, ada.email)

  // Nobody is signed in: nothing happens, whoever is named.
  for (const query of [{}, claims]) {
    const nobody = await xwms.ask('POST', '/account', {
      query,
      form: { ...claims, revoke: shop.client.id },
      headers: { origin: 'https://id.example.com' },
    })
    t.match(nobody.headers.location, /\/sign-in\?return_to=account$/)
  }
  // Bob is: what he does, he does to himself.
  const browser = xwms.browser()
  const account = await browser.signIn(await browser.get('/sign-in?return_to=account'), bob)
  await browser.post('/account', { ...claims, csrf_token: account.view.csrfToken, revoke: shop.client.id })
  t.equal(await approved(bob.sub), false)
  t.equal(await approved(ada.sub), true)
  const { challenge } = proofKey()
  const consent = await browser.get(authorizationRequest(shop.client.id, challenge, claims))
  const { interaction, csrfToken, action } = consent.view
  const { url } = await browser.post(action, {
    ...claims,
    interaction,
    csrf_token: csrfToken,
    decision: 'allow',
  })
  t.ok(url.searchParams.has('code'))
  t.equal(await approved(bob.sub), true)

  // A client is a client, whomever its request names.
  const own = await token(xwms, shop, { ...claims, grant_type: 'client_credentials' })
  t.equal((await userinfo(xwms, own.body.access_token)).status, 401)
  const tokens = await tokensFor(xwms, shop, bob)
  const refreshed = await token(xwms, shop, {
    ...claims,
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token,
  })
  t.equal((await userinfo(xwms, refreshed.body.access_token)).body.sub, bob.sub)

  // A sub in the body of the XWMS API is a question, which a client may ask about its own users with its own credentials.
  const other = await xwms.client()
  for (const [headers, status] of [
    [{}, 401],
    [{ ...shop.headers, 'x-client-secret': 'wrong' }, 401],
    [other.headers, 404],
    [shop.headers, 200],
  ] as const) {
    const json = { ...claims, client_id: shop.client.id, sub: ada.sub }
    const answer = await xwms.ask('POST', '/api/get/user/info', { json, headers })
    t.equal(answer.status, status)
    if (status !== 200) t.notOk(answer.body.includes(ada.name))
  }
})

t.test('CVE-2025-61928: who registers a client is not who the body says', async t => {
  const { xwms, register } = await newcomers(t)
  const owner = await xwms.client()
  const json = {
    redirect_uris: [CALLBACK],
    client_id: owner.client.id,
    workspaceId: owner.client.workspaceId,
    workspace_id: owner.client.workspaceId,
    registration_access_token: 'of-my-own-choice',
    source: 'managed',
    scope: 'openid',
  }
  t.equal((await xwms.ask('POST', '/oauth/register', { json })).status, 401)
  const { body } = await register(json)
  const made = await xwms.storage.clients.find(body.client_id)
  t.not(body.client_id, owner.client.id)
  t.not(body.registration_access_token, 'of-my-own-choice')
  t.not(made?.workspaceId, owner.client.workspaceId)
  t.equal(made?.source, 'registration')
})

t.test('CVE-2026-114607: a state, known to whoever wrote it, signs nobody in', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  const { challenge, verifier } = proofKey()
  const state = 'a-state-that-an-attacker-chose-himself-000000'
  const browser = xwms.browser()
  const request = authorizationRequest(shop.client.id, challenge, { state })
  const consent = await browser.signIn(await browser.get(request), ada)
  const { url } = await browser.decide(consent, 'allow')
  t.equal(url.searchParams.get('state'), state)

  for (const name of ['state', 'interaction', 'token', 'code', 'session']) {
    const stranger = xwms.browser()
    const page = await stranger.get(`/oauth/authorize/resume?${new URLSearchParams({ [name]: state })}`)
    t.match(page.view, { page: 'error', code: 'interaction_gone' }, name)
    t.equal((await stranger.get(`/account?${new URLSearchParams({ [name]: state })}`)).view.page, 'sign-in')
    t.notOk(stranger.cookies.has('__Host-xwms_session'))
  }
  const stranger = xwms.browser()
  stranger.cookies.set('__Host-xwms_session', state)
  t.equal((await stranger.get('/account')).view.page, 'sign-in')
  const form = { grant_type: 'authorization_code', redirect_uri: CALLBACK, code_verifier: verifier }
  t.equal((await token(xwms, shop, { ...form, code: state })).body.error, 'invalid_grant')
  t.equal((await userinfo(xwms, state)).status, 401)
  const verified = await xwms.ask('POST', '/api/sign-token-verify', {
    headers: shop.headers,
    json: { token: state },
  })
  t.equal(verified.status, 400)
})

/** A client that may do everything, and a token of Ada's that is for `granted`. */
async function granted(granted: string | undefined) {
  const xwms = installation({
    oauth: {
      tokenExchange: true,
      resources: {
        [ORDERS]: { name: 'Orders', scopes: ['orders:read', 'openid'] },
        [LEDGER]: { name: 'Ledger', scopes: ['orders:write', 'openid'] },
      },
    },
  })
  const shop = await xwms.client({ grantTypes: ['authorization_code', 'refresh_token', EXCHANGE] })
  const ada = await xwms.user()
  const code = () =>
    approvedCode(xwms, shop.client, ada, {
      scopes: ['openid', 'offline_access', 'orders:read', 'orders:write'],
      parameters: { ...(granted && { resource: granted }) },
    })
  return { xwms, shop, code }
}

async function audienceOf({ ask }: Installation, { client, value }: Registered, accessToken: string) {
  const { body } = await ask('POST', '/oauth/introspect', {
    form: { client_id: client.id, client_secret: value, token: accessToken },
  })
  return JSON.parse(body)
}

t.test('CVE-2026-67332: no request gets an audience that the user did not grant', async t => {
  for (const resource of [ORDERS, undefined]) {
    const { xwms, shop, code } = await granted(resource)
    t.match(await token(xwms, shop, { ...(await code()), resource: LEDGER }), {
      status: 400,
      body: { error: 'invalid_target' },
    })
    const { body } = await token(xwms, shop, await code())
    const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token }
    for (const asked of [LEDGER, 'https://unknown.example.com']) {
      t.match(await token(xwms, shop, { ...refresh, resource: asked }), {
        status: 400,
        body: { error: 'invalid_target' },
      })
    }
    const refreshed = await token(xwms, shop, { ...refresh, audience: LEDGER, aud: LEDGER })
    t.equal((await audienceOf(xwms, shop, refreshed.body.access_token)).aud, resource)
  }
})

t.test(
  'CVE-2026-67332: a scope of one audience is none of another, and a narrow token never becomes a wide one',
  async t => {
    const { xwms, shop, code } = await granted(ORDERS)
    const { body } = await token(xwms, shop, await code())
    t.match(await audienceOf(xwms, shop, body.access_token), { aud: ORDERS, scope: 'openid orders:read' })
    t.equal((await userinfo(xwms, body.access_token)).status, 401, 'it is not for us')
    const exchange = {
      grant_type: EXCHANGE,
      subject_token: body.access_token,
      subject_token_type: ACCESS_TOKEN,
    }
    const exchanged = await token(xwms, shop, exchange)
    t.match(await audienceOf(xwms, shop, exchanged.body.access_token), { aud: ORDERS })
    t.equal((await userinfo(xwms, exchanged.body.access_token)).status, 401, 'nor is what became of it')
    for (const [asked, error] of [
      [{ scope: 'orders:write' }, 'invalid_scope'],
      [{ resource: LEDGER }, 'invalid_target'],
      [{ audience: LEDGER }, 'invalid_target'],
    ] as const) {
      t.match(await token(xwms, shop, { ...exchange, ...asked }), { status: 400, body: { error } })
    }
  },
)

const SCRIPTS = [
  'javascript:alert(document.cookie)',
  'JavaScript:alert(1)',
  'javascript://shop.example.com/%0aalert(1)',
  '\u0001javascript:alert(1)',
  'java\tscript:alert(1)',
  ' javascript:alert(1)',
  'javascript&colon;alert(1)',
  'vbscript:msgbox(1)',
  'data:text/html,<script>alert(1)</script>',
  'blob:https://shop.example.com/1',
  'file:///etc/passwd',
  'view-source:javascript:alert(1)',
]

t.test('CVE-2026-67333: an address that is code is registered in no way, in no member', async t => {
  const { xwms, site, publish, register } = await newcomers(t)
  const shop = await xwms.client()
  const { challenge } = proofKey()
  const { workspaceId } = shop.client
  for (const [number, uri] of SCRIPTS.entries()) {
    const rejected = { code: 'invalid_input' }
    const name = 'Shop'
    await t.rejects(createClient(xwms.environment, { workspaceId, name, redirectUris: [uri] }), rejected, uri)
    await t.rejects(
      updateClient(xwms.environment, shop.client.id, { redirectUris: [CALLBACK, uri] }),
      rejected,
    )
    await t.rejects(updateClient(xwms.environment, shop.client.id, { uri }), rejected)
    await t.rejects(
      updateClient(xwms.environment, shop.client.id, { metadata: { post_logout_redirect_uris: [uri] } }),
      rejected,
    )
    for (const metadata of [
      { redirect_uris: [uri] },
      { redirect_uris: [CALLBACK], client_uri: uri },
      { redirect_uris: [CALLBACK], logo_uri: uri },
      { redirect_uris: [CALLBACK], policy_uri: uri },
      { redirect_uris: [CALLBACK], post_logout_redirect_uris: [uri] },
    ]) {
      const { status, body } = await register(metadata)
      t.equal(status, 400, JSON.stringify(metadata))
      t.match(body.error, /^invalid_(redirect_uri|client_metadata)$/)
    }
    const clientId = publish(`/${number}.json`, { redirect_uris: [uri] })
    const document = await xwms
      .browser()
      .get(authorizationRequest(clientId, challenge, { redirect_uri: uri }))
    t.match(document.view, { page: 'error', code: 'invalid_client' }, `${site} ${uri}`)
    const used = await xwms
      .browser()
      .get(authorizationRequest(shop.client.id, challenge, { redirect_uri: uri }))
    t.match(used.view, { page: 'error', code: 'invalid_redirect_uri' })
  }
})

t.test(
  'GHSA-j2rx-g3hp-qg34: a list of domains lets in what is on it, and nothing that looks like it',
  async t => {
    const xwms = installation()
    const shop = await xwms.client({}, { host: 'shop.example.com' })
    const come = async (domain: string, more: Record<string, string> = {}) => {
      const headers = { ...shop.headers, ...more, 'x-client-domain': domain }
      return JSON.parse((await xwms.ask('POST', '/api/global/countries', { headers, json: {} })).body).error
        ?.code
    }
    t.equal(await come('shop.example.com'), undefined)
    t.equal(await come('SHOP.example.com.'), undefined, 'which is how DNS writes it as well')
    for (const spoofed of [
      'evil.example',
      'shop.example.com.evil.example',
      'evil-shop.example.com',
      'evilshop.example.com',
      'sub.shop.example.com',
      'example.com',
      'shopXexample.com',
      'shop.example.co',
      'shop.example.com@evil.example',
      'evil.example@shop.example.com',
      'evil.example/shop.example.com',
      'evil.example#shop.example.com',
      'evil.example?shop.example.com',
      'evil.example\\.shop.example.com',
      'shop.example.com, evil.example',
      'evil.example,shop.example.com',
      'shop.example.com evil.example',
      'shop.example.com\u0000.evil.example',
      'https://shop.example.com',
      '.shop.example.com',
      '*.example.com',
      '*',
      'ѕhop.example.com',
      'shop。example。com.evil.example',
      '',
      'null',
      'undefined',
    ]) {
      t.match(await come(spoofed), /^(domain_not_allowed|credentials_missing)$/, JSON.stringify(spoofed))
      // What other header fields say makes no difference.
      const hosts = {
        host: 'shop.example.com',
        origin: 'https://shop.example.com',
        'x-forwarded-host': 'shop.example.com',
      }
      t.match(await come(spoofed, hosts), /^(domain_not_allowed|credentials_missing)$/)
    }
    // Nor is a pattern put on the list.
    for (const host of [
      '*.example.com',
      '*',
      '.example.com',
      'example.com/*',
      'https://example.com',
      '(a|b).example.com',
    ]) {
      await t.rejects(addDomain(xwms.environment, { clientId: shop.client.id, host, mode: 'live' }), {
        code: 'invalid_input',
      })
    }
  },
)
