// What people are asked before an application gets anything of theirs.
import t from 'tap'
import type { ClientInput } from '../../src/manage/clients.ts'
import { CALLBACK, installation } from '../installation.ts'
import { authorizationRequest, authorize, proofKey } from '../oauth/partner.ts'
import { newcomers } from './newcomers.ts'

const { challenge } = proofKey()
const LOOPBACK = 'http://127.0.0.1/callback'
const SCHEME = 'com.example.app:/callback'

/** What a browser in which Ada is signed in gets when it comes back with a request that she has allowed before. */
async function again(redirectUri: string, type: 'public' | 'confidential') {
  const xwms = installation()
  const { client } = await xwms.client({ type, redirectUris: [redirectUri] })
  const ada = await xwms.user()
  const browser = xwms.browser()
  const ask = (over = {}) =>
    authorizationRequest(client.id, challenge, { redirect_uri: redirectUri, scope: 'openid', ...over })
  await browser.decide(await browser.signIn(await browser.get(ask()), ada), 'allow')
  xwms.pass(1)
  return { browser, ask, next: await browser.get(ask()) }
}

t.test('an app that any other could pass for is asked about each time', async t => {
  for (const redirectUri of [LOOPBACK, SCHEME]) {
    const { browser, ask, next } = await again(redirectUri, 'public')
    t.equal(next.view.page, 'consent', redirectUri)
    const silent = await browser.get(ask({ prompt: 'none' }))
    t.equal(silent.url.searchParams.get('error'), 'consent_required')
    const allowed = await browser.decide(next, 'allow')
    t.ok(allowed.url.searchParams.has('code'), 'one yes is enough for one request')
  }
})

t.test('a client that proves itself, or has a site of its own, is remembered', async t => {
  for (const [redirectUri, type] of [
    [LOOPBACK, 'confidential'],
    [CALLBACK, 'public'],
  ] as const) {
    const { browser, ask, next } = await again(redirectUri, type)
    t.ok(next.url.searchParams.has('code'), redirectUri)
    t.ok((await browser.get(ask({ prompt: 'none' }))).url.searchParams.has('code'))
  }
})

t.test('a client that nobody vouches for is shown as one, and never passed without a question', async t => {
  const { xwms, site, publish, register } = await newcomers(t)
  const clientId = publish('/client.json', {
    client_name: 'Your Bank',
    client_uri: 'https://bank.example/',
    redirect_uris: [`${site}/callback`],
  })
  const ada = await xwms.user()
  const browser = xwms.browser()
  const request = authorizationRequest(clientId, challenge, {
    redirect_uri: `${site}/callback`,
    scope: 'openid',
  })
  const signIn = await browser.get(request)
  t.match(signIn.view, { page: 'sign-in', client: { name: 'Your Bank', uri: site, vouchedFor: false } })
  const consent = await browser.signIn(signIn, ada)
  t.match(consent.view, {
    page: 'consent',
    client: { uri: site, vouchedFor: false },
    returnsTo: new URL(site).host,
  })
  const { body } = await register({ redirect_uris: [CALLBACK] })
  const owned = await xwms.client()
  for (const known of [body.client_id, owned.client.id]) {
    const { view } = await xwms.browser().get(authorizationRequest(known, challenge, { scope: 'openid' }))
    t.match(view, { page: 'sign-in', client: { vouchedFor: true } })
  }
})

t.test(
  'no client gets a scope that it was not granted, and no self-made one more than the operator allows',
  async t => {
    const { xwms, site, publish, register } = await newcomers(t)
    const ada = await xwms.user()
    const callback = `${site}/callback`
    const { body } = await register({ redirect_uris: [callback], scope: 'openid orders:write introspect' })
    t.equal(body.scope, 'openid')
    const document = publish('/greedy.json', { redirect_uris: [callback], scope: 'openid orders:write' })
    const owned = await xwms.client({ redirectUris: [callback], scopes: ['openid'] })
    for (const clientId of [body.client_id, document, owned.client.id]) {
      const browser = xwms.browser()
      const { view, url } = await browser.get(
        authorizationRequest(clientId, challenge, { redirect_uri: callback, scope: 'openid orders:write' }),
      )
      t.equal(view.code ?? url.searchParams.get('error'), 'invalid_scope', clientId)
      const allowed = await authorize(
        browser,
        authorizationRequest(clientId, challenge, { redirect_uri: callback, scope: 'openid' }),
        ada,
      )
      t.ok(allowed.searchParams.has('code'))
    }
  },
)

t.test('the page says for how long a yes is good', async t => {
  const resources = { 'https://api.example.com': { name: 'API', accessTokenSeconds: 60 } }
  const xwms = installation({ oauth: { resources } })
  const ada = await xwms.user()
  const year = 365 * 86_400
  const lasts = async (over: Record<string, string>, client: Partial<ClientInput> = {}) => {
    const shop = await xwms.client(client)
    const browser = xwms.browser()
    const { view } = await browser.signIn(
      await browser.get(authorizationRequest(shop.client.id, challenge, over)),
      ada,
    )
    t.equal(view.page, 'consent')
    return view.lastsSeconds
  }
  t.equal(await lasts({ scope: 'openid' }), 3600, 'an access token')
  t.equal(await lasts({ scope: 'openid offline_access' }), year + 3600, 'a family, and its last token')
  t.equal(await lasts({ scope: 'orders:read' }), year + 3600, 'OAuth knows no offline_access')
  t.equal(await lasts({ scope: 'orders:read' }, { grantTypes: ['authorization_code'] }), 3600)
  t.equal(await lasts({ scope: 'openid', resource: 'https://api.example.com' }), 60)

  const shop = await xwms.client()
  const begun = await xwms.ask('POST', '/api/sign-token', {
    headers: shop.headers,
    json: { redirect_url: CALLBACK },
  })
  const { pathname, search } = new URL(JSON.parse(begun.body).data.url)
  const browser = xwms.browser()
  const { view } = await browser.signIn(await browser.get(pathname + search), ada)
  t.equal(view.page, 'consent')
  t.notOk('lastsSeconds' in view, 'until it is taken back')
})
