import type { Test } from 'tap'
import type { Page } from '../support/browser.ts'
import { withPayments } from '../support/payments.ts'
import { conformance, type Provider } from './provider.ts'
import {
  approve,
  assertion,
  begin,
  clientKey,
  redeem,
  referenceUrl,
  responseOf,
  signIn,
  told,
} from './relying-party.ts'

const PAYMENT = { type: 'payment', amount: '12.00' }

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

  statement(
    'AUTH-32',
    "Strict clients' redirect URIs have the scheme http on 127.0.0.1 and [::1] of native apps alone",
    async (t, provider) => {
      const key = await clientKey()
      const strict = (uri: string, application_type: 'native' | 'web' | undefined) =>
        provider.client({
          profile: 'fapi2',
          redirectUris: [uri],
          metadata: {
            token_endpoint_auth_method: 'private_key_jwt',
            jwks: { keys: [key.publicJwk] },
            ...(application_type && { application_type }),
          },
        })
      for (const [uri, application] of [
        ['http://127.0.0.1/callback', undefined],
        ['http://127.0.0.1/callback', 'web'],
        ['http://[::1]/callback', 'web'],
        ['http://localhost/callback', 'native'],
        ['http://localhost/callback', 'web'],
      ] as const)
        await t.rejects(
          strict(uri, application),
          { message: /redirectUris must begin with https/ },
          `${uri} ${application}`,
        )

      for (const [registered, used] of [
        ['http://127.0.0.1/callback', 'http://127.0.0.1:51004/callback'],
        ['http://[::1]/callback', 'http://[::1]:61023/callback'],
      ] as const) {
        const party = await strict(registered, 'native')
        const push = async (redirect_uri: string) => {
          const begun = begin(provider, party, { redirect_uri })
          const form = { ...begun.parameters, ...(await assertion(provider, party, key)) }
          return { begun, answer: await provider.ask('/oauth/par', { form }) }
        }
        const { begun, answer } = await push(used)
        const url = referenceUrl(provider, party, answer.body.request_uri)
        const page = await approve(provider.browser(), url)
        t.ok(page.url.href.startsWith(`${used}?code=`), used)
        t.equal(responseOf(page).state, begun.state)
        for (const other of [used.replace(/\/\/.*:/, '//localhost:'), `${used}/other`])
          t.match((await push(other)).answer, { status: 400, body: { error: 'invalid_request' } }, other)
      }
    },
  )
}, withPayments)
