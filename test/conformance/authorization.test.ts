import { createLocalJWKSet, jwtVerify } from 'jose'
import type { Test } from 'tap'
import type { Browser, Page } from '../support/browser.ts'
import { withPayments } from '../support/payments.ts'
import { conformance, type Provider } from './provider.ts'
import { approve, begin, redeem, responseOf, signIn, userinfo } from './relying-party.ts'

const PAYMENT = { type: 'payment', amount: '12.00' }

/** The ID token's claims, its signature checked. */
async function claimsOf(provider: Provider, idToken: string | undefined) {
  const { body } = await provider.ask('/.well-known/jwks.json')
  const { payload } = await jwtVerify(idToken ?? '', createLocalJWKSet(body), { currentDate: provider.now() })
  return payload
}

/** Everything the client is told when the browser needs to ask nobody anything. */
async function told(browser: Browser, url: URL): Promise<Record<string, string>> {
  return responseOf(await browser.open(url))
}

/** An error page: ours, HTML, and no way on. */
function isErrorPage(t: Test, provider: Provider, page: Page, code: string): void {
  t.equal(page.url.origin, provider.origin)
  t.equal(page.status, 400)
  t.match(page.headers.get('content-type'), /^text\/html/)
  t.match(page.html, code)
}

await conformance(statement => {
  statement('AUTH-1', 'A request by GET and one by form POST get the same answer', async (t, provider) => {
    const party = await provider.client()
    const browser = provider.browser()
    await signIn(provider, party, {}, { browser })
    const begun = begin(provider, party)
    const byGet = await told(browser, begun.url)
    const address = new URL(begun.url.pathname, begun.url)
    const byPost = responseOf(await browser.post(address, new URLSearchParams(begun.parameters)))
    t.ok(byGet.code)
    t.same({ ...byPost, code: '' }, { ...byGet, code: '' })
    t.equal((await redeem(provider, party, begun, byPost.code)).status, 200)
  })

  statement('AUTH-2', 'Unknown parameters are ignored', async (t, provider) => {
    const tokens = await signIn(provider, await provider.client(), { extra: 'foobar', 'x-y': 'z' })
    t.ok(tokens.id_token)
  })

  statement('AUTH-3', 'The order of parameters and of scopes means nothing', async (t, provider) => {
    const party = await provider.client()
    const browser = provider.browser()
    await signIn(provider, party, { scope: 'openid email profile' }, { browser })
    const { url } = begin(provider, party, { scope: 'profile email openid' })
    url.search = new URLSearchParams([...url.searchParams].reverse()).toString()
    t.ok((await told(browser, url)).code)
  })

  statement('AUTH-4', 'A redirect URI is compared as a whole, its query included', async (t, provider) => {
    const party = await provider.client({ redirectUris: ['https://rp.example.com/cb?a=1&b=2'] })
    t.ok(await signIn(provider, party))
    for (const redirect_uri of [
      'https://rp.example.com/cb',
      'https://rp.example.com/cb?b=2&a=1',
      'https://rp.example.com/cb?a=1&b=2&c=3',
      'https://rp.example.com/cb/?a=1&b=2',
      'https://rp.example.com:443/cb?a=1&b=2',
      'https://RP.example.com/cb?a=1&b=2',
    ]) {
      const page = await provider.browser().open(begin(provider, party, { redirect_uri }).url)
      isErrorPage(t, provider, page, 'invalid_redirect_uri')
    }
  })

  statement(
    'AUTH-5',
    'An unregistered redirect URI, one with another query, and none where several are registered end on an error page',
    async (t, provider) => {
      const several = await provider.client({
        redirectUris: ['https://rp.example.com/one', 'https://rp.example.com/two'],
      })
      for (const redirect_uri of ['https://evil.example/', 'https://rp.example.com/one?x=1', undefined]) {
        const page = await provider.browser().open(begin(provider, several, { redirect_uri }).url)
        isErrorPage(t, provider, page, 'invalid_redirect_uri')
      }
    },
  )

  statement(
    'AUTH-6',
    'The query of a registered redirect URI survives success and error',
    async (t, provider) => {
      const party = await provider.client({
        redirectUris: ['https://rp.example.com/cb?dummy1=lorem&x=a%20b'],
      })
      const browser = provider.browser()
      const failed = await browser.open(begin(provider, party, { prompt: 'none' }).url)
      t.ok(failed.url.href.startsWith('https://rp.example.com/cb?dummy1=lorem&x=a%20b&error=login_required&'))
      const done = await approve(browser, begin(provider, party).url)
      t.ok(done.url.href.startsWith('https://rp.example.com/cb?dummy1=lorem&x=a%20b&code='))
    },
  )

  statement(
    'AUTH-7',
    'A missing response_type is invalid_request; an unknown one unsupported_response_type',
    async (t, provider) => {
      const party = await provider.client()
      const errorOf = async (response_type: string | undefined) =>
        (await told(provider.browser(), begin(provider, party, { response_type }).url)).error
      t.equal(await errorOf(undefined), 'invalid_request')
      for (const type of ['token', 'id_token', 'code id_token', 'nonsense'])
        t.equal(await errorOf(type), 'unsupported_response_type', type)
    },
  )

  statement(
    'AUTH-8',
    'A client without the authorization code grant gets an error and no code',
    async (t, provider) => {
      const party = await provider.client({ grantTypes: ['client_credentials'] })
      const response = await told(provider.browser(), begin(provider, party).url)
      t.equal(response.error, 'unauthorized_client')
      t.equal(response.code, undefined)
    },
  )

  statement('AUTH-9', 'A long state and a long nonce come back unaltered', async (t, provider) => {
    const party = await provider.client()
    const browser = provider.browser()
    const state = `${'aA0-._~!$ %&+=/?#'.repeat(16)}ü€`
    const nonce = 'n0-._~'.repeat(32)
    const begun = begin(provider, party, { state, nonce })
    const response = responseOf(await approve(browser, begun.url))
    t.equal(response.state, state)
    const { body } = await redeem(provider, party, begun, response.code)
    t.equal((await claimsOf(provider, body.id_token)).nonce, nonce)
  })

  statement('AUTH-10', 'An absent state is not invented; an absent nonce is fine', async (t, provider) => {
    const party = await provider.client()
    const begun = begin(provider, party, { state: undefined, nonce: undefined })
    const response = responseOf(await approve(provider.browser(), begun.url))
    t.same(Object.keys(response).sort(), ['code', 'iss'])
    const { body } = await redeem(provider, party, begun, response.code)
    t.notOk('nonce' in (await claimsOf(provider, body.id_token)))
  })

  statement(
    'AUTH-11',
    'Errors carry state and iss in the response mode that was asked for, and nothing stray',
    async (t, provider) => {
      const party = await provider.client()
      for (const response_mode of [undefined, 'query', 'form_post']) {
        const begun = begin(provider, party, { prompt: 'none', response_mode })
        const page = await provider.browser().open(begun.url)
        t.equal(page.html !== '', response_mode === 'form_post', 'in the mode')
        const response = responseOf(page)
        t.same(Object.keys(response).sort(), ['error', 'error_description', 'iss', 'state'])
        t.match(response, { error: 'login_required', state: begun.state, iss: provider.issuer })
      }
    },
  )

  statement('AUTH-12', 'error_description is printable ASCII on one line', async (t, provider) => {
    const party = await provider.client()
    for (const over of [
      { response_type: 'é\n"\\' },
      { scope: 'zuviel\tüber' },
      { max_age: 'bald\r\n' },
      { code_challenge: 'ß' },
    ]) {
      const { error, error_description } = await told(provider.browser(), begin(provider, party, over).url)
      t.ok(error)
      t.match(error_description, /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/)
    }
  })

  statement(
    'AUTH-13',
    'form_post delivers success and error by a form that posts itself, and by a button without JavaScript',
    async (t, provider) => {
      const party = await provider.client()
      const begun = begin(provider, party, { response_mode: 'form_post' })
      const browser = provider.browser()
      const page = await approve(browser, begun.url)
      t.equal(page.status, 200)
      t.match(page.html, /<form[^>]* method="post"/)
      t.match(page.html, `action="${party.redirectUri}"`)
      t.match(page.html, /<button[^>]*>/)
      const nonce = /<script nonce="([^"]+)"/.exec(page.html)?.[1]
      const policy = page.headers.get('content-security-policy') ?? ''
      t.ok(nonce !== undefined && policy.includes(`script-src 'nonce-${nonce}'`))
      t.match(policy, 'form-action')
      const response = responseOf(page)
      t.same(
        Object.keys(response)
          .filter(name => name !== '')
          .sort(),
        ['code', 'iss', 'state'],
      )
      t.equal((await redeem(provider, party, begun, response.code)).status, 200)
    },
  )

  statement(
    'AUTH-14',
    "JWT response modes carry iss, aud and a short exp, signed with the client's algorithm",
    async (t, provider) => {
      for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
        const party = await provider.client({ metadata: { authorization_signed_response_alg: alg } })
        const browser = provider.browser()
        const { body: jwks } = await provider.ask('/.well-known/jwks.json')
        for (const response_mode of ['jwt', 'query.jwt', 'form_post.jwt']) {
          const begun = begin(provider, party, { response_mode })
          const { response } = responseOf(await approve(browser, begun.url))
          const { payload, protectedHeader } = await jwtVerify(response ?? '', createLocalJWKSet(jwks), {
            currentDate: provider.now(),
            issuer: provider.issuer,
            audience: party.id,
          })
          t.equal(protectedHeader.alg, alg)
          const seconds = (payload.exp ?? 0) - provider.now().getTime() / 1000
          t.ok(seconds > 0 && seconds <= 600)
          t.equal(payload.state, begun.state)
          t.equal((await redeem(provider, party, begun, payload.code as string)).status, 200)
        }
        const { response } = await told(
          provider.browser(),
          begin(provider, party, { response_mode: 'jwt', prompt: 'none' }).url,
        )
        const { payload } = await jwtVerify(response ?? '', createLocalJWKSet(jwks), {
          currentDate: provider.now(),
        })
        t.equal(payload.error, 'login_required')
      }
    },
  )

  statement(
    'AUTH-15',
    'A valid S256 challenge works, and a wrong or missing verifier is invalid_grant',
    async (t, provider) => {
      const party = await provider.client()
      const browser = provider.browser()
      for (const code_verifier of ['x'.repeat(43), undefined, '']) {
        const begun = begin(provider, party)
        const { code } = responseOf(await approve(browser, begun.url))
        const refused = await redeem(provider, party, begun, code, { code_verifier })
        t.match(refused, { status: 400, body: { error: 'invalid_grant' } })
      }
      t.ok(await signIn(provider, party, {}, { browser }))
    },
  )

  statement(
    'AUTH-16',
    'PKCE is demanded by default, may be left out by an ordinary confidential client so set, and plain never works',
    async (t, provider) => {
      const none = { code_challenge: undefined, code_challenge_method: undefined }
      const byDefault = await provider.client()
      const lenient = await provider.client({ requirePkce: false })
      const strict = await provider.client({ type: 'public' })
      for (const party of [byDefault, strict]) {
        const response = await told(provider.browser(), begin(provider, party, none).url)
        t.equal(response.error, 'invalid_request')
      }
      const begun = begin(provider, lenient, none)
      const { code } = responseOf(await approve(provider.browser(), begun.url))
      t.equal((await redeem(provider, lenient, begun, code, { code_verifier: undefined })).status, 200)
      for (const code_challenge_method of ['plain', undefined, 'S512']) {
        const response = await told(
          provider.browser(),
          begin(provider, lenient, { code_challenge_method }).url,
        )
        t.equal(response.error, 'invalid_request', String(code_challenge_method))
      }
    },
  )

  statement('AUTH-17', 'prompt=none answers silently with a usable session', async (t, provider) => {
    const party = await provider.client()
    const browser = provider.browser()
    await signIn(provider, party, {}, { browser })
    const begun = begin(provider, party, { prompt: 'none' })
    t.ok((await told(browser, begun.url)).code)
  })

  statement(
    'AUTH-18',
    'prompt=none without a session is login_required; without an approval consent_required',
    async (t, provider) => {
      const browser = provider.browser()
      await signIn(provider, await provider.client(), {}, { browser })
      const party = await provider.client()
      const { url } = begin(provider, party, { prompt: 'none' })
      t.equal((await told(provider.browser(), url)).error, 'login_required')
      t.equal((await told(browser, url)).error, 'consent_required')
    },
  )

  statement(
    'AUTH-19',
    'prompt=login asks for the password again, and auth_time is later',
    async (t, provider) => {
      const party = await provider.client()
      const browser = provider.browser()
      const first = await claimsOf(provider, (await signIn(provider, party, {}, { browser })).id_token)
      provider.passes(2)
      const begun = begin(provider, party, { prompt: 'login' })
      const page = await browser.open(begun.url)
      t.match(page.html, 'login-submit')
      const { code } = responseOf(await approve(browser, page))
      const { body } = await redeem(provider, party, begun, code)
      const second = await claimsOf(provider, body.id_token)
      t.ok((second.auth_time as number) > (first.auth_time as number))
    },
  )

  statement('AUTH-20', 'prompt=consent asks again', async (t, provider) => {
    const party = await provider.client()
    const browser = provider.browser()
    await signIn(provider, party, {}, { browser })
    provider.passes(1)
    const page = await browser.open(begin(provider, party, { prompt: 'consent' }).url)
    t.match(page.html, 'consent-allow')
    t.ok(responseOf(await approve(browser, page)).code)
  })

  statement(
    'AUTH-21',
    'max_age asks again when exceeded, is silent when not, and always brings auth_time',
    async (t, provider) => {
      const party = await provider.client()
      const browser = provider.browser()
      const first = await signIn(provider, party, { max_age: '10000' }, { browser })
      const { auth_time } = await claimsOf(provider, first.id_token)
      t.type(auth_time, 'number')
      const silent = begin(provider, party, { max_age: '10000', prompt: 'none' })
      const { code } = await told(browser, silent.url)
      const again = await redeem(provider, party, silent, code)
      t.equal((await claimsOf(provider, again.body.id_token)).auth_time, auth_time)
      provider.passes(3)
      t.match((await browser.open(begin(provider, party, { max_age: '1' }).url)).html, 'login-submit')
      const refused = await told(browser, begin(provider, party, { max_age: '1', prompt: 'none' }).url)
      t.equal(refused.error, 'login_required')
      const later = await signIn(provider, party, { max_age: '1' }, { browser })
      t.ok(((await claimsOf(provider, later.id_token)).auth_time as number) > (auth_time as number))
    },
  )

  statement(
    'AUTH-22',
    "id_token_hint with prompt=none keeps subject and auth_time; another user's is login_required",
    async (t, provider) => {
      const party = await provider.client()
      const browser = provider.browser()
      const { id_token } = await signIn(provider, party, {}, { browser })
      const first = await claimsOf(provider, id_token)
      provider.passes(2)
      const begun = begin(provider, party, { prompt: 'none', id_token_hint: id_token })
      const { code } = await told(browser, begun.url)
      const { body } = await redeem(provider, party, begun, code)
      const second = await claimsOf(provider, body.id_token)
      t.equal(second.sub, first.sub)
      t.equal(second.auth_time, first.auth_time)
      const bobs = await signIn(provider, party, {}, { login: 'bob@example.com' })
      const refused = begin(provider, party, { prompt: 'none', id_token_hint: bobs.id_token })
      t.equal((await told(browser, refused.url)).error, 'login_required')
    },
  )

  statement(
    'AUTH-23',
    'login_hint, display, ui_locales, claims_locales and acr_values never cause an error',
    async (t, provider) => {
      const party = await provider.client()
      const over = {
        login_hint: 'ada@example.com',
        display: 'popup',
        ui_locales: 'se xx-invalid- nl',
        claims_locales: 'se',
        acr_values: '1 2 urn:whatever',
      }
      const browser = provider.browser()
      const page = await browser.open(begin(provider, party, over).url)
      t.match(page.html, 'value="ada@example.com"')
      t.ok(await signIn(provider, party, over, { browser }))
      t.ok(await signIn(provider, party, { ...over, display: 'hologram' }, { browser }))
    },
  )

  statement(
    'AUTH-24',
    'A requested acr that is met comes back; an essential one that cannot be met is refused',
    async (t, provider) => {
      const party = await provider.client()
      const { body: metadata } = await provider.ask('/.well-known/openid-configuration')
      const [acr] = metadata.acr_values_supported
      const browser = provider.browser()
      const met = await signIn(provider, party, { acr_values: `urn:other ${acr}` }, { browser })
      t.equal((await claimsOf(provider, met.id_token)).acr, acr)
      const essential = (values: string[]) => ({
        claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }),
      })
      const fine = await signIn(provider, party, essential([acr]), { browser })
      t.equal((await claimsOf(provider, fine.id_token)).acr, acr)
      const refused = await told(browser, begin(provider, party, essential(['urn:impossible'])).url)
      t.equal(refused.error, 'unmet_authentication_requirements')
    },
  )

  statement(
    'AUTH-25',
    'The claims parameter places claims in the ID token or in userinfo; unknown ones are ignored',
    async (t, provider) => {
      const party = await provider.client()
      const claims = JSON.stringify({
        userinfo: { given_name: { essential: true }, nonsense: null },
        id_token: { email: null, auth_time: { essential: true }, birthdate: null, nonsense: { value: 1 } },
      })
      const tokens = await signIn(provider, party, { claims })
      const idToken = await claimsOf(provider, tokens.id_token)
      t.equal(idToken.email, 'ada@example.com')
      t.equal(idToken.birthdate, '1815-12-10')
      t.notOk('given_name' in idToken || 'nonsense' in idToken)
      const { body } = await userinfo(provider, tokens.access_token)
      t.same(body, { sub: provider.user.sub, given_name: 'Ada' })
      const malformed = begin(provider, party, { claims: '{"id_token":' })
      t.equal((await told(provider.browser(), malformed.url)).error, 'invalid_request')
    },
  )

  statement('AUTH-26', 'A loopback redirect URI works with any port', async (t, provider) => {
    const party = await provider.client({
      type: 'public',
      redirectUris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
    })
    for (const redirect_uri of ['http://127.0.0.1:51004/callback', 'http://[::1]:61023/callback']) {
      const begun = begin(provider, party, { redirect_uri })
      const page = await approve(provider.browser(), begun.url)
      t.ok(page.url.href.startsWith(redirect_uri))
      t.equal((await redeem(provider, party, begun, responseOf(page).code)).status, 200)
    }
    for (const redirect_uri of [
      'http://127.0.0.1:51004/other',
      'http://127.0.0.2:51004/callback',
      'http://localhost:51004/callback',
      'https://127.0.0.1:51004/callback',
    ]) {
      const page = await provider.browser().open(begin(provider, party, { redirect_uri }).url)
      isErrorPage(t, provider, page, 'invalid_redirect_uri')
    }
  })

  statement(
    'AUTH-27',
    'javascript:, data: and their like cannot be registered nor used',
    async (t, provider) => {
      const party = await provider.client()
      for (const uri of [
        'javascript:alert(1)',
        'JavaScript:alert(1)//',
        'data:text/html,x',
        'vbscript:x',
        'file:///etc/passwd',
        'blob:https://rp.example.com/1',
        'about:blank',
        'http://rp.example.com/callback',
        'https://rp.example.com/callback#fragment',
      ]) {
        await t.rejects(provider.client({ redirectUris: [uri] }), { code: 'invalid_input' }, uri)
        const page = await provider.browser().open(begin(provider, party, { redirect_uri: uri }).url)
        isErrorPage(t, provider, page, 'invalid_redirect_uri')
      }
    },
  )

  statement('AUTH-28', 'offline_access brings a refresh token, and its absence none', async (t, provider) => {
    const party = await provider.client()
    const browser = provider.browser()
    t.equal((await signIn(provider, party, {}, { browser })).refresh_token, undefined)
    const over = { scope: 'openid offline_access', prompt: 'consent' }
    t.type((await signIn(provider, party, over, { browser })).refresh_token, 'string')
  })

  statement(
    'AUTH-29',
    'Consent is remembered per scope, claim and resource, and asked anew only for more',
    async (t, provider) => {
      const party = await provider.client()
      const browser = provider.browser()
      const asks = async (over: Record<string, string>) => {
        const page = await browser.open(begin(provider, party, over).url)
        const asked = page.html.includes('consent-allow') || page.html.includes('login-submit')
        if (asked) t.ok(responseOf(await approve(browser, page)).code)
        return asked
      }
      const claims = JSON.stringify({ userinfo: { birthdate: null } })
      const more: Record<string, string>[] = [
        { scope: 'openid' },
        { scope: 'openid email' },
        { scope: 'openid', claims },
        { scope: 'openid orders:read', resource: provider.resource },
      ]
      for (const over of more) {
        t.equal(await asks(over), true, `${JSON.stringify(over)} is asked for`)
        t.equal(await asks(over), false, `${JSON.stringify(over)} is remembered`)
      }
      t.equal(await asks({ scope: 'openid email', claims }), false, 'all that was approved before')
    },
  )

  statement(
    'AUTH-30',
    'An unknown resource is invalid_target; a known one becomes the audience',
    async (t, provider) => {
      const party = await provider.client()
      const unknown = begin(provider, party, { resource: 'https://nowhere.example/' })
      t.equal((await told(provider.browser(), unknown.url)).error, 'invalid_target')
      for (const resource of ['not a uri', `${provider.resource}#fragment`]) {
        const { error } = await told(provider.browser(), begin(provider, party, { resource }).url)
        t.equal(error, 'invalid_target')
      }
      const over = { scope: 'openid orders:read', resource: provider.resource }
      const { access_token } = await signIn(provider, party, over)
      const bearer = { headers: { authorization: `Bearer ${access_token}` } }
      t.match(await provider.ask(provider.resource, bearer), { status: 200, body: { client: party.id } })
      const elsewhere = await signIn(provider, party, { scope: 'openid orders:read' })
      const refused = await provider.ask(provider.resource, {
        headers: { authorization: `Bearer ${elsewhere.access_token}` },
      })
      t.match(refused, { status: 401, body: { error: 'invalid_token' } })
    },
  )

  statement(
    'AUTH-31',
    'Authorization details are shown, approved, and carried to the token; an unknown type is refused',
    async (t, provider) => {
      const party = await provider.client({ metadata: { authorization_details_types: ['payment'] } })
      const browser = provider.browser()
      const details = JSON.stringify([PAYMENT])
      const begun = begin(provider, party, { authorization_details: details })
      let page = await browser.open(begun.url)
      page = await browser.press(page, 'login-submit', {
        login: 'ada@example.com',
        password: 'correct horse battery staple',
      })
      t.match(page.html, 'Pay 12.00 euro')
      const { code } = responseOf(await approve(browser, page))
      const { body } = await redeem(provider, party, begun, code)
      t.match(body.authorization_details, [PAYMENT])

      // Each time anew: one yes is one payment.
      const silent = begin(provider, party, { authorization_details: details, prompt: 'none' })
      t.equal((await told(browser, silent.url)).error, 'consent_required')
      const again = begin(provider, party, { authorization_details: details })
      const asked = await browser.open(again.url)
      t.match(asked.html, 'Pay 12.00 euro')
      t.ok(responseOf(await approve(browser, asked)).code)
      for (const wrong of [
        JSON.stringify([{ type: 'unknown' }]),
        JSON.stringify([{ type: 'payment' }]),
        '[{',
        '{}',
      ]) {
        const refused = begin(provider, party, { authorization_details: wrong })
        t.equal((await told(browser, refused.url)).error, 'invalid_authorization_details', wrong)
      }
    },
  )
}, withPayments)
