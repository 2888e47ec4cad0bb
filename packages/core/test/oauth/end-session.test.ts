import { decodeJwt } from 'jose'
import t from 'tap'
import type { User } from '../../src/model/user.ts'
import type { Browser, Installation, Page, Registered } from '../installation.ts'
import { CALLBACK, ISSUER, installation } from '../installation.ts'
import { authorizationRequest, proofKey, token } from './partner.ts'

const GOODBYE = 'https://shop.example.com/goodbye?from=xwms'
const SESSION = '__Host-xwms_session'

interface SignedInBrowser {
  readonly xwms: Installation
  readonly shop: Registered
  readonly ada: User
  readonly browser: Browser
  readonly idToken: string
}

/** Signs somebody in through a client, and gives the ID token that it got. */
async function idTokenOf(
  xwms: Installation,
  shop: Registered,
  browser: Browser,
  user: User,
): Promise<string> {
  const { verifier, challenge } = proofKey()
  let page: Page = await browser.get(authorizationRequest(shop.client.id, challenge, { scope: 'openid' }))
  if (page.view.page === 'sign-in') page = await browser.signIn(page, user)
  if (page.view.page === 'consent') page = await browser.decide(page, 'allow')
  const { body } = await token(xwms, shop, {
    grant_type: 'authorization_code',
    code: page.url.searchParams.get('code') ?? '',
    redirect_uri: CALLBACK,
    code_verifier: verifier,
  })
  return body.id_token
}

async function signedIn(): Promise<SignedInBrowser> {
  const xwms = installation()
  const shop = await xwms.client({ metadata: { post_logout_redirect_uris: [GOODBYE] } })
  const ada = await xwms.user()
  const browser = xwms.browser()
  return { xwms, shop, ada, browser, idToken: await idTokenOf(xwms, shop, browser, ada) }
}

function logoutUrl(parameters: Readonly<Record<string, string>>): string {
  return `/oauth/logout?${new URLSearchParams(parameters)}`
}

/** Whether a silent request still finds the session. */
async function isSignedIn({ shop, browser }: Pick<SignedInBrowser, 'shop' | 'browser'>): Promise<boolean> {
  const { url } = await browser.get(
    authorizationRequest(shop.client.id, proofKey().challenge, { scope: 'openid', prompt: 'none' }),
  )
  if (url.searchParams.get('error') === 'login_required') return false
  if (url.searchParams.has('code')) return true
  throw new Error(`${url}`)
}

function answer(browser: Browser, { view }: Page, decision: string): Promise<Page> {
  return browser.post(view.action, { csrf_token: view.csrfToken, decision })
}

t.test('a valid hint and a registered address: signed out, and sent there', async t => {
  const scene = await signedIn()
  const { browser, idToken } = scene
  t.ok(await isSignedIn(scene))
  const { url, response } = await browser.get(
    logoutUrl({ id_token_hint: idToken, post_logout_redirect_uri: GOODBYE, state: 'back & forth' }),
  )
  t.equal(`${url}`, `${GOODBYE}&state=back+%26+forth`)
  t.equal(response.status, 303)
  t.match(response.headers['set-cookie'], /^__Host-xwms_session=; Max-Age=0; /)
  t.equal(browser.cookies.get(SESSION), '')
  t.notOk(await isSignedIn(scene), 'prompt=none fails')
})

t.test('the address is not touched where no state was sent', async t => {
  const { browser, idToken, shop } = await signedIn()
  const { url } = await browser.get(
    logoutUrl({
      id_token_hint: idToken,
      post_logout_redirect_uri: GOODBYE,
      client_id: shop.client.id,
      logout_hint: 'ada@example.com',
      ui_locales: 'nl en',
      anything: 'else',
    }),
  )
  t.equal(`${url}`, GOODBYE)
})

t.test('the session’s cookie stops working, wherever it is kept', async t => {
  const scene = await signedIn()
  const kept = scene.browser.cookies.get(SESSION) as string
  await scene.browser.get(logoutUrl({ id_token_hint: scene.idToken }))
  scene.browser.cookies.set(SESSION, kept)
  t.notOk(await isSignedIn(scene))
})

t.test('an expired hint is as good as any', async t => {
  const { browser, idToken, xwms } = await signedIn()
  xwms.pass(2 * 86_400)
  const { url } = await browser.get(logoutUrl({ id_token_hint: idToken, post_logout_redirect_uri: GOODBYE }))
  t.equal(`${url}`, GOODBYE)
})

t.test('with a hint and no address the page says so', async t => {
  const scene = await signedIn()
  const page = await scene.browser.get(logoutUrl({ id_token_hint: scene.idToken }))
  t.match(page.view, { page: 'message', message: 'signed_out' })
  t.equal(page.url.pathname, '/signed-out')
  t.notOk(await isSignedIn(scene))
})

t.test('a form does the same as a query', async t => {
  const scene = await signedIn()
  const { url } = await scene.browser.post('/oauth/logout', {
    id_token_hint: scene.idToken,
    post_logout_redirect_uri: GOODBYE,
    state: 's',
  })
  t.equal(`${url}`, `${GOODBYE}&state=s`)
  t.notOk(await isSignedIn(scene))
})

t.test('a form from another site, which comes without the cookie, signs out too', async t => {
  const { xwms, idToken } = await signedIn()
  const first = await xwms.ask('POST', '/oauth/logout', {
    form: { id_token_hint: idToken, post_logout_redirect_uri: GOODBYE },
    headers: { 'sec-fetch-site': 'cross-site', origin: 'https://shop.example.com' },
  })
  t.equal(first.status, 303)
  const next = new URL(String(first.headers.location))
  t.equal(
    `${next.origin}${next.pathname}`,
    `${ISSUER}/oauth/logout`,
    'the browser comes again, with its cookie',
  )
  t.equal(next.searchParams.get('id_token_hint'), idToken)
  t.equal(first.headers['set-cookie'], undefined)
})

t.test('without a hint the person is asked', async t => {
  const scene = await signedIn()
  const { browser, shop } = scene
  const requests: Record<string, string>[] = [
    {},
    { state: 'only' },
    { client_id: shop.client.id },
    { post_logout_redirect_uri: GOODBYE },
    { post_logout_redirect_uri: 'https://evil.example/' },
    { client_id: shop.client.id, post_logout_redirect_uri: GOODBYE, state: 's' },
  ]
  for (const parameters of requests) {
    const page = await browser.get(logoutUrl(parameters))
    t.match(page.view, { page: 'logout', user: { email: 'ada@example.com' } }, JSON.stringify(parameters))
    t.equal(page.view.client?.name, 'client_id' in parameters ? 'Shop' : undefined)
    const stayed = await answer(browser, page, 'cancel')
    t.match(stayed.view, { page: 'message', message: 'still_signed_in' })
    t.ok(await isSignedIn(scene))
  }
  const page = await browser.get(
    logoutUrl({ client_id: shop.client.id, post_logout_redirect_uri: GOODBYE, state: 's' }),
  )
  const done = await answer(browser, page, 'confirm')
  t.match(done.view, { page: 'message', message: 'signed_out' })
  t.equal(done.url.origin, ISSUER, 'nobody is sent away on the word of a request without a hint')
  t.notOk(await isSignedIn(scene))
})

t.test('a hint of another session signs nobody out before the person says so', async t => {
  const scene = await signedIn()
  const { xwms, shop, browser, ada } = scene
  const bob = await xwms.user({ sub: '2', email: 'bob@example.com', name: 'Bob' })
  const others = {
    'of somebody else': await idTokenOf(xwms, shop, xwms.browser(), bob),
    'of another browser': await idTokenOf(xwms, shop, xwms.browser(), ada),
  }
  for (const [name, hint] of Object.entries(others)) {
    const page = await browser.get(
      logoutUrl({ id_token_hint: hint, post_logout_redirect_uri: GOODBYE, state: 's t' }),
    )
    t.match(page.view, { page: 'logout', client: { name: 'Shop' }, user: { name: 'Ada Lovelace' } }, name)
    t.match(
      page.response.headers['content-security-policy'],
      /form-action 'self' https:\/\/shop\.example\.com;/,
    )
    t.ok(await isSignedIn(scene), name)
  }
  const page = await browser.get(
    logoutUrl({ id_token_hint: others['of somebody else'], post_logout_redirect_uri: GOODBYE, state: 's t' }),
  )
  const { url } = await answer(browser, page, 'confirm')
  t.equal(`${url}`, `${GOODBYE}&state=s+t`)
  t.notOk(await isSignedIn(scene))
})

t.test('a bad hint gets a page, and changes nothing', async t => {
  const scene = await signedIn()
  const { browser, idToken } = scene
  const [header, payload, signature] = idToken.split('.') as [string, string, string]
  const foreign = await signedIn()
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = decodeJwt(idToken)
  const hints: Record<string, string> = {
    'no token at all': 'rubbish',
    'a broken signature': `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
    'no signature': `${encoded({ alg: 'none' })}.${payload}.`,
    'another claim': `${header}.${encoded({ ...claims, sub: '1' })}.${signature}`,
    'another server’s': foreign.idToken,
  }
  for (const [name, hint] of Object.entries(hints)) {
    for (const more of [{}, { post_logout_redirect_uri: GOODBYE, state: 's' }] as Record<string, string>[]) {
      const page = await browser.get(logoutUrl({ id_token_hint: hint, ...more }))
      t.match(page.view, { page: 'error', code: 'invalid_request', status: 400 }, name)
      t.ok(await isSignedIn(scene), name)
    }
  }
})

t.test('an address that is not registered gets a page', async t => {
  const scene = await signedIn()
  const { browser, idToken, shop } = scene
  for (const uri of [
    'https://evil.example/',
    'https://shop.example.com/goodbye',
    `${GOODBYE}&more=1`,
    `${GOODBYE}#fragment`,
    GOODBYE.toUpperCase(),
    CALLBACK,
    'javascript:alert(1)',
  ]) {
    const proven = await browser.get(logoutUrl({ id_token_hint: idToken, post_logout_redirect_uri: uri }))
    t.match(proven.view, { page: 'error', code: 'invalid_redirect_uri', status: 400 }, uri)
    const named = await browser.get(logoutUrl({ client_id: shop.client.id, post_logout_redirect_uri: uri }))
    t.match(named.view, { page: 'error', code: 'invalid_redirect_uri' }, uri)
  }
  t.ok(await isSignedIn(scene))
})

t.test('the client that is named must be the one that the hint is for', async t => {
  const scene = await signedIn()
  const other = await scene.xwms.client({ name: 'Other', metadata: { post_logout_redirect_uris: [GOODBYE] } })
  const mixed = await scene.browser.get(
    logoutUrl({
      id_token_hint: scene.idToken,
      client_id: other.client.id,
      post_logout_redirect_uri: GOODBYE,
    }),
  )
  t.match(mixed.view, { page: 'error', code: 'invalid_request' })
  const unknown = await scene.browser.get(logoutUrl({ client_id: 'nobody' }))
  t.match(unknown.view, { page: 'error', code: 'invalid_client' })
  t.ok(await isSignedIn(scene))
})

t.test('repeated parameters are refused on a page', async t => {
  const { browser } = await signedIn()
  const page = await browser.get('/oauth/logout?state=1&state=2')
  t.match(page.view, { page: 'error', code: 'invalid_request' })
})

t.test('who is signed out already is sent on the same way', async t => {
  const { xwms, idToken } = await signedIn()
  const browser = xwms.browser()
  const { url } = await browser.get(
    logoutUrl({ id_token_hint: idToken, post_logout_redirect_uri: GOODBYE, state: 's' }),
  )
  t.equal(`${url}`, `${GOODBYE}&state=s`)
  for (const parameters of [{}, { state: 's' }, { post_logout_redirect_uri: GOODBYE }] as Record<
    string,
    string
  >[]) {
    const page = await browser.get(logoutUrl(parameters))
    t.match(page.view, { page: 'message', message: 'signed_out' }, JSON.stringify(parameters))
  }
})

t.test('nobody but the person can answer the question', async t => {
  const scene = await signedIn()
  const { browser, xwms, idToken, shop } = scene
  const page = await browser.get('/oauth/logout')
  const form = { csrf_token: page.view.csrfToken, decision: 'confirm' }
  const attacker = await signedIn()
  const theirs = await attacker.browser.get('/oauth/logout')
  const attacks: [name: string, attack: () => Promise<Page>][] = [
    ['from another site', () => browser.post(page.view.action, form, { 'sec-fetch-site': 'cross-site' })],
    ['without the token', () => browser.post(page.view.action, { decision: 'confirm' })],
    [
      'with the token of another browser',
      () => browser.post(page.view.action, { ...form, csrf_token: theirs.view.csrfToken }),
    ],
    [
      'with an address that the question did not have',
      () =>
        browser.post(
          `/oauth/logout/confirm?${new URLSearchParams({
            client_id: shop.client.id,
            post_logout_redirect_uri: GOODBYE,
          })}`,
          form,
        ),
    ],
  ]
  for (const [name, attack] of attacks) {
    t.match((await attack()).view, { page: 'error', code: 'csrf_failed' }, name)
    t.ok(await isSignedIn(scene), name)
  }
  const stranger = await xwms.browser().post(page.view.action, form)
  t.match(
    stranger.view,
    { page: 'message', message: 'signed_out' },
    'a browser without a session has none to end',
  )
  t.ok(await isSignedIn(scene))
  await browser.get(logoutUrl({ id_token_hint: idToken }))
  t.match((await browser.post(page.view.action, form)).view, { page: 'message', message: 'signed_out' })
})

t.test('the page names no tokens, and neither does the log', async t => {
  const { browser, idToken, xwms } = await signedIn()
  const page = await browser.get(
    logoutUrl({ id_token_hint: `${idToken}x`, post_logout_redirect_uri: GOODBYE }),
  )
  t.notMatch(JSON.stringify([page.view, xwms.log]), idToken.split('.')[1] as string)
})

t.test('under a mount path everything is under it', async t => {
  const xwms = installation({ issuer: 'https://example.com/auth' })
  const shop = await xwms.client({ metadata: { post_logout_redirect_uris: [GOODBYE] } })
  const ada = await xwms.user()
  const browser = xwms.browser()
  const page = await browser.get(
    `https://example.com/auth${authorizationRequest(shop.client.id, proofKey().challenge, { scope: 'openid' })}`,
  )
  await browser.signIn(page, ada)
  const question = await browser.get('https://example.com/auth/oauth/logout')
  t.equal(question.view.action, '/auth/oauth/logout/confirm')
  const done = await answer(browser, question, 'confirm')
  t.equal(done.url.pathname, '/auth/signed-out')
})
