import t from 'tap'
import { updateClient } from '../../src/manage/clients.ts'
import { CALLBACK, installation, type Page } from '../installation.ts'
import { authorizationRequest, proofKey } from '../oauth/partner.ts'

const { challenge } = proofKey()

/** An installation with Ada signed in, and her browser in front of the consent page. */
async function atConsent(parameters: Record<string, string> = {}, redirectUris = [CALLBACK]) {
  const xwms = installation()
  const shop = await xwms.client({
    redirectUris,
    uri: 'https://shop.example.com/',
    logoUri: 'https://shop.example.com/logo.png',
    policyUri: 'https://shop.example.com/privacy',
    tosUri: 'https://shop.example.com/terms',
  })
  const ada = await xwms.user()
  const browser = xwms.browser()
  const request = authorizationRequest(shop.client.id, challenge, parameters)
  const page = await browser.signIn(await browser.get(request), ada)
  const approval = () => xwms.storage.clientUsers.find(shop.client.id, ada.sub)
  return { xwms, shop, ada, browser, request, page, approval }
}

t.test('the page says who asks, for what, for whom, and where the browser goes', async t => {
  const { page } = await atConsent({ scope: 'openid email orders:read' })
  t.match(page.view, {
    page: 'consent',
    client: {
      name: 'Shop',
      uri: 'https://shop.example.com/',
      logoUri: 'https://shop.example.com/logo.png',
      policyUri: 'https://shop.example.com/privacy',
      tosUri: 'https://shop.example.com/terms',
    },
    returnsTo: 'shop.example.com',
    user: { name: 'Ada Lovelace', email: 'ada@example.com', picture: 'https://example.com/ada.png' },
    scopes: [
      { name: 'openid', description: 'Know who you are', alreadyApproved: false },
      { name: 'email', description: 'See your email address', alreadyApproved: false },
      { name: 'orders:read', description: 'Read your orders', alreadyApproved: false },
    ],
  })
})

t.test('a page is told no more of client and user than it shows', async t => {
  const { page, shop, ada } = await atConsent()
  for (const text of [shop.client.id, shop.secret.hash, ada.passwordHash as string, ada.sub])
    t.notOk(page.response.body.includes(text), text)
})

t.test('the page names the app that a private address leads to', async t => {
  const redirectUri = 'com.example.app:/callback'
  const { page } = await atConsent({ redirect_uri: redirectUri }, [redirectUri])
  t.equal(page.view.returnsTo, 'com.example.app:')
})

t.test('only allow allows', async t => {
  for (const decision of ['allow', 'deny', '', 'Allow', 'yes', 'allow ', 'true']) {
    const { browser, page, approval } = await atConsent()
    const { interaction, csrfToken, action } = page.view
    const { url } = await browser.post(action, { interaction, csrf_token: csrfToken, decision })
    t.equal(url.searchParams.has('code'), decision === 'allow', JSON.stringify(decision))
    t.equal((await approval()) !== undefined, decision === 'allow', JSON.stringify(decision))
    if (decision !== 'allow') t.equal(url.searchParams.get('error'), 'access_denied')
  }
})

t.test('what was allowed is what the page showed, and is remembered with what was before', async t => {
  const { browser, page, approval, shop } = await atConsent({ scope: 'openid email' })
  await browser.decide(page, 'allow')
  t.strictSame((await approval())?.scopes, ['openid', 'email'])
  const more = await browser.get(authorizationRequest(shop.client.id, challenge, { scope: 'openid phone' }))
  await browser.decide(more, 'allow')
  t.strictSame((await approval())?.scopes, ['openid', 'email', 'phone'])
})

t.test('a form from another site approves nothing', async t => {
  const { browser, page, approval, xwms } = await atConsent()
  const { interaction, csrfToken, action } = page.view
  const form = { interaction, csrf_token: csrfToken, decision: 'allow' }
  const attacks: [name: string, attack: () => Promise<Page>][] = [
    [
      'from another site',
      () => browser.post(action, form, { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }),
    ],
    ['from another host of the site', () => browser.post(action, form, { 'sec-fetch-site': 'same-site' })],
    [
      'from a sandboxed frame',
      () => browser.post(action, form, { 'sec-fetch-site': 'cross-site', origin: 'null' }),
    ],
    ['without the token', () => browser.post(action, { interaction, decision: 'allow' })],
    ['with another token', () => browser.post(action, { ...form, csrf_token: 'x'.repeat(43) })],
  ]
  for (const [name, attack] of attacks) {
    const { view } = await attack()
    t.match(view, { page: 'error', code: 'csrf_failed', status: 403 }, name)
    t.equal(await approval(), undefined, name)
  }
  t.equal(xwms.log.filter(({ level }) => level === 'error').length, 0)
})

t.test('the token of the sign-in form does not approve', async t => {
  const { browser, page, approval } = await atConsent()
  const { interaction, action } = page.view
  const signIn = await browser.get(`/sign-in?interaction=${interaction}&switch=1`)
  t.equal(signIn.view.page, 'sign-in')
  const forged = await browser.post(action, {
    interaction,
    csrf_token: signIn.view.csrfToken,
    decision: 'allow',
  })
  t.match(forged.view, { page: 'error', code: 'csrf_failed' })
  t.equal(await approval(), undefined)
})

t.test('a page that was shown to one person does not approve for another', async t => {
  const { browser, page, approval, xwms, shop } = await atConsent()
  const bob = await xwms.user({ sub: '2', email: 'bob@example.com', name: 'Bob' })
  const switching = await browser.get(page.view.switchAccountUrl)
  await browser.signIn(switching, bob)
  // The tab with Ada's page is still open.
  const stale = await browser.decide(page, 'allow')
  t.match(stale.view, { page: 'error', code: 'csrf_failed' })
  t.equal(await approval(), undefined)
  t.equal(await xwms.storage.clientUsers.find(shop.client.id, bob.sub), undefined)
})

t.test('a page from before the person signed in anew does not approve', async t => {
  const { browser, page, approval, ada } = await atConsent()
  await browser.signIn(await browser.get(page.view.switchAccountUrl), ada)
  t.match((await browser.decide(page, 'allow')).view, { page: 'error', code: 'csrf_failed' })
  t.equal(await approval(), undefined)
})

t.test('who has signed out since is asked to sign in, and nothing is approved', async t => {
  const { browser, page, approval } = await atConsent()
  browser.cookies.delete('__Host-xwms_session')
  t.equal((await browser.decide(page, 'allow')).view.page, 'sign-in')
  t.equal(await approval(), undefined)
})

t.test('another browser that learns of the handle sees the sign-in page, not somebody’s consent', async t => {
  const { xwms, page } = await atConsent()
  const stranger = xwms.browser()
  const seen = await stranger.get(`/consent?interaction=${page.view.interaction}`)
  t.equal(seen.view.page, 'sign-in')
  t.notMatch(seen.response.body, 'Ada')
})

t.test('a decision that comes too late goes back as expired, and approves nothing', async t => {
  const { browser, page, approval, xwms } = await atConsent()
  xwms.pass(600)
  const { url } = await browser.decide(page, 'allow')
  t.equal(url.searchParams.get('error'), 'access_denied')
  t.equal(await approval(), undefined)
})

t.test('a decision is taken once', async t => {
  const { browser, page } = await atConsent()
  await browser.decide(page, 'deny')
  t.match((await browser.decide(page, 'allow')).view, { page: 'error', code: 'interaction_gone' })
})

t.test('a client that was disabled meanwhile gets no approval', async t => {
  const { browser, page, approval, xwms, shop } = await atConsent()
  await updateClient(xwms.environment, shop.client.id, { enabled: false })
  const { url } = await browser.decide(page, 'allow')
  t.equal(url.searchParams.get('error'), 'unauthorized_client')
  t.equal(await approval(), undefined)
})

t.test('where all is approved the page is passed by', async t => {
  const { browser, page, request } = await atConsent()
  await browser.decide(page, 'allow')
  t.ok((await browser.get(request)).url.searchParams.has('code'))
})
