import t from 'tap'
import { auditEntry } from '../../src/context/audit-entry.ts'
import { sha256 } from '../../src/lib/hash.ts'
import { type Browser, type Installation, ISSUER, installation, type Page } from '../installation.ts'

const CODE = 'BCDFGHJK'
const SHOWN = 'BCDF-GHJK'

/** An installation with Ada, and a television that waits for her. */
async function television(scopes: readonly string[] = ['openid', 'orders:read']) {
  const xwms = installation()
  const { client } = await xwms.client({ name: 'Television' })
  const ada = await xwms.user()
  await waiting(xwms, client.id, CODE, scopes)
  return { xwms, client, ada, browser: xwms.browser() }
}

async function waiting(
  { storage, now }: Installation,
  clientId: string,
  userCode: string,
  scopes: readonly string[],
): Promise<void> {
  await storage.deviceCodes.create({
    hash: sha256(`device ${userCode}`),
    userCodeHash: sha256(userCode),
    clientId,
    scopes,
    parameters: {},
    intervalSeconds: 5,
    decision: undefined,
    createdAt: now(),
    expiresAt: new Date(now().getTime() + 600_000),
  })
}

async function enter(browser: Browser, userCode: string, page?: Page): Promise<Page> {
  const { view } = page ?? (await browser.get('/device'))
  return browser.post(view.action, { csrf_token: view.csrfToken, user_code: userCode, decision: 'submit' })
}

async function poll({ storage, pass, now }: Installation, userCode = CODE): Promise<string> {
  pass(6)
  return (await storage.deviceCodes.poll(sha256(`device ${userCode}`), now())).outcome
}

t.test('a code, a sign-in, a yes: the device is connected', async t => {
  const { xwms, ada, browser } = await television()
  const asking = await browser.get('/device')
  t.match(asking.view, { page: 'device', userCode: '', action: '/device' })
  t.equal(await poll(xwms), 'pending')

  const signIn = await enter(browser, 'bcdf ghjk', asking)
  t.match(signIn.view, { page: 'sign-in', client: { name: 'Television' } })
  const consent = await browser.signIn(signIn, ada)
  t.match(consent.view, { page: 'consent', userCode: SHOWN, client: { name: 'Television' } })
  t.equal(await poll(xwms), 'pending', 'a sign-in is no yes')

  const done = await browser.decide(consent, 'allow')
  t.match(done.view, { page: 'message', message: 'device_connected', client: { name: 'Television' } })
  t.equal(await poll(xwms), 'approved')
  const code = await xwms.storage.deviceCodes.find(sha256(`device ${CODE}`))
  const [session] = await xwms.storage.sessions.list(ada.sub, xwms.now())
  t.match(code?.decision, {
    denied: false,
    sub: ada.sub,
    sid: session?.sid,
    amr: ['pwd'],
    scopes: ['openid', 'orders:read'],
  })

  const again = await browser.get(`${done.url}`)
  t.match(again.view, { page: 'message', message: 'device_connected' }, 'the page can be loaded again')
  const { interaction } = consent.view
  for (const late of [
    await browser.get(`/device/resume?interaction=${interaction}`),
    await browser.decide(consent, 'allow'),
  ])
    t.match(
      late.view,
      { page: 'error', code: 'interaction_gone', message: /finished.+the device; if it still waits, start/ },
      'once, and whoever comes again may well be connected',
    )
})

t.test('the page of the end names no application that only says itself who it is', async t => {
  const { browser, xwms, client } = await television()
  const stranger = { ...client, id: 'cl_stranger', source: 'document' as const }
  const change = { action: 'client.created', target: stranger.id, after: stranger }
  await xwms.storage.clients.create(stranger, undefined, auditEntry(xwms.environment, change))
  const named = async (id: string) =>
    (await browser.get(`/device?done=device_connected&client_id=${id}`)).view.client?.name
  t.equal(await named(client.id), 'Television')
  t.equal(await named('cl_stranger'), undefined)
  t.equal(await named('cl_unknown'), undefined)
  t.match((await browser.get('/device?done=anything')).view, { page: 'device' })
})

t.test(
  'a code that comes with the address is shown, and nothing begins before the person sends it',
  async t => {
    const { browser, xwms } = await television()
    const page = await browser.get(`/device?user_code=${SHOWN}`)
    t.match(page.view, { page: 'device', userCode: SHOWN, problem: undefined })
    t.equal(await poll(xwms), 'pending')
    t.equal((await enter(browser, page.view.userCode, page)).view.page, 'sign-in')
  },
)

t.test('nobody puts words on our page by the address', async t => {
  const { browser } = await television()
  for (const text of ['CALL 0800 123', '<script>', 'BCDFGHJKLMNP', 'x'.repeat(5000)]) {
    t.equal((await browser.get(`/device?user_code=${encodeURIComponent(text)}`)).view.userCode, '')
  }
})

t.test('the person is asked every time, whatever was approved before', async t => {
  const { browser, ada, xwms, client } = await television()
  await browser.decide(await browser.signIn(await enter(browser, SHOWN), ada), 'allow')
  await waiting(xwms, client.id, 'XZWVTSRQ', ['openid'])
  const consent = await enter(browser, 'XZWV-TSRQ')
  t.match(consent.view, { page: 'consent', userCode: 'XZWV-TSRQ' })
  t.equal(await poll(xwms, 'XZWVTSRQ'), 'pending')
  await browser.decide(consent, 'allow')
  t.equal(await poll(xwms, 'XZWVTSRQ'), 'approved')
})

t.test('somebody else’s interaction is not finished by an approval given elsewhere', async t => {
  const { browser, ada, xwms, client } = await television()
  await browser.decide(await browser.signIn(await enter(browser, SHOWN), ada), 'allow')

  await waiting(xwms, client.id, 'XZWVTSRQ', ['openid'])
  const attacker = await enter(xwms.browser(), 'XZWV-TSRQ')
  const { interaction } = attacker.view
  // Ada approves the same client meanwhile, and is led to the end of the attacker's flow.
  await xwms.storage.clientUsers.approve(
    client.id,
    ada.sub,
    { scopes: ['openid'], claims: [], resources: [], authorizationDetails: [] },
    xwms.now(),
  )
  for (const approval of ['', '&approval=', `&approval=${'x'.repeat(43)}`]) {
    const page = await browser.get(`/device/resume?interaction=${interaction}${approval}`)
    t.match(page.view, { page: 'consent', userCode: 'XZWV-TSRQ' }, 'she sees the code and the warning')
  }
  t.equal(await poll(xwms, 'XZWVTSRQ'), 'pending')
})

t.test('no and cancel tell the device', async t => {
  for (const way of ['deny', 'cancel']) {
    const { browser, ada, xwms } = await television()
    const signIn = await enter(browser, SHOWN)
    const { interaction, csrfToken, action } = signIn.view
    const done =
      way === 'deny'
        ? await browser.decide(await browser.signIn(signIn, ada), 'deny')
        : await browser.post(action, { interaction, csrf_token: csrfToken, decision: 'cancel' })
    t.match(done.view, { page: 'message', message: 'device_refused', client: { name: 'Television' } }, way)
    t.equal(await poll(xwms), 'denied', way)
  }
})

t.test('a code that is unknown, decided or expired gets one answer', async t => {
  const { browser, ada, xwms, client } = await television()
  await waiting(xwms, client.id, 'XZWVTSRQ', ['openid'])
  await browser.decide(await browser.signIn(await enter(browser, SHOWN), ada), 'allow')
  const answers: unknown[] = []
  for (const code of ['LLLL-LLLL', SHOWN]) {
    const { view, response } = await enter(browser, code)
    t.match(view, { page: 'device', userCode: code })
    answers.push([response.status, view.problem])
  }
  xwms.pass(600)
  const { view, response } = await enter(browser, 'XZWV-TSRQ')
  answers.push([response.status, view.problem])
  t.strictSame(
    answers,
    Array(3).fill([422, 'This code is not known, or it has expired. Look at the device again.']),
  )
})

t.test('what is no code is said so, and what was typed stays', async t => {
  const { browser } = await television()
  for (const typed of ['', 'BCDF', 'ABCD-EFGH']) {
    const { view, response } = await enter(browser, typed)
    t.equal(response.status, 422)
    t.match(view, {
      page: 'device',
      userCode: typed,
      problem: 'A code has eight letters.',
      problemCode: 'user_code_malformed',
    })
  }
})

t.test('codes cannot be tried without end', async t => {
  const { browser, xwms } = await television()
  const page = await browser.get('/device')
  for (let attempt = 0; attempt < 50; attempt++) {
    t.equal((await enter(browser, 'LLLL-LLLL', page)).response.status, 422)
  }
  const { view, response } = await enter(browser, SHOWN, page)
  t.match(
    view,
    { page: 'device', userCode: SHOWN, problem: /Wait 60 seconds/, problemCode: 'too_many_attempts' },
    'the right one neither',
  )
  t.equal(response.status, 429)
  const wait = Number(response.headers['retry-after'])
  t.ok(wait > 0 && wait <= 600)
  xwms.pass(wait)
  t.equal((await enter(browser, 'LLLL-LLLL', page)).response.status, 422)
})

t.test('a form from another site begins nothing', async t => {
  const { browser } = await television()
  const { view } = await browser.get('/device')
  const form = { csrf_token: view.csrfToken, user_code: SHOWN }
  for (const attack of [
    browser.post('/device', form, { 'sec-fetch-site': 'cross-site' }),
    browser.post('/device', { ...form, csrf_token: '' }),
  ]) {
    t.match((await attack).view, { page: 'error', code: 'csrf_failed' })
  }
})

t.test('a yes that comes too late connects nothing', async t => {
  const { browser, ada, xwms } = await television()
  const consent = await browser.signIn(await enter(browser, SHOWN), ada)
  xwms.pass(599)
  const inTime = await xwms.storage.deviceCodes.decide(sha256(`device ${CODE}`), 'denied', xwms.now())
  t.ok(inTime)
  t.match((await browser.decide(consent, 'allow')).view, { page: 'error', code: 'login_expired' })

  const other = await television()
  const late = await other.browser.signIn(await enter(other.browser, SHOWN), ada)
  other.xwms.pass(600)
  t.match((await other.browser.decide(late, 'allow')).view, { page: 'error', code: 'login_expired' })
  t.equal(await poll(other.xwms), 'expired')
})

t.test('a client that may not sign users in is told so', async t => {
  const { browser, ada, xwms, client } = await television()
  const consent = await browser.signIn(await enter(browser, SHOWN), ada)
  const stored = await xwms.storage.clients.find(client.id)
  if (stored === undefined) throw new Error('The client is there.')
  await xwms.storage.clients.update(
    stored,
    { ...stored, enabled: false },
    {
      id: 'aud_disabled',
      at: xwms.now(),
      actor: 'test',
      action: 'client.updated',
      workspaceId: client.workspaceId,
      target: client.id,
      ip: undefined,
      before: undefined,
      after: undefined,
    },
  )
  t.match((await browser.decide(consent, 'allow')).view, { page: 'error', code: 'login_not_possible' })
  t.equal(await poll(xwms), 'denied')
})

t.test('the end of another flow is not the end of this one', async t => {
  const { browser, xwms } = await television()
  const signIn = await enter(browser, SHOWN)
  const { interaction } = signIn.view
  const elsewhere = await browser.get(`${ISSUER}/oauth/authorize/resume?interaction=${interaction}`)
  t.match(elsewhere.view, { page: 'error', code: 'interaction_gone' })
  for (const handle of ['', 'unknown']) {
    const page = await browser.get(`/device/resume?interaction=${handle}`)
    t.match(page.view, { page: 'error', code: 'interaction_gone' })
  }
  t.equal(await poll(xwms), 'pending')
})
