// Whoever tries too much waits, and nobody else does (docs/abuse.md).

import t from 'tap'
import { logged } from '../../../../test/support/logged.ts'
import { DEFAULT_PROTECTION } from '../../src/config/protection.ts'
import { newSecret } from '../../src/lib/secret-format.ts'
import { liftBlock } from '../../src/manage/blocks.ts'
import type { Storage } from '../../src/storage/storage.ts'
import {
  type Browser,
  type Installation,
  installation,
  PASSWORD,
  type Page,
  type Registered,
} from '../installation.ts'
import { authorizationRequest, proofKey } from '../oauth/partner.ts'

const ATTACKER = '198.51.100.66'
const { challenge } = proofKey()

/** Asks for something that the header rules guard. */
function call(
  { ask }: Installation,
  { headers }: Pick<Registered, 'headers'>,
  over: Record<string, string> = {},
  ip = ATTACKER,
) {
  return ask('POST', '/api/global/countries', { headers: { ...headers, ...over }, json: {}, ip })
}

const codeOf = ({ body }: { readonly body: string }) => JSON.parse(body).error?.code ?? 'success'

/** Blocks are stored, and told of, in the background. */
async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (let turn = 0; turn < 200; turn++) {
    const answer = await ask()
    if (wanted(answer)) return answer
    await new Promise(setImmediate)
  }
  throw new Error('It did not happen.')
}

const allBlocks = (storage: Storage) => storage.blocks.active(new Date(0))
const blocked = (storage: Storage, reason: string) =>
  until(
    async () => (await allBlocks(storage)).filter(block => block.reason === reason),
    found => found.length > 0,
  )

t.test('whoever guesses the secret of a client waits, longer each time, and the client goes on', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const wrong = { 'x-client-secret': newSecret() }
  for (let guess = 0; guess < DEFAULT_PROTECTION.secretFailures; guess++) {
    t.equal(codeOf(await call(xwms, shop, wrong)), 'invalid_credentials')
  }
  const refused = await call(xwms, shop, wrong)
  t.equal(refused.status, 429)
  t.equal(codeOf(refused), 'too_many_attempts')
  t.equal(refused.headers['retry-after'], '2')
  t.equal(codeOf(await call(xwms, shop, wrong, '198.51.100.67')), 'invalid_credentials', 'from elsewhere')
  t.equal((await call(xwms, shop, {}, '203.0.113.1')).status, 200, 'the client itself')
  await blocked(xwms.storage, 'secret_guessing')

  xwms.pass(2)
  t.equal(codeOf(await call(xwms, shop, wrong)), 'invalid_credentials', 'one attempt after the wait')
  await until(
    () => allBlocks(xwms.storage),
    blocks => blocks.length === 2,
  )
  t.equal((await call(xwms, shop, wrong)).headers['retry-after'], '4')
})

t.test('the client that shares the attacker’s address is let through once it was known', async t => {
  const xwms = installation({ credentialCache: { seconds: 1, maxCallers: 1 } })
  const [shop, other] = [await xwms.client(), await xwms.client()]
  t.equal((await call(xwms, shop)).status, 200)
  for (let guess = 0; guess <= DEFAULT_PROTECTION.secretFailures; guess++) {
    await call(xwms, shop, { 'x-client-secret': newSecret() })
  }
  t.equal(codeOf(await call(xwms, shop, { 'x-client-secret': newSecret() })), 'too_many_attempts')
  // Its place in the cache is taken, so that it has to be proven anew.
  t.equal((await call(xwms, other, {}, '203.0.113.1')).status, 200)
  t.equal((await call(xwms, shop)).status, 200)
})

t.test('what is blocked says nothing of which clients exist', async t => {
  const answers = async (clientId: (shop: Registered) => string) => {
    const xwms = installation()
    const shop = await xwms.client()
    const told: unknown[] = []
    for (let guess = 0; guess < 15; guess++) {
      const headers = { 'x-client-id': clientId(shop), 'x-client-secret': `xwms_sk_${guess}` }
      const {
        status,
        headers: answered,
        body,
      } = await call(xwms, shop, {
        ...headers,
        'x-request-id': 'request-1',
      })
      told.push({ status, answered, body })
    }
    return told
  }
  t.strictSame(await answers(shop => shop.client.id), await answers(() => 'cl_nobody'))
})

t.test(
  'an address that tries the secrets of many clients is blocked for all of them, known or not',
  async t => {
    const xwms = installation()
    const shop = await xwms.client()
    for (let client = 0; client < DEFAULT_PROTECTION.clientsTried; client++) {
      t.equal(codeOf(await call(xwms, shop, { 'x-client-id': `cl_${client}` })), 'invalid_credentials')
    }
    const refused = await call(xwms, shop, { 'x-client-id': 'cl_another' })
    t.equal(codeOf(refused), 'too_many_attempts')
    t.equal(refused.headers['retry-after'], String(DEFAULT_PROTECTION.firstBlockSeconds))
    t.equal(codeOf(await call(xwms, shop)), 'too_many_attempts', 'one that exists neither')
    t.equal((await call(xwms, shop, {}, '203.0.113.1')).status, 200, 'others are not concerned')
    xwms.pass(DEFAULT_PROTECTION.firstBlockSeconds)
    t.equal((await call(xwms, shop)).status, 200, 'and it ends')
  },
)

t.test('the addresses of one IPv6 line are one, and those of the next are another', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  for (let client = 0; client < DEFAULT_PROTECTION.clientsTried; client++) {
    await call(xwms, shop, { 'x-client-id': `cl_${client}` }, `2001:db8:0:1::${client}`)
  }
  t.equal(codeOf(await call(xwms, shop, {}, '2001:db8:0:1:ffff::1')), 'too_many_attempts')
  t.equal((await call(xwms, shop, {}, '2001:db8:0:2::1')).status, 200)
})

t.test('once somebody is blocked, a flood costs the storage nothing', async t => {
  const calls: string[] = []
  const xwms = installation({}, storage => ({
    ...storage,
    clients: {
      ...storage.clients,
      facts: (...asked) => {
        calls.push('facts')
        return storage.clients.facts(...asked)
      },
    },
    failures: {
      ...storage.failures,
      record: (...asked) => {
        calls.push('record')
        return storage.failures.record(...asked)
      },
    },
  }))
  const shop = await xwms.client()
  for (let client = 0; client < DEFAULT_PROTECTION.clientsTried; client++) {
    await call(xwms, shop, { 'x-client-id': `cl_${client}` })
  }
  calls.length = 0
  const flood = await Promise.all(
    Array.from({ length: 500 }, (_, guess) => call(xwms, shop, { 'x-client-id': `cl_flood_${guess}` })),
  )
  t.ok(flood.every(answer => answer.status === 429))
  t.strictSame(calls, [])
})

t.test('the owner is told once an hour, reads it in the log, and lifts the block', async t => {
  const told: unknown[] = []
  const xwms = installation({ onEvent: event => void told.push(event) })
  const shop = await xwms.client()
  const wrong = { 'x-client-secret': newSecret() }
  for (let guess = 0; guess <= DEFAULT_PROTECTION.secretFailures; guess++) await call(xwms, shop, wrong)
  const [block] = await blocked(xwms.storage, 'secret_guessing')
  const { workspaceId } = shop.client
  t.match(block, { workspaceId, clientId: shop.client.id, answer: 'throttle', score: 100 })
  t.match(block?.facts, { failures: 10, threshold: 10, network: ATTACKER })
  xwms.pass(2)
  await call(xwms, shop, wrong)
  const both = await until(
    () => xwms.storage.blocks.list({ workspaceId, limit: 10 }),
    blocks => blocks.length === 2,
  )
  const events = await xwms.storage.workspaceEvents.list({ workspaceId, limit: 10 })
  t.equal(events.length, 1, 'of two blocks')
  t.match(events, [{ type: 'abuse.secret_guessing', clientId: shop.client.id, message: /^Shop was called/ }])
  t.strictSame(told, events)
  t.ok(
    xwms.log.some(({ level, message }) => level === 'warn' && message.startsWith('Somebody tried too much')),
  )

  t.equal(codeOf(await call(xwms, shop, wrong)), 'too_many_attempts')
  const environment = { storage: xwms.storage, now: xwms.now(), actor: 'cli', ip: undefined }
  t.match(await liftBlock(environment, both[0]?.id ?? '', workspaceId), { outcome: 'lifted' })
  await new Promise(setImmediate)
  xwms.pass(1)
  for (let guess = 0; guess < DEFAULT_PROTECTION.secretFailures; guess++)
    t.equal(codeOf(await call(xwms, shop, wrong)), 'invalid_credentials', 'from the beginning')
  const anew = await call(xwms, shop, wrong)
  t.equal(codeOf(anew), 'too_many_attempts')
  t.equal(anew.headers['retry-after'], '2', 'and no longer than the first time')

  await xwms.kit.close()
  const log = await logged(xwms.storage, shop.client)
  const [noted, ...more] = log.filter(entry => entry.refusedBy === 'too_many_attempts')
  t.match(noted, { status: 429, ip: ATTACKER, facts: { reason: 'secret_guessing' } })
  t.ok(more.length <= 2, 'of each block now and then, not of each request')
})

t.test('what a block refuses is in the log under the name that the host gave the route', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const guard = xwms.kit.protect({ route: 'GET /orders' })
  const request = {
    headers: { ...shop.headers, 'x-client-secret': newSecret() },
    ip: () => ATTACKER,
    secure: () => true,
    hasLeft: () => false,
    route: 'GET /*',
  }
  for (let guess = 0; guess <= DEFAULT_PROTECTION.secretFailures; guess++) await guard(request)
  await blocked(xwms.storage, 'secret_guessing')
  await guard(request)
  await xwms.kit.close()
  const log = await logged(xwms.storage, shop.client)
  t.ok(log.some(({ refusedBy }) => refusedBy === 'too_many_attempts'))
  t.strictSame([...new Set(log.map(({ route }) => route))], ['GET /orders'])
})

t.test('the other endpoints that take a secret count with the same measure', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const basic = `Basic ${Buffer.from(`${shop.client.id}:wrong`).toString('base64')}`
  const attempt = (path: string) =>
    xwms.ask('POST', path, {
      form: { grant_type: 'client_credentials', token: 'x' },
      headers: { authorization: basic },
      ip: ATTACKER,
    })
  const paths = ['/oauth/token', '/oauth/introspect', '/oauth/revoke', '/oauth/par']
  for (let guess = 0; guess < DEFAULT_PROTECTION.secretFailures; guess++) {
    t.equal((await attempt(paths[guess % paths.length] ?? '')).status, 401)
  }
  for (const path of paths) {
    const refused = await attempt(path)
    t.equal(refused.status, 429, path)
    t.equal(JSON.parse(refused.body).error, 'too_many_attempts')
    t.ok(Number(refused.headers['retry-after']) > 0)
  }
  t.equal(codeOf(await call(xwms, shop, { 'x-client-secret': 'wrong' })), 'too_many_attempts', 'headers too')
})

t.test('registration tokens cannot be guessed without end', async t => {
  const plain = installation()
  const { client } = await plain.client()
  const xwms = installation({
    storage: plain.storage,
    oauth: {
      registration: {
        workspaceId: client.workspaceId,
        initialAccessTokens: ['initial-access-token-of-at-least-32-characters'],
      },
    },
  })
  const attempt = () =>
    xwms.ask('POST', '/oauth/register', {
      json: {},
      headers: { authorization: 'Bearer guess' },
      ip: ATTACKER,
    })
  for (let guess = 0; guess < DEFAULT_PROTECTION.registrationFailures; guess++) {
    t.equal((await attempt()).status, 401)
  }
  t.equal((await attempt()).status, 429)
})

t.test('a secret that is used from a new network is told to the owner, once, and works', async t => {
  const xwms = installation({ credentialCache: { seconds: 1, maxCallers: 1 } })
  const [shop, other] = [await xwms.client(), await xwms.client()]
  const { workspaceId } = shop.client
  const events = () => xwms.storage.workspaceEvents.list({ workspaceId, limit: 10 })
  for (const ip of [
    '203.0.113.1',
    '203.0.113.200',
    '192.0.2.1',
    '192.0.2.2',
    '2001:db8:1::1',
    '2001:db8:1:2::1',
  ]) {
    t.equal((await call(xwms, shop, {}, ip)).status, 200, ip)
    await call(xwms, other, {}, '203.0.113.1')
  }
  const told = await until(events, found => found.length === 2)
  t.strictSame(told.map(({ data }) => data.network).sort(), ['192.0.2.0/24', '2001:db8:1::/48'])
  t.match(told[0], { type: 'secret.unusual_address', clientId: shop.client.id, message: /rotate the secret/ })
  t.equal(
    (await xwms.storage.workspaceEvents.list({ workspaceId: other.client.workspaceId, limit: 1 })).length,
    0,
  )
})

t.test('the network of a secret is noticed at each request that is logged, proven anew or not', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const basic = `Basic ${Buffer.from(`${shop.client.id}:${shop.value}`).toString('base64')}`
  const revoke = (ip: string) =>
    xwms.ask('POST', '/oauth/revoke', { form: { token: 'x' }, headers: { authorization: basic }, ip })
  for (const ip of ['203.0.113.1', '192.0.2.1', '203.0.113.1', '192.0.2.1']) await call(xwms, shop, {}, ip)
  for (const ip of ['203.0.113.1', '198.51.100.1']) t.equal((await revoke(ip)).status, 200)
  const { workspaceId } = shop.client
  const told = await until(
    () => xwms.storage.workspaceEvents.list({ workspaceId, limit: 10 }),
    found => found.length === 2,
  )
  t.strictSame(told.map(({ data }) => data.network).sort(), ['192.0.2.0/24', '198.51.100.0/24'])
})

t.test('turned off, nobody is blocked', async t => {
  const xwms = installation({ protection: false })
  const shop = await xwms.client()
  for (let guess = 0; guess < 60; guess++) {
    t.equal(codeOf(await call(xwms, shop, { 'x-client-id': `cl_${guess}` })), 'invalid_credentials')
  }
})

t.test('where the framework knows no address nobody answers for another', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  for (let client = 0; client < 60; client++) {
    t.equal(codeOf(await call(xwms, shop, { 'x-client-id': `cl_${client}` }, '')), 'invalid_credentials')
  }
})

t.test('whoever goes on and on beyond its limit pauses, at the address where it does', async t => {
  const limited = { title: 'Tight', monthlyFeeNanoEuro: 0, includedRequests: 1e6, hardCap: false }
  const xwms = installation({
    plans: { tight: { ...limited, rateLimit: { requests: 1, windowSeconds: 10 } } },
    protection: { limitRefusals: 8, firstWaitSeconds: 30, longestWaitSeconds: 60 },
  })
  const shop = await xwms.client({}, {}, { plan: 'tight' })
  t.equal((await call(xwms, shop)).status, 200)
  for (let request = 0; request < 8; request++) t.equal(codeOf(await call(xwms, shop)), 'rate_limited')
  await blocked(xwms.storage, 'limit_ignored')
  xwms.pass(11)
  const paused = await call(xwms, shop)
  t.equal(paused.status, 429, 'although the window is a new one')
  t.match(JSON.parse(paused.body).message, /Pause for 19 s/)
  t.equal(paused.headers['retry-after'], '19')
  t.equal((await call(xwms, shop, {}, '203.0.113.1')).status, 200, 'elsewhere it goes on')
  const log = await until(
    async () => {
      await new Promise(resolve => setTimeout(resolve, 10))
      return logged(xwms.storage, shop.client)
    },
    entries => entries.some(({ facts }) => facts.reason === 'limit_ignored'),
  )
  const ids = log.map(({ requestId }) => requestId)
  t.equal(new Set(ids).size, ids.length, 'a request that pauses is in the log once')
  const [block] = await blocked(xwms.storage, 'limit_ignored')
  xwms.pass(10)
  const environment = { storage: xwms.storage, now: xwms.now(), actor: 'cli', ip: undefined }
  await liftBlock(environment, block?.id ?? '')
  await new Promise(setImmediate)
  t.equal((await call(xwms, shop)).status, 200, 'once it is lifted')
  for (let request = 0; request < 7; request++) t.equal(codeOf(await call(xwms, shop)), 'rate_limited')
  await xwms.kit.close()
  t.equal((await xwms.storage.blocks.active(xwms.now())).length, 0, 'and what was before is forgotten')
})

/** A browser at the sign-in form, and a way to guess there. */
async function atSignIn(xwms: Installation, shop: Registered) {
  const browser = xwms.browser()
  const page = await browser.get(authorizationRequest(shop.client.id, challenge))
  return { browser, page }
}

function guess(browser: Browser, { view }: Page, login: string, ip: string, password = 'wrong') {
  return browser.post(
    view.action,
    { interaction: view.interaction, csrf_token: view.csrfToken, login, password, decision: 'submit' },
    { 'x-test-ip': ip },
  )
}

/** Requests come from the address that a header of the test names. */
function house(options: Parameters<typeof installation>[0] = {}) {
  const xwms = installation(options)
  const { handle } = xwms.kit
  xwms.kit.handle = (match, request) =>
    handle(match, { ...request, ip: String(request.headers['x-test-ip'] ?? '203.0.113.1') })
  return xwms
}

t.test('whoever guesses one password from one place waits; the person elsewhere does not', async t => {
  const xwms = house()
  const [shop, ada] = [await xwms.client(), await xwms.user()]
  const { browser, page } = await atSignIn(xwms, shop)
  for (let attempt = 0; attempt < DEFAULT_PROTECTION.loginFailures; attempt++) {
    t.equal((await guess(browser, page, ada.email, ATTACKER)).response.status, 422)
  }
  const { view, response } = await guess(browser, page, ada.email, ATTACKER, PASSWORD)
  t.equal(response.status, 429, 'the right password neither')
  t.match(view, {
    page: 'sign-in',
    login: ada.email,
    problem: 'Too many attempts failed here. Wait 2 seconds, and try again.',
  })
  t.equal(response.headers['retry-after'], '2')
  t.equal((await guess(browser, page, 'Ada@Example.com ', ATTACKER)).response.status, 429, 'however written')
  const elsewhere = await atSignIn(xwms, shop)
  t.equal(
    (await guess(elsewhere.browser, elsewhere.page, ada.email, '203.0.113.9', PASSWORD)).view.page,
    'consent',
  )
})

t.test('a login that nobody has is answered in the same way', async t => {
  const answers = async (login: string) => {
    const xwms = house()
    const [shop] = [await xwms.client(), await xwms.user()]
    const { browser, page } = await atSignIn(xwms, shop)
    const told: unknown[] = []
    for (let attempt = 0; attempt < 8; attempt++) {
      const { response, view } = await guess(browser, page, login, ATTACKER)
      told.push([
        response.status,
        response.headers['retry-after'],
        response.headers['set-cookie'],
        view.problem,
      ])
    }
    return told
  }
  t.strictSame(await answers('ada@example.com'), await answers('nobody@example.com'))
})

t.test('getting it right in time forgets what was mistyped', async t => {
  const xwms = house()
  const [shop, ada] = [await xwms.client(), await xwms.user()]
  for (let round = 0; round < 3; round++) {
    const { browser, page } = await atSignIn(xwms, shop)
    for (let attempt = 1; attempt < DEFAULT_PROTECTION.loginFailures; attempt++) {
      t.equal((await guess(browser, page, ada.email, '203.0.113.9')).response.status, 422)
    }
    t.equal((await guess(browser, page, ada.email, '203.0.113.9', PASSWORD)).view.page, 'consent')
  }
})

t.test('an address that tries many logins is blocked; a device that is known there is not', async t => {
  const xwms = house()
  const [shop, ada] = [await xwms.client(), await xwms.user()]
  const known = await atSignIn(xwms, shop)
  t.equal((await guess(known.browser, known.page, ada.email, ATTACKER, PASSWORD)).view.page, 'consent')
  t.ok(known.browser.cookies.has('__Host-xwms_device'))

  const { browser, page } = await atSignIn(xwms, shop)
  for (let login = 0; login < DEFAULT_PROTECTION.loginsTried; login++) {
    t.equal((await guess(browser, page, `user${login}@example.com`, ATTACKER)).response.status, 422)
  }
  const refused = await guess(browser, page, 'another@example.com', ATTACKER)
  t.equal(refused.response.status, 429)
  t.equal(refused.response.headers['retry-after'], '60')
  await blocked(xwms.storage, 'credential_stuffing')
  const again = await known.browser.get('/sign-in?return_to=account&switch=1')
  const entered = await guess(known.browser, again, ada.email, ATTACKER, PASSWORD)
  t.equal(entered.view.page, 'account', 'who signed in there before')
  const other = await guess(known.browser, again, 'user1@example.com', ATTACKER)
  t.equal(other.response.status, 429, 'and for nobody else')
  t.match(await xwms.storage.workspaceEvents.list({ workspaceId: shop.client.workspaceId, limit: 5 }), [
    { type: 'abuse.credential_stuffing', message: /^Shop saw one address/ },
  ])
})

t.test('a login that is guessed from everywhere slows strangers down, and not its person', async t => {
  const xwms = house()
  const [shop, ada] = [await xwms.client(), await xwms.user()]
  const device = await atSignIn(xwms, shop)
  t.equal((await guess(device.browser, device.page, ada.email, '203.0.113.9', PASSWORD)).view.page, 'consent')

  const bots = await atSignIn(xwms, shop)
  for (let bot = 0; bot < DEFAULT_PROTECTION.loginFailuresEverywhere; bot++) {
    t.equal((await guess(bots.browser, bots.page, ada.email, `198.51.100.${bot}`)).response.status, 422)
  }
  await blocked(xwms.storage, 'distributed_guessing')
  const next = await guess(bots.browser, bots.page, ada.email, '198.51.100.200')
  t.equal(next.response.status, 429)
  t.equal(next.response.headers['retry-after'], '2')

  const there = await device.browser.get('/sign-in?return_to=account&switch=1')
  t.equal(
    (await guess(device.browser, there, ada.email, '198.51.100.9', PASSWORD)).view.page,
    'account',
    'her device, anywhere',
  )
  const place = await atSignIn(xwms, shop)
  t.equal(
    (await guess(place.browser, place.page, ada.email, '203.0.113.9', PASSWORD)).view.page,
    'consent',
    'her address, any browser',
  )
  t.equal(
    (await guess(bots.browser, bots.page, 'grace@example.com', '198.51.100.200')).response.status,
    422,
    'another login',
  )
})

t.test('a device cookie is worth nothing for another login, or when it is made up', async t => {
  const xwms = house()
  const [shop, ada] = [await xwms.client(), await xwms.user()]
  await xwms.user({ sub: '2', email: 'mallory@example.com' })
  const mallory = await atSignIn(xwms, shop)
  await guess(mallory.browser, mallory.page, 'mallory@example.com', ATTACKER, PASSWORD)
  const there = await mallory.browser.get('/sign-in?return_to=account&switch=1')
  const forged = `${'A'.repeat(43)}.${'A'.repeat(43)}`
  for (const cookie of [
    mallory.browser.cookies.get('__Host-xwms_device') ?? '',
    forged,
    'x',
    `${forged}~${forged}`,
  ]) {
    mallory.browser.cookies.set('__Host-xwms_device', cookie)
    for (let attempt = 0; attempt < 3; attempt++) await guess(mallory.browser, there, ada.email, ATTACKER)
  }
  t.equal((await guess(mallory.browser, there, ada.email, ATTACKER)).response.status, 429)
})

t.test('a burst of guesses lets no more through than a slow one', async t => {
  let looked = 0
  const xwms = house({
    accounts: {
      find: async () => undefined,
      async signIn() {
        looked++
        await new Promise(setImmediate)
        return undefined
      },
    },
  })
  const shop = await xwms.client()
  const { browser, page } = await atSignIn(xwms, shop)
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => guess(browser, page, 'ada@example.com', ATTACKER)),
  )
  t.ok(looked <= DEFAULT_PROTECTION.loginFailures, `${looked} passwords were looked at`)
  t.equal(answers.filter(({ response }) => response.status === 429).length, 100 - looked)
})

t.test('an attempt that the accounts could not take is no failure', async t => {
  const xwms = house({
    accounts: {
      find: async () => undefined,
      signIn: () => Promise.reject(new Error('away')),
    },
  })
  const shop = await xwms.client()
  const { browser, page } = await atSignIn(xwms, shop)
  for (let attempt = 0; attempt < 10; attempt++) {
    t.equal((await guess(browser, page, 'ada@example.com', ATTACKER)).response.status, 500)
  }
})
