import t from 'tap'
import type { User } from '../../src/model/user.ts'
import { type Browser, type Installation, installation, type Page } from '../installation.ts'
import {
  authorizationRequest,
  authorize,
  proofKey,
  requestOf,
  token,
  tokensFor,
  userinfo,
} from '../oauth/partner.ts'

const SESSION = '__Host-xwms_session'

/** Signs in for the account page itself. */
async function atAccount(xwms: Installation, user: User, browser: Browser = xwms.browser()) {
  const page = await browser.signIn(await browser.get('/account'), user)
  return { browser, page }
}

function press(browser: Browser, { view }: Page, fields: Readonly<Record<string, string>>): Promise<Page> {
  return browser.post(view.action, { csrf_token: view.csrfToken, ...fields })
}

t.test('the account page asks for a sign-in, for nobody’s sake', async t => {
  const xwms = installation()
  const ada = await xwms.user()
  const browser = xwms.browser()
  const signIn = await browser.get('/account')
  t.match(signIn.view, { page: 'sign-in', action: '/sign-in?return_to=account' })
  t.equal(signIn.view.client, undefined)
  t.equal(signIn.view.interaction, undefined)
  const { page } = await atAccount(xwms, ada, browser)
  t.equal(page.url.pathname, '/account')
  t.match(page.view, {
    page: 'account',
    user: { name: 'Ada Lovelace', email: 'ada@example.com' },
    applications: [],
    sessions: [{ current: true, ip: '203.0.113.10' }],
  })
  t.equal(page.view.sessions.length, 1)
})

t.test('an IPv4 address is shown as one, however the server listens', async t => {
  const xwms = installation()
  const { list } = xwms.storage.sessions
  const mapped = async (...given: Parameters<typeof list>) =>
    (await list(...given)).map(session => ({ ...session, ip: '::ffff:127.0.0.1' }))
  Object.assign(xwms.storage.sessions, { list: mapped })
  const { page } = await atAccount(xwms, await xwms.user(), xwms.browser())
  t.match(page.view.sessions, [{ ip: '127.0.0.1' }])
})

t.test('it lists what the user approved, in words', async t => {
  const xwms = installation()
  const ada = await xwms.user()
  const shop = await xwms.client({ uri: 'https://shop.example.com/' })
  const browser = xwms.browser()
  await authorize(
    browser,
    authorizationRequest(shop.client.id, proofKey().challenge, { scope: 'openid orders:read' }),
    ada,
  )
  const { view } = await browser.get('/account')
  t.match(view.applications, [
    { clientId: shop.client.id, client: { name: 'Shop', uri: 'https://shop.example.com/' } },
  ])
  t.strictSame(view.applications[0].scopes, [
    { name: 'openid', description: 'Know who you are' },
    { name: 'orders:read', description: 'Read your orders' },
  ])
  t.strictSame(view.applications[0].access, [])
  t.equal(new Date(view.applications[0].since).getTime(), xwms.now().getTime())

  const bob = await xwms.user({ sub: '2', email: 'bob@example.com' })
  t.strictSame((await atAccount(xwms, bob)).page.view.applications, [], 'and nobody else’s')
})

t.test('removing access revokes every token, and asks anew the next time', async t => {
  const xwms = installation()
  const ada = await xwms.user()
  const shop = await xwms.client()
  const browser = xwms.browser()
  const { request, redeem } = requestOf(xwms, shop)
  const { body: tokens } = await redeem(await authorize(browser, request, ada))
  t.equal((await userinfo(xwms, tokens.access_token)).status, 200)

  const page = await browser.get('/account')
  const after = await press(browser, page, { revoke: page.view.applications[0].clientId })
  t.match(after.view, { page: 'account', notice: 'access_removed', applications: [] })
  t.equal(after.url.search, '?done=access_removed', 'a reload removes nothing again')
  for (const revoke of [shop.client.id, 'cl_unknown']) {
    const { view } = await press(browser, page, { revoke })
    t.match(view, { page: 'account', notice: undefined }, 'where nothing was removed, nothing is said to be')
  }
  t.equal((await userinfo(xwms, tokens.access_token)).status, 401)
  const refreshed = await token(xwms, shop, {
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token,
  })
  t.match(refreshed, { status: 400, body: { error: 'invalid_grant' } })
  t.equal((await browser.get(request)).view.page, 'consent')
})

t.test('a single scope is taken back: no token carries it, and it is asked for anew', async t => {
  const xwms = installation()
  const ada = await xwms.user()
  const shop = await xwms.client()
  const browser = xwms.browser()
  const scope = 'openid email orders:read offline_access'
  const { request, redeem } = requestOf(xwms, shop, { scope })
  const { body: tokens } = await redeem(await authorize(browser, request, ada))
  const inFlight = await authorize(browser, request, ada)
  const narrow = (
    await token(xwms, shop, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
      scope: 'openid',
    })
  ).body

  const page = await browser.get('/account')
  const after = await press(browser, page, { remove_scope: `${shop.client.id} email` })
  t.match(after.view, { page: 'account', notice: 'scope_removed' })
  t.strictSame(
    after.view.applications[0].scopes.map(({ name }: { name: string }) => name),
    ['openid', 'orders:read', 'offline_access'],
  )
  t.equal((await userinfo(xwms, tokens.access_token)).status, 401, 'a token that carries it has ended')
  t.equal((await userinfo(xwms, narrow.access_token)).status, 200, 'one that never did goes on')

  const refresh = { grant_type: 'refresh_token', refresh_token: narrow.refresh_token }
  t.match(await token(xwms, shop, { ...refresh, scope: 'openid email' }), {
    status: 400,
    body: { error: 'invalid_scope' },
  })
  const refreshed = await token(xwms, shop, refresh)
  t.match(refreshed, { status: 200, body: { scope: 'openid orders:read offline_access' } })
  t.equal((await userinfo(xwms, refreshed.body.access_token)).body.email, undefined)
  t.equal(
    (await redeem(inFlight)).body.scope,
    'openid orders:read offline_access',
    'nor by a code from before',
  )

  const asked = await browser.get(request)
  t.equal(asked.view.page, 'consent')
  t.strictSame(
    asked.view.scopes
      .filter((item: { alreadyApproved: boolean }) => !item.alreadyApproved)
      .map(({ name }: { name: string }) => name),
    ['email'],
  )
  t.ok((await browser.decide(asked, 'allow')).url.searchParams.has('code'))
  const again = await token(xwms, shop, { ...refresh, refresh_token: refreshed.body.refresh_token })
  t.equal(again.body.scope, 'openid orders:read offline_access', 'a new yes gives nothing to the old grant')
})

t.test(
  'the last scope of a grant is taken back: neither its code nor its refresh token gives any',
  async t => {
    const xwms = installation()
    const ada = await xwms.user()
    const shop = await xwms.client()
    const browser = xwms.browser()
    await tokensFor(xwms, shop, ada)
    const { request, redeem } = requestOf(xwms, shop, { scope: 'orders:write' })
    const { body: tokens } = await redeem(await authorize(browser, request, ada))
    t.equal(tokens.scope, 'orders:write')
    const inFlight = await authorize(browser, request, ada)
    await press(browser, await browser.get('/account'), { remove_scope: `${shop.client.id} orders:write` })
    const refused = { status: 400, body: { error: 'invalid_grant' } }
    t.match(await redeem(inFlight), refused)
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
    t.match(await token(xwms, shop, refresh), refused)
    const { body } = await xwms.ask('POST', '/oauth/introspect', {
      form: { client_id: shop.client.id, client_secret: shop.value, token: tokens.refresh_token },
    })
    t.same(JSON.parse(body as string), { active: false })
  },
)

t.test('who may no longer act while the person is away has no refresh token either', async t => {
  const xwms = installation()
  const ada = await xwms.user()
  const shop = await xwms.client()
  const tokens = await tokensFor(xwms, shop, ada)
  const { browser, page } = await atAccount(xwms, ada)
  await press(browser, page, { remove_scope: `${shop.client.id} offline_access` })
  t.match(await token(xwms, shop, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }), {
    status: 400,
    body: { error: 'invalid_grant' },
  })
  const { body } = await xwms.ask('POST', '/oauth/introspect', {
    form: { client_id: shop.client.id, client_secret: shop.value, token: tokens.refresh_token },
  })
  t.same(JSON.parse(body as string), { active: false })
})

t.test('a scope is taken out of what its tokens were exchanged for, too', async t => {
  const xwms = installation({ oauth: { tokenExchange: true } })
  const ada = await xwms.user()
  const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
  const shop = await xwms.client({ grantTypes: ['authorization_code', 'refresh_token', exchange] })
  const scope = 'openid orders:read orders:write offline_access'
  const tokens = await tokensFor(xwms, shop, ada, { scope })
  const exchanged = async (wanted: string) => {
    const { body } = await token(xwms, shop, {
      grant_type: exchange,
      subject_token: tokens.access_token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      scope: wanted,
    })
    return body.access_token as string
  }
  const [reads, writes] = [await exchanged('openid orders:read'), await exchanged('openid orders:write')]
  for (const value of [reads, writes]) t.equal((await userinfo(xwms, value)).status, 200)
  const { browser, page } = await atAccount(xwms, ada)
  await press(browser, page, { remove_scope: `${shop.client.id} orders:write` })
  t.equal((await userinfo(xwms, reads)).status, 200)
  t.equal((await userinfo(xwms, writes)).status, 401)
})

t.test('nobody takes back a scope of somebody else’s, or by a form that is not theirs', async t => {
  const xwms = installation()
  const ada = await xwms.user()
  const bob = await xwms.user({ sub: '2', email: 'bob@example.com' })
  const shop = await xwms.client()
  const tokens = await tokensFor(xwms, shop, ada)
  const { browser, page } = await atAccount(xwms, ada)
  const other = await atAccount(xwms, bob)
  const remove_scope = `${shop.client.id} email`
  await press(other.browser, other.page, { remove_scope })
  const form = { csrf_token: page.view.csrfToken, remove_scope }
  for (const attack of [
    browser.post('/account', form, { 'sec-fetch-site': 'cross-site' }),
    browser.post('/account', form, { origin: 'https://evil.example' }),
    browser.post('/account', { ...form, csrf_token: '' }),
    browser.post('/account', { ...form, csrf_token: other.page.view.csrfToken }),
    other.browser.post('/account', form),
  ]) {
    t.match((await attack).view, { page: 'error', code: 'csrf_failed' })
  }
  for (const nothing of [
    `${shop.client.id} orders:write`,
    `${shop.client.id} `,
    shop.client.id,
    'cl_unknown email',
    ' email',
    `${shop.client.id} email\0`,
    `${shop.client.id} constructor`,
  ]) {
    const { view } = await press(browser, page, { remove_scope: nothing })
    t.equal(view.page === 'account' || view.code === 'invalid_request', true, nothing)
    t.equal(view.notice, undefined, 'nothing was done, and nothing is said to be')
  }
  t.equal((await userinfo(xwms, tokens.access_token)).body.email, 'ada@example.com', 'all is as it was')
  t.equal((await browser.get('/account')).view.applications[0].scopes.length, 3)
})

t.test('nobody removes what is somebody else’s', async t => {
  const xwms = installation()
  const ada = await xwms.user()
  const bob = await xwms.user({ sub: '2', email: 'bob@example.com' })
  const shop = await xwms.client()
  const { browser, page } = await atAccount(xwms, ada)
  await authorize(browser, authorizationRequest(shop.client.id, proofKey().challenge), ada)
  const [adas] = await xwms.storage.sessions.list(ada.sub, xwms.now())

  const other = await atAccount(xwms, bob)
  await press(other.browser, other.page, { revoke: shop.client.id })
  await press(other.browser, other.page, { end_session: adas?.sid ?? '' })
  await press(other.browser, other.page, { decision: 'end_others' })
  t.equal((await browser.get('/account')).view.applications.length, 1)
  t.match(
    (await press(browser, { ...page, view: { ...page.view, csrfToken: other.page.view.csrfToken } }, {}))
      .view,
    { page: 'error', code: 'csrf_failed' },
  )
})

t.test('a form from another site does nothing', async t => {
  const xwms = installation()
  const ada = await xwms.user()
  const { browser, page } = await atAccount(xwms, ada)
  const form = { csrf_token: page.view.csrfToken, decision: 'sign_out' }
  for (const attack of [
    browser.post('/account', form, { 'sec-fetch-site': 'cross-site' }),
    browser.post('/account', form, { origin: 'https://evil.example' }),
    browser.post('/account', { ...form, csrf_token: '' }),
  ]) {
    t.match((await attack).view, { page: 'error', code: 'csrf_failed' })
  }
  t.equal((await browser.get('/account')).view.page, 'account')
})

t.test('other browsers are signed out, one by one or all', async t => {
  const xwms = installation()
  const ada = await xwms.user()
  const others = await Promise.all([1, 2, 3].map(() => atAccount(xwms, ada)))
  xwms.pass(60)
  const { browser } = await atAccount(xwms, ada)
  const page = await browser.get('/account')
  t.equal(page.view.sessions.length, 4)
  t.strictSame(
    page.view.sessions.map(({ current }: { current: boolean }) => current),
    [true, false, false, false],
  )
  const one = page.view.sessions[1].sid
  const after = await press(browser, page, { end_session: one })
  t.match(after.view, { notice: 'signed_out_elsewhere' })
  t.equal(after.view.sessions.length, 3)
  t.notOk(after.view.sessions.some(({ sid }: { sid: string }) => sid === one))

  const alone = await press(browser, after, { decision: 'end_others' })
  t.equal(alone.view.sessions.length, 1)
  for (const other of others) t.equal((await other.browser.get('/account')).view.page, 'sign-in')
  await press(browser, alone, { end_session: alone.view.sessions[0].sid })
  t.equal((await browser.get('/account')).view.page, 'account', 'this one is signed out by its own button')
})

t.test('signing out ends the session and says so', async t => {
  const xwms = installation()
  const ada = await xwms.user()
  const { browser, page } = await atAccount(xwms, ada)
  const done = await press(browser, page, { decision: 'sign_out' })
  t.match(done.view, { page: 'message', message: 'signed_out' })
  t.equal(browser.cookies.get(SESSION), '')
  t.equal((await browser.get('/account')).view.page, 'sign-in')
  t.equal((await press(browser, page, { decision: 'sign_out' })).view.page, 'sign-in')
})

t.test('a button that nobody knows, and a notice that nobody knows, do nothing', async t => {
  const xwms = installation()
  const { browser, page } = await atAccount(xwms, await xwms.user())
  t.equal((await press(browser, page, { decision: 'explode' })).view.page, 'account')
  t.equal((await browser.get('/account?done=you+have+won')).view.notice, undefined)
})
