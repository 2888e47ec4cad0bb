import t from 'tap'
import { sha256 } from '../../src/lib/hash.ts'
import { type Browser, installation, PASSWORD, type Page } from '../installation.ts'
import { authorizationRequest, authorize, proofKey } from '../oauth/partner.ts'

const SESSION = '__Host-xwms_session'
const { challenge } = proofKey()

/** An installation with Ada, a client, and a browser in front of the sign-in page. */
async function atSignIn(parameters: Record<string, string> = {}) {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  const browser = xwms.browser()
  const request = authorizationRequest(shop.client.id, challenge, parameters)
  return { xwms, shop, ada, browser, request, page: await browser.get(request) }
}

/** Sends the form of a sign-in page with other fields than usual. */
function send(
  browser: Browser,
  { view }: Page,
  fields: Readonly<Record<string, string | undefined>>,
): Promise<Page> {
  const { login = 'ada@example.com', password = PASSWORD, decision = 'submit' } = fields
  const hidden = { interaction: view.interaction, csrf_token: view.csrfToken }
  return browser.post(view.action, { ...hidden, login, password, decision })
}

t.test('signing in starts a session and goes on', async t => {
  const { browser, page, ada } = await atSignIn()
  t.notOk(browser.cookies.has(SESSION), 'nobody has one before')
  const next = await browser.signIn(page, ada)
  t.equal(next.view.page, 'consent')
  t.match(browser.cookies.get(SESSION), /^[\w-]{43}$/)
})

t.test('an address is taken as people type it', async t => {
  for (const login of ['Ada@Example.com', ' ada@example.com ', 'ADA@EXAMPLE.COM']) {
    const { browser, page } = await atSignIn()
    t.equal((await send(browser, page, { login })).view.page, 'consent', login)
  }
})

t.test('a wrong password and an unknown login get the same answer', async t => {
  const { browser, page, xwms } = await atSignIn()
  await xwms.user({ sub: '2', email: 'nopassword@example.com', passwordHash: undefined })
  await xwms.user({ sub: '3', email: 'disabled@example.com', disabledAt: xwms.now() })
  const attempts = [
    { password: 'wrong' },
    { password: PASSWORD.toUpperCase() },
    { password: `${PASSWORD} ` },
    { login: 'nobody@example.com' },
    { login: 'not an address' },
    { login: 'nopassword@example.com' },
    { login: 'disabled@example.com' },
    { password: 'x'.repeat(257) },
    { login: "ada@example.com' OR 1=1--" },
  ]
  const answers = await Promise.all(
    attempts.map(async fields => {
      const { response, view } = await send(browser, page, fields)
      t.match(view, {
        page: 'sign-in',
        problem: 'The email address or the password is wrong.',
        problemCode: 'credentials_wrong',
      })
      t.equal(view.login, fields.login ?? 'ada@example.com', 'the login is kept, the password is not')
      const { login, nonce, ...same } = view
      return { status: response.status, cookie: response.headers['set-cookie'], view: same }
    }),
  )
  for (const answer of answers) t.strictSame(answer, answers[0])
  t.equal(answers[0]?.status, 422)
  t.equal(answers[0]?.cookie, undefined)
  t.notOk(browser.cookies.has(SESSION))
})

t.test('every login is put to the accounts, and what is too long for a password to nobody', async t => {
  let passwords = 0
  const xwms = installation({
    accounts: {
      find: async () => undefined,
      async signIn() {
        passwords++
        return undefined
      },
    },
  })
  const shop = await xwms.client()
  const browser = xwms.browser()
  const page = await browser.get(authorizationRequest(shop.client.id, challenge))
  await send(browser, page, { login: 'nobody@example.com' })
  t.equal(passwords, 1)
  await send(browser, page, { password: 'x'.repeat(257) })
  t.equal(passwords, 1)
})

t.test('an empty field is asked for, and what was typed stays', async t => {
  const { browser, page } = await atSignIn()
  for (const fields of [{ login: '' }, { password: '' }]) {
    const { response, view } = await send(browser, page, fields)
    t.equal(response.status, 422)
    t.match(view, { page: 'sign-in', problem: 'Enter your email address and your password.' })
  }
})

t.test('after a mistake the same page works', async t => {
  const { browser, page, ada } = await atSignIn()
  const again = await send(browser, page, { password: 'wrong' })
  t.equal((await browser.signIn(again, ada)).view.page, 'consent')
})

t.test('nothing that was typed into the password field is shown or logged', async t => {
  const { browser, page, xwms } = await atSignIn()
  const { response } = await send(browser, page, { password: 'hunter2-hunter2' })
  t.notMatch(JSON.stringify([response, xwms.log]), 'hunter2')
})

t.test('a form from another site signs nobody in', async t => {
  const { browser, page, ada, xwms } = await atSignIn()
  const { view } = page
  const form = {
    interaction: view.interaction,
    csrf_token: view.csrfToken,
    login: ada.email,
    password: PASSWORD,
    decision: 'submit',
  }
  const attacks: [name: string, attack: () => Promise<Page>][] = [
    [
      'from another site',
      () =>
        browser.post('/sign-in', form, { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }),
    ],
    [
      'from another host of the site',
      () => browser.post('/sign-in', form, { 'sec-fetch-site': 'same-site' }),
    ],
    ['without the token', () => browser.post('/sign-in', { ...form, csrf_token: '' })],
    [
      'with the token of an attacker’s own page',
      async () => {
        const attacker = await xwms.browser().get(new URL(page.url).toString())
        return browser.post('/sign-in', { ...form, csrf_token: attacker.view.csrfToken })
      },
    ],
    // Signing a victim in as the attacker: the attacker's handle and token, in the victim's browser.
    ['in a browser that never saw the page', () => xwms.browser().post('/sign-in', form)],
  ]
  for (const [name, attack] of attacks) {
    const { response, view: answer } = await attack()
    t.match(answer, { page: 'error', code: 'csrf_failed', status: 403 }, name)
    t.equal(response.status, 403, name)
    t.notOk(browser.cookies.has(SESSION), name)
  }
  t.equal((await browser.signIn(page, ada)).view.page, 'consent', 'and the person herself goes on')
})

t.test('a form for one sign-in does not serve another', async t => {
  const { browser, page, request, ada } = await atSignIn()
  const other = await browser.get(request)
  const mixed = { view: { ...page.view, interaction: other.view.interaction } } as Page
  t.match((await browser.signIn(mixed, ada)).view, { page: 'error', code: 'csrf_failed' })
})

t.test('a session id that was planted is not taken over, and the session before ends', async t => {
  const { browser, page, ada, xwms } = await atSignIn()
  browser.cookies.set(SESSION, 'x'.repeat(43))
  await browser.signIn(page, ada)
  const first = browser.cookies.get(SESSION) as string
  t.not(first, 'x'.repeat(43))
  t.equal(await xwms.storage.sessions.find(sha256('x'.repeat(43)), xwms.now()), undefined)

  const again = await browser.get(`/sign-in?interaction=${page.view.interaction}&switch=1`)
  await browser.signIn(again, ada)
  const second = browser.cookies.get(SESSION) as string
  t.not(second, first)
  t.equal(
    await xwms.storage.sessions.find(sha256(first), xwms.now()),
    undefined,
    'the one before is worth nothing',
  )
  t.ok(await xwms.storage.sessions.find(sha256(second), xwms.now()))
})

t.test('somebody who is signed in may sign in as somebody else', async t => {
  const { browser, page, ada, xwms } = await atSignIn()
  const bob = await xwms.user({ sub: '2', email: 'bob@example.com', name: 'Bob' })
  const consent = await browser.signIn(page, ada)
  const { switchAccountUrl } = consent.view
  const switching = await browser.get(switchAccountUrl)
  t.equal(switching.view.page, 'sign-in')
  const asBob = await browser.signIn(switching, bob)
  t.match(asBob.view, { page: 'consent', user: { name: 'Bob' } })
})

t.test('the page suggests whom the client expects', async t => {
  t.equal((await atSignIn({ login_hint: 'ada@example.com' })).page.view.login, 'ada@example.com')
  t.equal((await atSignIn()).page.view.login, '')
  const { xwms, shop } = await atSignIn()
  const json = { redirect_url: 'https://shop.example.com/callback', email: 'bob@example.com' }
  const started = await xwms.ask('POST', '/api/sign-token', { headers: shop.headers, json })
  t.equal((await xwms.browser().get(JSON.parse(started.body).data.url)).view.login, 'bob@example.com')
})

t.test('who is signed in and approved need not see the page', async t => {
  const { browser, ada, request, xwms, shop } = await atSignIn()
  await authorize(browser, request, ada)
  const started = await xwms.ask('POST', '/api/sign-token', {
    headers: shop.headers,
    json: { redirect_url: 'https://shop.example.com/callback' },
  })
  const { url } = await browser.get(JSON.parse(started.body).data.url)
  // Other scopes than before, so the consent page; not the sign-in page.
  t.equal(url.pathname, '/consent')
})

t.test('a sign-in that is finished, unknown or expired shows no form', async t => {
  const { browser, page, ada, xwms, request } = await atSignIn()
  await authorize(browser, request, ada)
  for (const handle of ['', 'unknown'])
    t.match((await browser.get(`/sign-in?interaction=${handle}`)).view, {
      page: 'error',
      code: 'interaction_gone',
    })
  t.match((await browser.get('/sign-in')).view, { page: 'error', code: 'interaction_gone' })
  xwms.pass(600)
  const late = await browser.get(`/sign-in?interaction=${page.view.interaction}&switch=1`)
  t.equal(late.url.origin, 'https://shop.example.com', 'an expired one goes back to the client')
  t.equal(late.url.searchParams.get('error'), 'access_denied')
})

t.test('a form that is sent after the end signs nobody in', async t => {
  const { browser, page, ada, xwms } = await atSignIn()
  xwms.pass(600)
  const late = await browser.signIn(page, ada)
  t.equal(late.url.searchParams.get('error'), 'access_denied')
  t.notOk(browser.cookies.has(SESSION))
})

t.test('cancelling tells the client, and the handle is spent', async t => {
  const { browser, page, ada } = await atSignIn()
  const { url } = await send(browser, page, { decision: 'cancel', login: '', password: '' })
  t.equal(url.searchParams.get('error'), 'access_denied')
  t.match((await browser.signIn(page, ada)).view, { page: 'error', code: 'interaction_gone' })
})

t.test('the page may post to ourselves and lead back to the client', async t => {
  const { page } = await atSignIn()
  t.match(
    page.response.headers['content-security-policy'],
    /form-action 'self' https:\/\/shop\.example\.com;/,
  )
  t.equal(page.response.headers['cache-control'], 'no-store')
})

t.test('under a mount path the form posts under it', async t => {
  const xwms = installation({ issuer: 'https://example.com/auth' })
  const shop = await xwms.client()
  const browser = xwms.browser()
  const page = await browser.get(`https://example.com/auth${authorizationRequest(shop.client.id, challenge)}`)
  t.equal(page.view.action, '/auth/sign-in')
  t.equal((await browser.signIn(page, await xwms.user())).view.action, '/auth/consent')
})

t.test('a page of ours asks for a sign-in without an application', async t => {
  const xwms = installation()
  const ada = await xwms.user()
  const browser = xwms.browser()
  const page = await browser.get('/sign-in?return_to=account')
  t.match(page.view, { page: 'sign-in', action: '/sign-in?return_to=account', login: '' })
  t.match(page.response.headers['content-security-policy'], /form-action 'self';/)
  const wrong = await send(browser, page, { password: 'wrong' })
  t.match(wrong.view, { page: 'sign-in', problem: 'The email address or the password is wrong.' })
  t.equal((await browser.signIn(wrong, ada)).url.pathname, '/account')
  t.equal((await browser.get('/sign-in?return_to=account')).url.pathname, '/account', 'signed in already')
  t.equal((await browser.get('/sign-in?return_to=account&switch=1')).view.page, 'sign-in')
})

t.test('return_to names pages of ours and nothing else', async t => {
  const xwms = installation()
  const ada = await xwms.user()
  const browser = xwms.browser()
  await browser.signIn(await browser.get('/sign-in?return_to=account'), ada)
  for (const target of [
    '',
    'https://evil.example/',
    '//evil.example',
    '/account',
    'constructor',
    '__proto__',
  ]) {
    const page = await browser.get(`/sign-in?return_to=${encodeURIComponent(target)}`)
    t.match(page.view, { page: 'error', code: 'interaction_gone' }, target)
  }
})

t.test('the form of our own page is as safe as any', async t => {
  const xwms = installation()
  const ada = await xwms.user()
  const browser = xwms.browser()
  const page = await browser.get('/sign-in?return_to=account')
  const form = { csrf_token: page.view.csrfToken, login: ada.email, password: PASSWORD, decision: 'submit' }
  for (const attack of [
    browser.post(page.view.action, form, { 'sec-fetch-site': 'cross-site' }),
    browser.post(page.view.action, { ...form, csrf_token: '' }),
    xwms.browser().post(page.view.action, form),
  ]) {
    t.match((await attack).view, { page: 'error', code: 'csrf_failed' })
  }
  t.notOk(browser.cookies.has(SESSION))
  t.match((await send(browser, page, { decision: 'cancel' })).view, {
    page: 'message',
    message: 'signed_out',
  })
})
