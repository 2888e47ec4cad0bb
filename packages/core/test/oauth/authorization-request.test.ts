import { decodeJwt } from 'jose'
import t from 'tap'
import { type ClientInput, updateClient } from '../../src/manage/clients.ts'
import { CALLBACK, type Installation, installation, type Page, type Registered } from '../installation.ts'
import { watched } from '../watched-storage.ts'
import { authorizationRequest, authorize, proofKey, token, tokensFor } from './partner.ts'

const { challenge, verifier } = proofKey()
const API = 'https://api.example.com'
const CALENDAR = 'https://calendar.example.com/v1'

const OPTIONS = {
  oauth: {
    resources: {
      [API]: { name: 'the shop’s orders' },
      [CALENDAR]: { name: 'your calendar', scopes: ['calendar:read'] },
    },
    authorizationDetails: {
      payment: {
        describe: ({ amount }: Readonly<Record<string, unknown>>) => `Pay ${String(amount)} euro once`,
        problem: ({ amount }: Readonly<Record<string, unknown>>) =>
          typeof amount === 'number' ? undefined : 'must have an amount',
      },
      account: { describe: () => 'See your account', problem: () => undefined },
    },
  },
  scopes: { 'orders:read': 'Read your orders', 'calendar:read': 'Read your calendar' },
}

async function scene(input: Partial<ClientInput> = {}, options = {}) {
  const xwms = installation({ ...OPTIONS, ...options })
  const shop = await xwms.client(input)
  const ada = await xwms.user()
  const browser = xwms.browser()
  const ask = (over: Record<string, string | undefined> = {}) =>
    browser.get(authorizationRequest(shop.client.id, challenge, over))
  return { xwms, shop, ada, browser, ask }
}

const answerIn = ({ url }: Pick<Page, 'url'>) => Object.fromEntries(url.searchParams)

async function redeemed(xwms: Installation, shop: Registered, url: URL, redirect_uri = CALLBACK) {
  return token(xwms, shop, {
    grant_type: 'authorization_code',
    code: url.searchParams.get('code') ?? '',
    redirect_uri,
    code_verifier: verifier,
  })
}

t.test('long state and nonce come back unaltered', async t => {
  const { xwms, shop, ada, browser } = await scene()
  const state = 's'.repeat(1000)
  const nonce = 'n'.repeat(500)
  const url = await authorize(browser, authorizationRequest(shop.client.id, challenge, { state, nonce }), ada)
  t.equal(url.searchParams.get('state'), state)
  const { body } = await redeemed(xwms, shop, url)
  t.equal(decodeJwt(body.id_token).nonce, nonce)
})

t.test('an app on this machine returns to any port, and the code is for that port', async t => {
  const { xwms, shop, ada } = await scene({
    type: 'public',
    grantTypes: ['authorization_code'],
    redirectUris: ['http://127.0.0.1/callback', 'http://[::1]/callback', 'http://localhost/callback'],
  })
  for (const redirect_uri of [
    'http://127.0.0.1:51004/callback',
    'http://[::1]:51004/callback',
    'http://localhost:51004/callback',
  ]) {
    const request = authorizationRequest(shop.client.id, challenge, { redirect_uri })
    const url = await authorize(xwms.browser(), request, ada)
    t.ok(`${url}`.startsWith(`${redirect_uri}?code=`), `${url}`)
    const other = redirect_uri.replace('51004', '51005')
    t.match(await redeemed(xwms, shop, url, other), { status: 400, body: { error: 'invalid_grant' } })
    t.match(await redeemed(xwms, shop, url, redirect_uri), { status: 200 })
  }
})

t.test('a profile may want the redirect_uri each time', async t => {
  const { ask } = await scene({ profile: 'openid' })
  t.match((await ask({ redirect_uri: undefined })).view, { page: 'error', code: 'invalid_redirect_uri' })
})

t.test('a confidential client whose owner says so may leave PKCE out, and an app never', async t => {
  const nothing = { code_challenge: undefined, code_challenge_method: undefined }
  const lax = await scene({ profile: 'openid', requirePkce: false })
  t.match((await lax.ask(nothing)).view, { page: 'sign-in' })
  t.match(answerIn(await (await scene({ profile: 'openid' })).ask(nothing)), { error: 'invalid_request' })
  const app = await scene({ type: 'public', grantTypes: ['authorization_code'] })
  t.match(answerIn(await app.ask(nothing)), { error: 'invalid_request' })
})

t.test('default_max_age holds where a request says nothing', async t => {
  const { xwms, shop, ada, browser, ask } = await scene({ metadata: { default_max_age: 60 } })
  await authorize(browser, authorizationRequest(shop.client.id, challenge), ada)
  xwms.pass(61)
  t.match(answerIn(await ask({ prompt: 'none' })), { error: 'login_required' })
  t.ok(answerIn(await ask({ prompt: 'none', max_age: '600' })).code, 'a request that says something wins')
})

t.test('prompt=none with an id_token_hint: that user and nobody else', async t => {
  const { xwms, shop, ada, browser, ask } = await scene()
  const bob = await xwms.user({ sub: '2', email: 'bob@example.com' })
  const { id_token: hint } = await tokensFor(xwms, shop, ada)
  const { id_token: other } = await tokensFor(xwms, shop, bob)
  await authorize(browser, authorizationRequest(shop.client.id, challenge), ada)
  const url = (await ask({ prompt: 'none', id_token_hint: hint })).url
  const { body } = await redeemed(xwms, shop, url)
  t.equal(decodeJwt(body.id_token).sub, decodeJwt(hint).sub)
  t.match(answerIn(await ask({ prompt: 'none', id_token_hint: other })), {
    error: 'login_required',
    state: 'state-1',
  })
  for (const bad of ['x', `${hint}x`, `${hint.split('.').slice(0, 2).join('.')}.`])
    t.match(
      answerIn(await ask({ prompt: 'none', id_token_hint: bad })),
      { error: 'login_required' },
      'not ours',
    )
  const another = await xwms.client()
  const { id_token: theirs } = await tokensFor(xwms, another, ada)
  t.match(
    answerIn(await ask({ prompt: 'none', id_token_hint: theirs })),
    { error: 'login_required' },
    'another client’s',
  )
})

t.test('without prompt, whoever is hinted at has to sign in', async t => {
  const { xwms, shop, ada, browser, ask } = await scene()
  const bob = await xwms.user({ sub: '2', email: 'bob@example.com' })
  const { id_token: hint } = await tokensFor(xwms, shop, ada)
  await authorize(browser, authorizationRequest(shop.client.id, challenge), bob)
  const signIn = await ask({ id_token_hint: hint })
  t.match(signIn.view, { page: 'sign-in', problem: /expects another account/ })
  t.equal(signIn.response.status, 200)
  const again = await browser.signIn(signIn, bob)
  t.match(again.view, { page: 'sign-in' }, 'the same one again does not do')
  const { url } = await browser.signIn(again, ada)
  const { body } = await redeemed(xwms, shop, url)
  t.equal(decodeJwt(body.id_token).sub, ada.sub)
})

t.test(
  'prompt=none by a form of another site, with which browsers send no cookie, is answered all the same',
  async t => {
    const { shop, ada, browser, xwms } = await scene()
    const request = authorizationRequest(shop.client.id, challenge)
    await authorize(browser, request, ada)
    const query = authorizationRequest(shop.client.id, challenge, { prompt: 'none' }).split('?')[1] as string
    const posted = await xwms.ask('POST', '/oauth/authorize', { form: query })
    t.equal(posted.status, 303)
    const location = String(posted.headers.location)
    t.ok(answerIn(await browser.get(location)).code)
    const stranger = await xwms.ask('POST', '/oauth/authorize', { form: query })
    t.match(answerIn(await xwms.browser().get(String(stranger.headers.location))), {
      error: 'login_required',
    })
  },
)

t.test('an ID token that has expired is still a hint', async t => {
  const { xwms, shop, ada, browser, ask } = await scene()
  const { id_token: hint } = await tokensFor(xwms, shop, ada)
  await authorize(browser, authorizationRequest(shop.client.id, challenge), ada)
  xwms.pass(4000)
  t.ok(answerIn(await ask({ prompt: 'none', id_token_hint: hint })).code)
})

t.test('the claim sub with a value means that user, like a hint', async t => {
  const { shop, ada, browser, ask } = await scene()
  await authorize(browser, authorizationRequest(shop.client.id, challenge), ada)
  const claims = (sub: string) => JSON.stringify({ id_token: { sub: { value: sub } } })
  t.ok(answerIn(await ask({ prompt: 'none', claims: claims(ada.sub) })).code)
  t.match(answerIn(await ask({ prompt: 'none', claims: claims('2') })), { error: 'login_required' })
  t.match((await ask({ claims: claims('2') })).view, { page: 'sign-in' })
})

t.test(
  'an acr that is wanted is told, and one that cannot be reached is refused only where it is essential',
  async t => {
    const { xwms, shop, ada, browser, ask } = await scene()
    await authorize(browser, authorizationRequest(shop.client.id, challenge), ada)
    const acr = (asked: unknown) => ({ prompt: 'none', claims: JSON.stringify({ id_token: { acr: asked } }) })
    const password = 'urn:xwms:acr:password'
    for (const over of [
      { prompt: 'none', acr_values: `urn:other ${password}` },
      { prompt: 'none', acr_values: 'urn:other' },
      acr(null),
      acr({ essential: true }),
      acr({ essential: true, value: password }),
      acr({ essential: true, values: ['urn:other', password] }),
      acr({ values: ['urn:other'] }),
    ]) {
      const { body } = await redeemed(xwms, shop, (await ask(over)).url)
      t.equal(decodeJwt(body.id_token).acr, password, JSON.stringify(over))
    }
    for (const asked of [
      { essential: true, value: 'urn:other' },
      { essential: true, values: ['urn:other'] },
      { essential: true, values: [] },
    ])
      t.match(
        answerIn(await ask(acr(asked))),
        { error: 'unmet_authentication_requirements' },
        JSON.stringify(asked),
      )
  },
)

t.test('claims beyond the scopes are asked for in words, and remembered', async t => {
  const { xwms, shop, ada, browser, ask } = await scene()
  await authorize(browser, authorizationRequest(shop.client.id, challenge), ada)
  const claims = JSON.stringify({ userinfo: { birthdate: { essential: true }, email: null, unheard: null } })
  t.match(answerIn(await ask({ prompt: 'none', claims })), { error: 'consent_required' })
  const page = await ask({ claims })
  t.match(page.view, {
    page: 'consent',
    scopes: [{ alreadyApproved: true }, { alreadyApproved: true }, { alreadyApproved: true }],
  })
  t.strictSame(page.view.claims, [
    { name: 'birthdate', description: 'See your birth date', alreadyApproved: false },
  ])
  await browser.decide(page, 'allow')
  t.ok(answerIn(await ask({ prompt: 'none', claims })).code)
  t.match((await xwms.storage.clientUsers.find(shop.client.id, ada.sub))?.claims, ['birthdate'])
})

t.test('resources are asked for by their names, and what is no resource is refused', async t => {
  const { xwms, shop, ada, browser } = await scene()
  const request = (scope: string, ...resources: string[]) =>
    `${authorizationRequest(shop.client.id, challenge, { scope })}${resources.map(one => `&resource=${encodeURIComponent(one)}`).join('')}`
  const signIn = await browser.get(request('openid orders:read calendar:read', API, CALENDAR))
  const page = await browser.signIn(signIn, ada)
  t.strictSame(page.view.resources, [
    { name: API, description: 'the shop’s orders', alreadyApproved: false },
    { name: CALENDAR, description: 'your calendar', alreadyApproved: false },
  ])
  t.ok((await browser.decide(page, 'allow')).url.searchParams.get('code'))
  t.ok(
    (await browser.get(request('openid calendar:read', CALENDAR))).url.searchParams.get('code'),
    'one of them needs no page',
  )
  t.match(answerIn(await browser.get(request('openid', CALENDAR))), { error: 'invalid_scope' })
  for (const resource of ['https://unknown.example.com', `${API}#a`, `${API} ${CALENDAR}`, 'x', '/v1']) {
    const { url } = await browser.get(request('openid', resource))
    t.match(answerIn({ url }), { error: 'invalid_target', state: 'state-1' }, resource)
  }
  t.match((await xwms.storage.clientUsers.find(shop.client.id, ada.sub))?.resources, [API, CALENDAR])
})

t.test('a scope that means nothing at the resources is not asked for', async t => {
  const { ada, browser, ask } = await scene()
  const page = await browser.signIn(
    await ask({ scope: 'openid orders:read calendar:read', resource: CALENDAR }),
    ada,
  )
  t.strictSame(
    page.view.scopes.map(({ name }: { name: string }) => name),
    ['openid', 'calendar:read'],
  )
  t.match(answerIn(await ask({ scope: 'orders:read', resource: CALENDAR })), { error: 'invalid_scope' })
})

t.test('authorization details are described, asked for each time, and carried to the tokens', async t => {
  const { xwms, shop, ada, browser, ask } = await scene()
  const details = JSON.stringify([{ type: 'payment', amount: 5 }, { type: 'account' }])
  const page = await browser.signIn(await ask({ authorization_details: details }), ada)
  t.strictSame(page.view.authorizationDetails, [
    { name: 'payment', description: 'Pay 5 euro once', alreadyApproved: false },
    { name: 'account', description: 'See your account', alreadyApproved: false },
  ])
  const { url } = await browser.decide(page, 'allow')
  const { body } = await redeemed(xwms, shop, url)
  t.strictSame(body.authorization_details, [{ amount: 5, type: 'payment' }, { type: 'account' }])
  const same = { authorization_details: details }
  t.match(answerIn(await ask({ prompt: 'none', ...same })), { error: 'consent_required' })
  const again = await ask(same)
  t.match(again.view, { page: 'consent' })
  // Without the proof of this browser, session and interaction nothing goes on, whatever was approved before.
  const { interaction } = again.view
  for (const approval of ['', '&approval=', `&approval=${'x'.repeat(43)}`]) {
    const resumed = await browser.get(`/oauth/authorize/resume?interaction=${interaction}${approval}`)
    t.match(resumed.view, { page: 'consent' }, approval)
  }
  t.ok(answerIn(await browser.decide(again, 'allow')).code)
  const approved = await xwms.storage.clientUsers.find(shop.client.id, ada.sub)
  t.strictSame(approved?.authorizationDetails, [], 'nothing of them is remembered')
})

t.test('authorization details need no scope beside them', async t => {
  const { ada, browser, ask } = await scene()
  const page = await browser.signIn(
    await ask({ scope: undefined, authorization_details: '[{"type":"account"}]' }),
    ada,
  )
  t.ok((await browser.decide(page, 'allow')).url.searchParams.get('code'))
})

t.test('details that nobody offers, or that are none, are refused', async t => {
  const { ask } = await scene({ metadata: { authorization_details_types: ['payment'] } })
  for (const authorization_details of [
    'x',
    '{}',
    '[1]',
    '[{}]',
    '[{"type":"unknown"}]',
    '[{"type":"toString"}]',
    '[{"type":"payment"}]',
    '[{"type":"account"}]',
  ])
    t.match(
      answerIn(await ask({ authorization_details })),
      { error: 'invalid_authorization_details' },
      authorization_details,
    )
})

t.test('prompt=consent asks again though all was allowed', async t => {
  const { xwms, shop, ada, browser, ask } = await scene()
  await authorize(browser, authorizationRequest(shop.client.id, challenge), ada)
  xwms.pass(1)
  const page = await ask({ prompt: 'consent' })
  t.match(page.view, { page: 'consent', scopes: [{ alreadyApproved: true }, {}, {}] })
  t.ok(answerIn(await browser.decide(page, 'allow')).code)
})

t.test('an address that is taken away meanwhile is not returned to', async t => {
  const { xwms, shop, ada, browser, ask } = await scene()
  const consent = await browser.signIn(await ask(), ada)
  await updateClient(xwms.environment, shop.client.id, { redirectUris: ['https://shop.example.com/new'] })
  const page = await browser.decide(consent, 'allow')
  t.match(page.view, { page: 'error', code: 'invalid_redirect_uri' })
  t.equal(page.response.headers.location, undefined)
})

t.test('a code lives no longer than the profile allows', async t => {
  const { xwms, shop, ada } = await scene({}, { lifetimes: { codeSeconds: 300 } })
  const url = await authorize(xwms.browser(), authorizationRequest(shop.client.id, challenge), ada)
  xwms.pass(299)
  t.match(await redeemed(xwms, shop, url), { status: 200 })
})

t.test('a silent answer reads the session, the user and the approval, and writes the code', async t => {
  let calls: string[] = []
  const xwms = installation(OPTIONS, storage => {
    const wrapped = watched(storage)
    calls = wrapped.calls
    return wrapped.storage
  })
  const shop = await xwms.client()
  const ada = await xwms.user()
  const browser = xwms.browser()
  await authorize(browser, authorizationRequest(shop.client.id, challenge), ada)
  calls.length = 0
  const page = await browser.get(authorizationRequest(shop.client.id, challenge))
  t.ok(answerIn(page).code)
  t.strictSame(
    calls.filter(call => !call.startsWith('changes.')),
    ['sessions.find', 'users.find', 'clientUsers.find', 'codes.create'],
  )
})
