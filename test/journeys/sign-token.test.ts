import { addDomain, createClient, createSecret } from '@xwms/core'
import { Browser, fieldValue, formAround, type Page } from '../support/browser.ts'
import { addUser, credentials, PASSWORD, REDIRECT_URI } from '../support/seed.ts'
import { onEveryStack, type Stack } from '../support/stack.ts'

/** Begins a sign-in the way a partner's backend does; extra members of the body are ignored. */
async function begin(stack: Stack, more: object = {}): Promise<{ url: string; token: string }> {
  const { status, body } = await stack.post('/api/sign-token', {
    redirect_url: REDIRECT_URI,
    locale: 'nl',
    ...more,
  })
  if (status !== 200) throw new Error(`sign-token answered ${status}: ${JSON.stringify(body)}`)
  return body.data
}

function signIn(browser: Browser, page: Page, password = PASSWORD): Promise<Page> {
  return browser.press(page, 'login-submit', { login: 'ada@example.com', password })
}

/** From nothing to the callback, as Ada. */
async function allTheWay(stack: Stack, browser = new Browser(stack.url)): Promise<string> {
  const page = await signIn(browser, await browser.open((await begin(stack)).url))
  const callback = page.html === '' ? page : await browser.press(page, 'consent-allow')
  return callback.url.searchParams.get('token') ?? ''
}

onEveryStack('a person signs in, approves once, and is known by the callback’s token', async (t, stack) => {
  const browser = new Browser(stack.url)
  const { status, body } = await stack.post('/api/sign-token', { redirect_url: REDIRECT_URI })
  t.equal(status, 200)
  t.equal(body.data.client_id, stack.client.id)
  t.equal(body.data.email, null)
  t.ok(Date.parse(body.data.expires_at) > Date.now())
  t.ok(body.data.url.startsWith(`${stack.url}/`), 'the url is where the issuer is')

  const login = await browser.open(body.data.url)
  t.equal(login.status, 200)
  t.match(login.html, 'Paper Shop')
  t.equal(fieldValue(login, 'login'), '')
  const consent = await signIn(browser, login)
  t.match(consent.html, 'consent-allow')
  const callback = await browser.press(consent, 'consent-allow')
  t.equal(`${callback.url.origin}${callback.url.pathname}`, REDIRECT_URI)
  t.same([...callback.url.searchParams.keys()], ['token'])
  const token = callback.url.searchParams.get('token') ?? ''
  t.not(token, body.data.token, 'the callback has a token of its own')

  const verified = await stack.post('/api/sign-token-verify', { token, redirect_url: REDIRECT_URI })
  t.equal(verified.status, 200)
  t.same(verified.body.data, {
    sub: stack.user.sub,
    name: 'Ada Lovelace',
    given_name: 'Ada',
    family_name: 'Lovelace',
    email: 'ada@example.com',
    email_verified: true,
    picture: 'https://example.com/ada.png',
  })

  const again = await browser.open((await begin(stack)).url)
  t.equal(`${again.url.origin}${again.url.pathname}`, REDIRECT_URI, 'the approval is remembered')
  t.ok(again.url.searchParams.get('token'))
  t.equal(
    (await browser.open(body.data.url)).status,
    410,
    'a sign-in that is finished cannot be opened again',
  )
})

onEveryStack('a callback’s token works once, for the client and the domain that asked', async (t, stack) => {
  const verify = (token: string, headers = stack.headers) =>
    stack.post('/api/sign-token-verify', { token }, headers)
  const other = await createClient(stack.environment, {
    workspaceId: stack.workspace.id,
    name: 'Another Shop',
    redirectUris: [REDIRECT_URI],
  })
  if (other.secret === undefined) throw new Error('A confidential client has a secret.')
  const otherDomain = await addDomain(stack.environment, {
    clientId: other.client.id,
    host: 'shop.example.com',
    mode: 'test',
  })
  const secondDomain = await addDomain(stack.environment, {
    clientId: stack.client.id,
    host: 'second.example.com',
    mode: 'test',
  })
  const second = await createSecret(stack.environment, { clientId: stack.client.id })

  const token = await allTheWay(stack)
  const refusals = [
    await verify(token, credentials(other.client, other.secret, otherDomain)),
    await verify(token, credentials(stack.client, second, secondDomain)),
    await verify((await begin(stack)).token),
    await verify('nonsense'),
  ]
  for (const { status, body } of refusals)
    t.match({ status, body }, { status: 400, body: { error: { code: 'invalid_token' } } })
  const racers = await Promise.all([verify(token), verify(token), verify(token)])
  t.same(racers.map(({ status }) => status).sort(), [200, 400, 400], 'of three at once, one wins')
  t.equal((await verify(token)).status, 400)

  const late = await allTheWay(stack)
  stack.passes(121)
  t.equal((await verify(late)).status, 400, 'it expires')
})

onEveryStack('a person who refuses, or leaves, is not signed in', async (t, stack) => {
  const browser = new Browser(stack.url)
  const { url } = await begin(stack)
  const cancelled = await browser.press(await browser.open(url), 'login-cancel')
  t.equal(cancelled.url.href, `${REDIRECT_URI}?error=access_denied`)
  t.equal((await browser.open(url)).status, 410, 'and that is the end of it')

  const consent = await signIn(browser, await browser.open((await begin(stack)).url))
  const denied = await browser.press(consent, 'consent-deny')
  t.equal(denied.url.href, `${REDIRECT_URI}?error=access_denied`)
  const asked = await browser.open((await begin(stack)).url)
  t.match(asked.html, 'consent-allow', 'a refusal is not remembered')

  stack.passes(601)
  const expired = await browser.press(asked, 'consent-allow')
  t.equal(expired.url.href, `${REDIRECT_URI}?error=login_expired`)
})

onEveryStack(
  'a redirect URI keeps its own query',
  async (t, stack) => {
    const browser = new Browser(stack.url)
    const { url } = await begin(stack, { redirect_url: `${REDIRECT_URI}?shop=1&a=b%20c` })
    const cancelled = await browser.press(await browser.open(url), 'login-cancel')
    t.equal(cancelled.url.href, `${REDIRECT_URI}?shop=1&a=b%20c&error=access_denied`)
  },
  { redirectUris: [REDIRECT_URI, `${REDIRECT_URI}?shop=1&a=b%20c`] },
)

onEveryStack('a wrong password and an unknown address look the same', async (t, stack) => {
  const browser = new Browser(stack.url)
  const login = await browser.open((await begin(stack, { email: 'ada@example.com' })).url)
  t.equal(fieldValue(login, 'login'), 'ada@example.com', 'the address is filled in')
  const wrong = await signIn(browser, login, 'wrong horse')
  const unknown = await browser.press(login, 'login-submit', { login: 'who@example.com', password: PASSWORD })
  for (const page of [wrong, unknown]) {
    t.equal(page.status, 422)
    t.match(page.html, 'The email address or the password is wrong.')
  }
  t.equal(fieldValue(wrong, 'password'), undefined)
  t.same(browser.cookieNames, ['xwms_csrf'], 'nobody is signed in')
  const empty = await browser.press(login, 'login-submit', { login: '', password: '' })
  t.match(empty.html, 'Enter your email address and your password.')
  t.match((await signIn(browser, wrong)).html, 'consent-allow', 'the form still works')
})

onEveryStack('a form is believed only from its own page in the same browser', async (t, stack) => {
  const browser = new Browser(stack.url)
  const login = await browser.open((await begin(stack)).url)
  const { action, values } = formAround(login, 'login-submit', {
    login: 'ada@example.com',
    password: PASSWORD,
  })
  const refused = (page: Page, why: string) => {
    t.equal(page.status, 403, why)
    t.match(page.html, 'csrf_failed', why)
  }
  const without = new URLSearchParams(values)
  without.delete('csrf_token')
  refused(await browser.post(action, without), 'without a token')
  const foreign = new URLSearchParams(values)
  const stranger = new Browser(stack.url)
  const theirs = await stranger.open((await begin(stack)).url)
  foreign.set('csrf_token', formAround(theirs, 'login-submit').values.get('csrf_token') ?? '')
  refused(await browser.post(action, foreign), 'with the token of another browser')
  refused(await new Browser(stack.url).post(action, values), 'without the cookie')
  refused(await browser.post(action, values, { origin: 'https://evil.example' }), 'from another origin')
  refused(await browser.post(action, values, { 'sec-fetch-site': 'cross-site' }), 'from another site')

  const consent = await browser.post(action, values)
  t.match(consent.html, 'consent-allow')
  const approval = formAround(consent, 'consent-allow')
  const crossed = new URLSearchParams(approval.values)
  crossed.set('csrf_token', values.get('csrf_token') ?? '')
  refused(await browser.post(approval.action, crossed), 'with the token of another form')
})

onEveryStack('somebody else can sign in where another person is', async (t, stack) => {
  const browser = new Browser(stack.url)
  await addUser(stack.kit, { email: 'grace@example.com', name: 'Grace Hopper' })
  const asAda = await signIn(browser, await browser.open((await begin(stack)).url))
  t.match(asAda.html, 'Ada Lovelace')
  const login = await browser.follow(asAda, 'Use another account')
  const asGrace = await browser.press(login, 'login-submit', {
    login: 'Grace@Example.com ',
    password: PASSWORD,
  })
  t.match(asGrace.html, 'Grace Hopper')
  const stale = await browser.press(asAda, 'consent-allow')
  t.match([stale.status, stale.html], [403, /csrf_failed/], 'what Ada was asked, Grace cannot answer')
  const callback = await browser.press(asGrace, 'consent-allow')
  const token = callback.url.searchParams.get('token')
  t.equal((await stack.post('/api/sign-token-verify', { token })).body.data.email, 'grace@example.com')
})

onEveryStack('a redirect URI must be registered, character by character', async (t, stack) => {
  for (const redirect_url of [
    `${REDIRECT_URI}/`,
    `${REDIRECT_URI}?a=1`,
    'javascript:alert(1)',
    '',
    undefined,
    7,
  ]) {
    const { status, body } = await stack.post('/api/sign-token', { redirect_url })
    t.equal(status, 422, String(redirect_url))
    t.same(Object.keys(body.error.fields), ['redirect_url'])
  }
})
