import t from 'tap'
import { updateClient } from '../../src/manage/clients.ts'
import { updateDomain } from '../../src/manage/domains.ts'
import { CALLBACK, ISSUER, installation, type Page } from '../installation.ts'
import { authorizationRequest, authorize, proofKey, token } from './partner.ts'

const { challenge, verifier } = proofKey()

/** The parameters that the client's redirect URI was called with. */
function answerIn({ url }: Pick<Page, 'url'>): Record<string, string> {
  return Object.fromEntries(url.searchParams)
}

t.test(
  'a user who signs in and allows brings the client a code, its own state, and who answered',
  async t => {
    const xwms = installation()
    const shop = await xwms.client()
    const ada = await xwms.user()
    const browser = xwms.browser()

    const signIn = await browser.get(authorizationRequest(shop.client.id, challenge))
    t.match(signIn.view, { page: 'sign-in', client: { name: 'Shop' }, action: '/sign-in', login: '' })
    const consent = await browser.signIn(signIn, ada)
    t.match(consent.view, {
      page: 'consent',
      client: { name: 'Shop' },
      user: { name: 'Ada Lovelace', email: 'ada@example.com' },
      returnsTo: 'shop.example.com',
      scopes: [{ name: 'openid' }, { name: 'email' }, { name: 'offline_access' }],
    })
    const back = await browser.decide(consent, 'allow')
    t.equal(`${back.url.origin}${back.url.pathname}`, CALLBACK)
    t.strictSame({ ...answerIn(back), code: '' }, { code: '', state: 'state-1', iss: ISSUER })
    t.match(answerIn(back).code, /^[\w-]{43}$/, 'a code of 256 bits')
  },
)

t.test('an approval is remembered: the next time nothing is shown', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  const browser = xwms.browser()
  await authorize(browser, authorizationRequest(shop.client.id, challenge), ada)
  for (const over of [{}, { scope: 'openid' }, { prompt: 'none' }]) {
    const page = await browser.get(authorizationRequest(shop.client.id, challenge, over))
    t.ok(answerIn(page).code, JSON.stringify(over))
  }
  const more = await browser.get(authorizationRequest(shop.client.id, challenge, { scope: 'openid phone' }))
  t.match(more.view, {
    page: 'consent',
    scopes: [
      { name: 'openid', alreadyApproved: true },
      { name: 'phone', alreadyApproved: false },
    ],
  })
})

t.test('a request that needs no page is never stored', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const browser = xwms.browser()
  await authorize(browser, authorizationRequest(shop.client.id, challenge), await xwms.user())
  let stored = 0
  const { create } = xwms.storage.interactions
  Object.assign(xwms.storage.interactions, {
    create: (...given: Parameters<typeof create>) => {
      stored++
      return create(...given)
    },
  })
  await browser.get(authorizationRequest(shop.client.id, challenge))
  await browser.get(
    authorizationRequest(shop.client.id, challenge, { scope: 'openid phone', prompt: 'none' }),
  )
  await xwms.browser().get(authorizationRequest(shop.client.id, challenge, { prompt: 'none' }))
  t.equal(stored, 0)
})

t.test(
  'without a known client and a registered redirect URI there is an error page, and never a redirect',
  async t => {
    const xwms = installation()
    const query = 'https://shop.example.com/callback?tenant=1&next=%2Fhome'
    const several = await xwms.client({ redirectUris: [CALLBACK, query] })
    const none = await xwms.client({ redirectUris: [] })
    const unknown = 'invalid_redirect_uri'
    const table: [over: Record<string, string | undefined>, code: string][] = [
      [{ client_id: undefined }, 'invalid_client'],
      [{ client_id: 'cl_unknown' }, 'invalid_client'],
      [{ client_id: several.client.id.toUpperCase() }, 'invalid_client'],
      [{ redirect_uri: undefined }, unknown],
      [{ redirect_uri: '' }, unknown],
      [{ client_id: none.client.id, redirect_uri: undefined }, unknown],
      [{ client_id: none.client.id }, unknown],
      [{ redirect_uri: `${CALLBACK}/` }, unknown],
      [{ redirect_uri: `${CALLBACK}?` }, unknown],
      [{ redirect_uri: `${CALLBACK}?a=b` }, unknown],
      [{ redirect_uri: `${CALLBACK}#` }, unknown],
      [{ redirect_uri: CALLBACK.slice(0, -1) }, unknown],
      [{ redirect_uri: CALLBACK.toUpperCase() }, unknown],
      [{ redirect_uri: CALLBACK.replace('https', 'http') }, unknown],
      [{ redirect_uri: CALLBACK.replace('.com', '.com:443') }, unknown],
      [{ redirect_uri: CALLBACK.replace('shop', 'user@shop') }, unknown],
      [{ redirect_uri: `${CALLBACK}/../callback` }, unknown],
      [{ redirect_uri: `${CALLBACK}%00` }, unknown],
      [{ redirect_uri: ` ${CALLBACK}` }, unknown],
      [{ redirect_uri: `${CALLBACK} https://evil.example/` }, unknown],
      [{ redirect_uri: 'https://evil.example/callback' }, unknown],
      [{ redirect_uri: 'https://shop.example.com.evil.example/callback' }, unknown],
      [{ redirect_uri: '/callback' }, unknown],
      [{ redirect_uri: '//evil.example' }, unknown],
      [{ redirect_uri: 'javascript:alert(1)' }, unknown],
      [{ redirect_uri: 'data:text/html,x' }, unknown],
      [{ redirect_uri: query.replace('tenant=1', 'tenant=2') }, unknown],
      [{ redirect_uri: query.replace('%2F', '%2f') }, unknown],
      [{ redirect_uri: query.replace('%2F', '/') }, unknown],
      [{ redirect_uri: 'https://shop.example.com/callback?next=%2Fhome&tenant=1' }, unknown],
    ]
    for (const [over, code] of table) {
      const { response, view } = await xwms
        .browser()
        .get(authorizationRequest(several.client.id, challenge, over))
      const name = JSON.stringify(over)
      t.equal(response.headers.location, undefined, name)
      t.match(view, { page: 'error', code, status: 400 }, name)
      t.equal(response.status, 400, name)
    }
  },
)

t.test('a redirect URI may be left out where there is one only, and its own query is kept', async t => {
  const redirectUri = 'https://shop.example.com/callback?tenant=1&next=%2Fhome'
  const xwms = installation()
  const shop = await xwms.client({ redirectUris: [redirectUri] })
  const ada = await xwms.user()
  for (const redirect_uri of [undefined, redirectUri]) {
    const url = await authorize(
      xwms.browser(),
      authorizationRequest(shop.client.id, challenge, { redirect_uri }),
      ada,
    )
    t.ok(`${url}`.startsWith(`${redirectUri}&code=`), `${url}`)
  }
  const { url } = await xwms
    .browser()
    .get(authorizationRequest(shop.client.id, challenge, { redirect_uri: redirectUri, scope: 'unheard' }))
  t.ok(`${url}`.startsWith(`${redirectUri}&error=invalid_scope&`), `${url}`)
})

t.test('what the client did wrong is told to it by redirect, with its state and who answered', async t => {
  const xwms = installation()
  const shop = await xwms.client({ scopes: ['openid', 'email'] })
  const lax = await xwms.client({ requirePkce: false })
  const codeless = await xwms.client({ grantTypes: ['client_credentials'] })
  const app = await xwms.client({ type: 'public', grantTypes: ['authorization_code'] })
  const nothing = { code_challenge: undefined, code_challenge_method: undefined }
  const table: [over: Record<string, string | undefined>, error: string][] = [
    [{ response_type: undefined }, 'invalid_request'],
    [{ response_type: '' }, 'invalid_request'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ response_type: 'id_token' }, 'unsupported_response_type'],
    [{ response_type: 'code id_token' }, 'unsupported_response_type'],
    [{ response_type: 'code token' }, 'unsupported_response_type'],
    [{ response_type: 'CODE' }, 'unsupported_response_type'],
    [{ response_mode: 'fragment' }, 'invalid_request'],
    [{ response_mode: 'fragment.jwt' }, 'invalid_request'],
    [{ response_mode: 'toString' }, 'invalid_request'],
    [{ request: 'eyJhbGciOiJub25lIn0..' }, 'invalid_request_object'],
    [{ request: 'x', request_uri: 'https://shop.example.com/request' }, 'invalid_request'],
    [{ request_uri: 'https://shop.example.com/request' }, 'invalid_request_uri'],
    [{ request_uri: 'urn:ietf:params:oauth:request_uri:unknown' }, 'invalid_request_uri'],
    [{ client_id: codeless.client.id }, 'unauthorized_client'],
    [nothing, 'invalid_request'],
    [{ ...nothing, client_id: app.client.id }, 'invalid_request'],
    [{ code_challenge: undefined }, 'invalid_request'],
    [{ client_id: lax.client.id, code_challenge: undefined }, 'invalid_request'],
    [{ code_challenge_method: undefined }, 'invalid_request'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ code_challenge_method: 's256' }, 'invalid_request'],
    [{ code_challenge: 'too-short' }, 'invalid_request'],
    [{ code_challenge: `${challenge}=` }, 'invalid_request'],
    [{ max_age: '-1' }, 'invalid_request'],
    [{ max_age: 'soon' }, 'invalid_request'],
    [{ max_age: '1.5' }, 'invalid_request'],
    [{ max_age: '9999999999' }, 'invalid_request'],
    [{ prompt: 'none login' }, 'invalid_request'],
    [{ prompt: 'consent none' }, 'invalid_request'],
    [{ prompt: 'create' }, 'invalid_request'],
    [{ prompt: 'login Consent' }, 'invalid_request'],
    [{ dpop_jkt: 'no-thumbprint' }, 'invalid_request'],
    [{ scope: 'openid', claims: 'no JSON' }, 'invalid_request'],
    [{ scope: 'openid', claims: '{"id_token":{"sub":{"value":1}}}' }, 'invalid_request'],
    [
      { scope: 'openid', claims: '{"id_token":{"acr":{"essential":true,"values":["urn:nobody:knows"]}}}' },
      'unmet_authentication_requirements',
    ],
    [{ resource: 'https://unknown.example.com' }, 'invalid_target'],
    [{ authorization_details: '[{"type":"unknown"}]' }, 'invalid_authorization_details'],
    [{ scope: 'openid', prompt: 'none', id_token_hint: 'no token' }, 'login_required'],
    [{ scope: undefined }, 'invalid_scope'],
    [{ scope: '  ' }, 'invalid_scope'],
    [{ scope: 'unheard-of' }, 'invalid_scope'],
    [{ scope: 'openid phone' }, 'invalid_scope'],
    [{ prompt: 'none', scope: 'openid email' }, 'login_required'],
  ]
  for (const [over, error] of table) {
    const page = await xwms.browser().get(authorizationRequest(shop.client.id, challenge, over))
    const name = JSON.stringify(over)
    t.equal(`${page.url.origin}${page.url.pathname}`, CALLBACK, name)
    const { error_description, ...rest } = answerIn(page)
    t.strictSame(rest, { error, state: 'state-1', iss: ISSUER }, name)
    t.match(error_description, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, name)
  }
})

t.test('a state is returned unaltered, and an absent one is not invented', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  for (const state of ['x'.repeat(500), 'a b+c&d=e#f%20ü"\\', '<script>', '{"a":[1]}']) {
    const url = await authorize(
      xwms.browser(),
      authorizationRequest(shop.client.id, challenge, { state }),
      ada,
    )
    t.equal(url.searchParams.get('state'), state)
    const denied = await xwms
      .browser()
      .get(authorizationRequest(shop.client.id, challenge, { state, prompt: 'none' }))
    t.equal(denied.url.searchParams.get('state'), state)
  }
  const without = { state: undefined }
  const url = await authorize(xwms.browser(), authorizationRequest(shop.client.id, challenge, without), ada)
  t.strictSame([...url.searchParams.keys()], ['code', 'iss'])
  const page = await xwms
    .browser()
    .get(authorizationRequest(shop.client.id, challenge, { ...without, prompt: 'none' }))
  t.strictSame([...page.url.searchParams.keys()], ['error', 'error_description', 'iss'])
})

t.test('parameters in any order, unknown ones, and hints cause no errors', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const request = authorizationRequest(shop.client.id, challenge, {
    login_hint: 'ada@example.com',
    display: 'touch',
    ui_locales: 'nl en',
    claims_locales: 'nl',
    acr_values: 'urn:mace:incommon:iap:silver',
    id_token_hint: 'no token',
    claims: '{"userinfo":{}}',
    extra: 'x',
    scope: 'offline_access unheard-of email openid',
  })
  const [path, query] = request.split('?') as [string, string]
  const reversed = query.split('&').reverse().join('&')
  const page = await xwms.browser().get(`${path}?${reversed}`)
  t.match(page.view, { page: 'sign-in', login: 'ada@example.com' })
})

t.test('a parameter that is sent twice is refused', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const page = await xwms
    .browser()
    .get(`${authorizationRequest(shop.client.id, challenge)}&redirect_uri=https://evil.example`)
  t.match(page.view, { page: 'error', code: 'invalid_request' })
  t.equal(page.response.headers.location, undefined)
})

t.test('the request may be a form as well', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const query = authorizationRequest(shop.client.id, challenge).split('?')[1] as string
  const form = Object.fromEntries(new URLSearchParams(query))
  const page = await xwms
    .browser()
    .post('/oauth/authorize', form, { origin: 'https://shop.example.com', 'sec-fetch-site': 'cross-site' })
  t.match(page.view, { page: 'sign-in' })
})

t.test(
  'a client or a domain that may not sign users in learns so by redirect, at the start and at the end',
  async t => {
    const cases: Record<
      string,
      (xwms: ReturnType<typeof installation>, clientId: string) => Promise<unknown>
    > = {
      'a disabled client': ({ environment }, clientId) =>
        updateClient(environment, clientId, { enabled: false }),
      'an inactive domain': ({ environment }, clientId) =>
        updateDomain(environment, { clientId, domain: 'shop.example.com' }, { active: false }),
      'a domain without sign-in': ({ environment }, clientId) =>
        updateDomain(environment, { clientId, domain: 'shop.example.com' }, { loginAllowed: false }),
    }
    for (const [name, change] of Object.entries(cases)) {
      const xwms = installation()
      const shop = await xwms.client()
      const ada = await xwms.user()
      const browser = xwms.browser()
      const consent = await browser.signIn(
        await browser.get(authorizationRequest(shop.client.id, challenge)),
        ada,
      )
      await change(xwms, shop.client.id)
      const later = await browser.decide(consent, 'allow')
      const atOnce = await browser.get(authorizationRequest(shop.client.id, challenge))
      for (const page of [later, atOnce])
        t.match(answerIn(page), { error: 'unauthorized_client', state: 'state-1', iss: ISSUER }, name)
    }
  },
)

t.test('a user who refuses, or cancels, sends the client access_denied', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  const browser = xwms.browser()
  const signIn = await browser.get(authorizationRequest(shop.client.id, challenge))
  const { interaction, csrfToken, action } = signIn.view
  const cancelled = await browser.post(action, { interaction, csrf_token: csrfToken, decision: 'cancel' })
  t.match(answerIn(cancelled), { error: 'access_denied', state: 'state-1', iss: ISSUER })

  const consent = await browser.signIn(
    await browser.get(authorizationRequest(shop.client.id, challenge)),
    ada,
  )
  t.match(answerIn(await browser.decide(consent, 'deny')), {
    error: 'access_denied',
    state: 'state-1',
    iss: ISSUER,
  })
  t.equal(await xwms.storage.clientUsers.find(shop.client.id, ada.sub), undefined)
})

t.test('prompt=none never shows a page', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  const browser = xwms.browser()
  const silent = (over: Record<string, string> = {}) =>
    browser.get(authorizationRequest(shop.client.id, challenge, { prompt: 'none', ...over }))
  t.match(answerIn(await silent()), { error: 'login_required' })
  await browser.signIn(await browser.get(authorizationRequest(shop.client.id, challenge)), ada)
  t.match(answerIn(await silent()), { error: 'consent_required' })
  await authorize(browser, authorizationRequest(shop.client.id, challenge), ada)
  t.ok(answerIn(await silent()).code)
  xwms.pass(61)
  t.match(answerIn(await silent({ max_age: '60' })), { error: 'login_required' })
  t.match(answerIn(await silent({ scope: 'openid phone' })), { error: 'consent_required' })
})

t.test(
  'prompt=login and max_age ask for the password again, and the new time stands in the ID token',
  async t => {
    const xwms = installation()
    const shop = await xwms.client()
    const ada = await xwms.user()
    const browser = xwms.browser()
    await authorize(browser, authorizationRequest(shop.client.id, challenge), ada)
    for (const over of [{ prompt: 'login' }, { max_age: '60' }]) {
      xwms.pass(61)
      const page = await browser.get(authorizationRequest(shop.client.id, challenge, over))
      t.match(page.view, { page: 'sign-in' }, JSON.stringify(over))
      const { url } = await browser.signIn(page, ada)
      const { body } = await token(xwms, shop, {
        grant_type: 'authorization_code',
        code: url.searchParams.get('code') ?? '',
        redirect_uri: CALLBACK,
        code_verifier: verifier,
      })
      const claims = JSON.parse(Buffer.from(body.id_token.split('.')[1], 'base64url').toString())
      t.equal(claims.auth_time, Math.floor(xwms.now().getTime() / 1000))
    }
  },
)

t.test('a code goes to one of the browsers that come back with a handle', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const browser = xwms.browser()
  const consent = await browser.signIn(
    await browser.get(authorizationRequest(shop.client.id, challenge)),
    await xwms.user(),
  )
  await xwms.storage.clientUsers.approve(
    shop.client.id,
    '9007199254740991',
    { scopes: ['openid', 'email', 'offline_access'], claims: [], resources: [], authorizationDetails: [] },
    xwms.now(),
  )
  const resume = `/oauth/authorize/resume?interaction=${consent.view.interaction}`
  const pages = await Promise.all([browser.get(resume), browser.get(resume), browser.get(resume)])
  t.equal(pages.filter(page => answerIn(page).code).length, 1)
  t.equal(pages.filter(page => page.view.code === 'interaction_gone').length, 2)
})

t.test('who comes back without having signed in or allowed gets no code', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  const browser = xwms.browser()
  const signIn = await browser.get(authorizationRequest(shop.client.id, challenge))
  const resume = `/oauth/authorize/resume?interaction=${signIn.view.interaction}`
  t.match((await browser.get(resume)).view, { page: 'sign-in' })
  await browser.signIn(signIn, ada)
  t.match((await browser.get(resume)).view, { page: 'consent' })
})

t.test('a handle that is unknown, finished, or of the other flow is a page that says so', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  const started = await xwms.ask('POST', '/api/sign-token', {
    headers: shop.headers,
    json: { redirect_url: CALLBACK },
  })
  const browser = xwms.browser()
  const signIn = await browser.get(authorizationRequest(shop.client.id, challenge))
  await browser.decide(await browser.signIn(signIn, ada), 'allow')
  for (const handle of ['', 'unknown', signIn.view.interaction, JSON.parse(started.body).data.token]) {
    const page = await browser.get(`/oauth/authorize/resume?interaction=${handle}`)
    t.match(page.view, { page: 'error', code: 'interaction_gone', status: 410 }, handle)
  }
})

t.test('the handle of an OAuth sign-in opens no sign-token callback', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const browser = xwms.browser()
  const signIn = await browser.get(authorizationRequest(shop.client.id, challenge))
  await browser.signIn(signIn, await xwms.user())
  const page = await browser.get(`/sign-token/resume?interaction=${signIn.view.interaction}`)
  t.match(page.view, { page: 'error', code: 'interaction_gone' })
})

t.test('a sign-in that took too long is answered access_denied', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  const browser = xwms.browser()
  const signIn = await browser.get(authorizationRequest(shop.client.id, challenge))
  xwms.pass(600)
  t.match(answerIn(await browser.signIn(signIn, ada)), { error: 'access_denied', state: 'state-1' })
})

t.test(
  'a request in which something is repeated is answered at a good address, and else on a page',
  async t => {
    const xwms = installation()
    const { client } = await xwms.client()
    const request = authorizationRequest(client.id, challenge)
    const again = (...pairs: string[]) => xwms.browser().get(`${request}&${pairs.join('&')}`)

    t.match(answerIn(await again('nonce=2')), { error: 'invalid_request', state: 'state-1', iss: ISSUER })
    const { error, state } = answerIn(await again('state=2'))
    t.strictSame({ error, state }, { error: 'invalid_request', state: undefined })
    t.equal((await again('scope=%00')).url.searchParams.get('error'), 'invalid_request')
    const address = `redirect_uri=${encodeURIComponent(CALLBACK)}`
    for (const pair of [address, `client_id=${client.id}`, 'redirect_uri=https://evil.example/']) {
      const { response, view } = await again(pair, 'nonce=2')
      t.equal(response.headers.location, undefined, pair)
      t.match(view, { page: 'error', code: 'invalid_request', status: 400 }, pair)
    }
    for (const over of [
      { redirect_uri: 'https://evil.example/' },
      { redirect_uri: undefined },
      { client_id: 'cl_x' },
    ]) {
      const page = await xwms.browser().get(`${authorizationRequest(client.id, challenge, over)}&nonce=2`)
      t.match(page.view, { page: 'error', code: 'invalid_request' }, JSON.stringify(over))
    }
  },
)

t.test('a registration within a request is not supported', async t => {
  const xwms = installation()
  const { client } = await xwms.client()
  const page = await xwms.browser().get(authorizationRequest(client.id, challenge, { registration: '{}' }))
  t.match(answerIn(page), { error: 'registration_not_supported', state: 'state-1' })
})

t.test('HEAD brings no code and spends nothing', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const browser = xwms.browser()
  const request = authorizationRequest(shop.client.id, challenge)
  for (const [path, allow] of [
    [request, 'GET, POST'],
    ['/oauth/authorize/resume?interaction=x', 'GET'],
    ['/sign-token/resume?interaction=x', 'GET'],
    ['/device/resume?interaction=x', 'GET'],
    ['/oauth/logout', 'GET, POST'],
  ] as const) {
    const { status, headers } = await xwms.ask('HEAD', path.split('?')[0] as string, {
      query: path.split('?')[1] ?? '',
    })
    t.strictSame(
      { status, allow: headers.allow, to: headers.location },
      { status: 405, allow, to: undefined },
      path,
    )
  }
  t.ok((await authorize(browser, request, await xwms.user())).searchParams.get('code'))
})

t.test('a loopback address has any port for an app, and its own for any other client', async t => {
  const xwms = installation()
  const over = { redirect_uri: 'http://127.0.0.1:51004/cb' }
  const redirectUris = ['http://127.0.0.1/cb']
  for (const [given, page] of [
    [{ redirectUris }, 'error'],
    [{ redirectUris, metadata: { application_type: 'web' as const } }, 'error'],
    [{ redirectUris, metadata: { application_type: 'native' as const } }, 'sign-in'],
    [{ redirectUris, type: 'public' as const }, 'sign-in'],
  ] as const) {
    const { client } = await xwms.client(given)
    const { view } = await xwms.browser().get(authorizationRequest(client.id, challenge, over))
    t.equal(view.page, page, JSON.stringify(given))
  }
})
