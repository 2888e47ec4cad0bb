// Where browsers are sent: never where a stranger says, and never with what a person typed.
import t, { type Test } from 'tap'
import { ENDPOINTS } from '../../src/endpoints.ts'
import type { HttpResponse } from '../../src/http/response.ts'
import { CALLBACK, type Installation, ISSUER, installation, PASSWORD, type Page } from '../installation.ts'
import { authorizationRequest, proofKey } from '../oauth/partner.ts'
import { newcomers } from './newcomers.ts'

const { challenge } = proofKey()

/** Names by which applications in general are told where to go next, ours among them. */
const DESTINATIONS =
  'return_to returnTo redirect_uri redirect_url redirect next url continue target dest goto ' +
  'post_logout_redirect_uri request_uri initiate_login_uri fallback_uri issuer iss state client_uri interaction ' +
  'user_code error error_uri done logout_hint'

const EVIL = [
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example/',
  '\\\\evil.example',
  'https:evil.example',
  `${ISSUER}@evil.example/`,
  `${ISSUER}.evil.example/`,
  'javascript:alert(document.domain)',
  'data:text/html,<script>alert(1)</script>',
  '\thttps://evil.example/',
  '/account\r\nLocation: https://evil.example/',
]

/** Writes down every answer of a kit from now on. */
function answersOf({ kit }: Installation): HttpResponse[] {
  const answers: HttpResponse[] = []
  const { handle } = kit
  Object.assign(kit, {
    async handle(...asked: Parameters<typeof handle>) {
      const answer = await handle(...asked)
      answers.push(answer)
      return answer
    },
  })
  return answers
}

const isOurs = (location: unknown) => new URL(String(location), ISSUER).origin === ISSUER

t.test('no parameter of any page sends a browser to an address that a stranger wrote', async t => {
  const xwms = installation()
  const shop = await xwms.client({
    metadata: { post_logout_redirect_uris: ['https://shop.example.com/goodbye'] },
  })
  const signedIn = xwms.browser()
  await signedIn.signIn(await signedIn.get('/sign-in?return_to=account'), await xwms.user())
  const pages = ENDPOINTS.filter(({ failure }) => failure === 'page')
  t.ok(pages.length > 15)
  let redirects = 0
  for (const { method, path } of pages) {
    for (const evil of EVIL) {
      for (const client of [undefined, shop.client.id]) {
        const parameters = Object.fromEntries(DESTINATIONS.split(' ').map(name => [name, evil]))
        const query = { ...parameters, ...(client && { client_id: client }), response_type: 'code' }
        for (const cookie of ['', [...signedIn.cookies].map(pair => pair.join('=')).join('; ')]) {
          const headers = { cookie, origin: ISSUER, 'sec-fetch-site': 'same-origin' }
          const { headers: answered } = await xwms.ask(method, path, {
            query,
            headers,
            ...(method === 'POST' && { form: query }),
          })
          if (answered.location === undefined) continue
          redirects++
          if (!isOurs(answered.location)) t.fail(`${method} ${path} leads to ${answered.location}`)
          t.notMatch(String(answered.location), /[\r\n]/)
        }
      }
    }
  }
  t.ok(redirects > 0, 'some of them redirect, and stay here')
})

t.test('an address is not registered by being like one that is', async t => {
  const xwms = installation()
  const registered = 'https://shop.example.com/callback?tenant=1'
  const { client } = await xwms.client({ redirectUris: [registered] })
  for (const uri of [
    'https://shop.example.com/callback',
    'https://shop.example.com/callback?tenant=1&redirect_to=https://evil.example',
    'https://shop.example.com/callback?tenant=2',
    'https://shop.example.com/callback/../open?tenant=1',
    'https://shop.example.com/callback/?tenant=1',
    'https://shop.example.com/callback?tenant=1#',
    'https://shop.example.com/callback?tenant=1#@evil.example',
    'https://shop.example.com:443/callback?tenant=1',
    'https://SHOP.example.com/callback?tenant=1',
    'https://shop.example.com/%63allback?tenant=1',
    'https://shop.example.com@evil.example/callback?tenant=1',
    'https://evil.shop.example.com/callback?tenant=1',
    'https://evil.example/.shop.example.com/callback?tenant=1',
    'http://shop.example.com/callback?tenant=1',
    ' https://shop.example.com/callback?tenant=1',
  ]) {
    const { url, view } = await xwms
      .browser()
      .get(authorizationRequest(client.id, challenge, { redirect_uri: uri }))
    t.equal(url.origin, ISSUER, uri)
    t.match(view, { page: 'error', code: 'invalid_redirect_uri' }, uri)
  }
})

t.test(
  'what a person typed goes nowhere but here: every redirect is a 303 that carries none of it',
  async t => {
    const xwms = installation()
    const answers = answersOf(xwms)
    const shop = await xwms.client()
    const ada = await xwms.user()
    const browser = xwms.browser()
    const request = authorizationRequest(shop.client.id, challenge)
    await browser.signIn(await browser.get(request), ada, 'a wrong one')
    const consent = await browser.signIn(await browser.get(request), ada)
    await browser.decide(consent, 'allow')
    xwms.pass(1)
    const again = await browser.get(authorizationRequest(shop.client.id, challenge, { prompt: 'consent' }))
    await browser.decide(again, 'deny')
    await browser.post('/oauth/authorize', Object.fromEntries(new URLSearchParams(request.split('?')[1])))
    const { view } = await browser.get('/account')
    await browser.post(view.action, { csrf_token: view.csrfToken, decision: 'sign_out' })

    const redirects = answers.filter(({ status }) => status >= 300 && status < 400)
    t.ok(redirects.length >= 8)
    t.ok(redirects.some(({ headers }) => String(headers.location).startsWith(CALLBACK)))
    for (const { status, headers, body } of redirects) {
      t.equal(status, 303)
      t.equal(body, '')
      const text = decodeURIComponent(JSON.stringify(headers))
      for (const typed of [PASSWORD, ada.email]) t.notOk(text.includes(typed), String(headers.location))
    }
  },
)

/** A stranger's client, which leads to his site, and Ada's browser. */
async function stranger(t: Test, over: Readonly<Record<string, unknown>> = {}) {
  const { xwms, site, publish } = await newcomers(t)
  const callback = `${site}/phishing`
  const clientId = publish('/client.json', { client_name: 'Your Bank', redirect_uris: [callback], ...over })
  const ask = (parameters: Record<string, string | undefined> = {}) =>
    authorizationRequest(clientId, challenge, { redirect_uri: callback, scope: 'openid', ...parameters })
  return { xwms, site, callback, clientId, ask, ada: await xwms.user(), browser: xwms.browser() }
}

/** The browser stays here, and shows a link to where it was to be sent. */
function staysHere(t: Test, { url, view, response }: Page, error: string, callback: string) {
  t.equal(url.origin, ISSUER)
  t.equal(response.status, 400)
  t.match(view, { page: 'error', code: error })
  const returnTo = new URL(view.returnTo)
  t.equal(returnTo.origin + returnTo.pathname, callback)
  t.match(Object.fromEntries(returnTo.searchParams), { error, state: 'state-1', iss: ISSUER })
}

t.test('nobody is sent on unasked to a site that nobody vouches for', async t => {
  const { xwms, callback, ask, ada, browser } = await stranger(t)
  // By a mistake that is made on purpose, …
  staysHere(t, await browser.get(ask({ scope: 'nonsense' })), 'invalid_scope', callback)
  staysHere(t, await browser.get(ask({ response_type: 'token' })), 'unsupported_response_type', callback)
  staysHere(t, await browser.get(ask({ request: 'eyJ' })), 'invalid_request_object', callback)
  // … by asking silently, …
  staysHere(t, await browser.get(ask({ prompt: 'none' })), 'login_required', callback)
  // … by a person who notices, and refuses: at the sign-in, and at the consent, …
  const signIn = await browser.get(ask())
  const { interaction, csrfToken, action } = signIn.view
  const cancelled = await browser.post(action, { interaction, csrf_token: csrfToken, decision: 'cancel' })
  staysHere(t, cancelled, 'access_denied', callback)
  const consent = await browser.signIn(await browser.get(ask()), ada)
  staysHere(t, await browser.decide(consent, 'deny'), 'access_denied', callback)
  staysHere(t, await browser.get(ask({ prompt: 'none' })), 'consent_required', callback)
  // … and by the end of a sign-in that somebody else began.
  const begun = await xwms.browser().get(ask())
  xwms.pass(601)
  const resume = `/oauth/authorize/resume?interaction=${begun.view.interaction}`
  staysHere(t, await xwms.browser().get(resume), 'access_denied', callback)
})

t.test('a form is not posted there by itself either, and a signed answer stays signed', async t => {
  const { callback, ask, browser } = await stranger(t)
  staysHere(
    t,
    await browser.get(ask({ scope: 'nonsense', response_mode: 'form_post' })),
    'invalid_scope',
    callback,
  )
  for (const response_mode of ['jwt', 'form_post.jwt']) {
    const { view } = await browser.get(ask({ scope: 'nonsense', response_mode }))
    t.match(view, { page: 'error', code: 'invalid_scope' })
    t.match(view.returnTo, /\?response=[\w-]+\.[\w-]+\.[\w-]+$/)
  }
})

t.test('who gave such a client access before is sent back to it like to any other', async t => {
  const { ask, ada, browser, callback, xwms } = await stranger(t)
  const consent = await browser.signIn(await browser.get(ask()), ada)
  const { url } = await browser.decide(consent, 'allow')
  t.ok(url.href.startsWith(callback), 'a yes leads there too')
  const silent = await browser.get(ask({ prompt: 'none', scope: 'openid email' }))
  t.equal(silent.url.searchParams.get('error'), 'consent_required')
  staysHere(t, await xwms.browser().get(ask({ prompt: 'none' })), 'login_required', callback)
})

t.test('an app on the device and a client that somebody vouches for are told as ever', async t => {
  const loopback = 'http://127.0.0.1:6274/callback'
  const app = await stranger(t, { redirect_uris: [loopback] })
  const told = await app.browser.get(app.ask({ redirect_uri: loopback, scope: 'nonsense' }))
  t.equal(told.url.searchParams.get('error'), 'invalid_scope')

  const { xwms, register } = await newcomers(t)
  const { body } = await register({ redirect_uris: [CALLBACK] })
  const owned = await xwms.client()
  for (const clientId of [body.client_id, owned.client.id]) {
    const { url } = await xwms
      .browser()
      .get(authorizationRequest(clientId, challenge, { response_type: 'token' }))
    t.ok(url.href.startsWith(`${CALLBACK}?error=unsupported_response_type`))
  }
})
