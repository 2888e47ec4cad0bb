// What passes through the browser, and what may be done with the pages that it shows.
import t from 'tap'
import { ENDPOINTS } from '../../src/endpoints.ts'
import type { HttpResponse } from '../../src/http/response.ts'
import { CALLBACK, installation } from '../installation.ts'
import { authorizationRequest, authorize, proofKey, token } from '../oauth/partner.ts'
import { sign, signer } from '../oauth/signer.ts'

const { challenge, verifier } = proofKey()

t.test('no response type brings a token or an ID token through the browser', async t => {
  const xwms = installation()
  const { client } = await xwms.client()
  const ada = await xwms.user()
  for (const response_type of [
    'token',
    'id_token',
    'id_token token',
    'token id_token',
    'code token',
    'code id_token',
    'code id_token token',
    'none',
    'CODE',
    'code code',
  ]) {
    const url = await authorize(
      xwms.browser(),
      authorizationRequest(client.id, challenge, { response_type }),
      ada,
    )
    t.equal(url.hash, '', response_type)
    t.strictSame(
      [...url.searchParams.keys()].sort(),
      ['error', 'error_description', 'iss', 'state'],
      response_type,
    )
    t.equal(url.searchParams.get('error'), 'unsupported_response_type')
  }
})

t.test('no response mode speaks to another window or puts the answer into a fragment', async t => {
  const xwms = installation()
  const { client } = await xwms.client()
  const ada = await xwms.user()
  for (const response_mode of [
    'web_message',
    'fragment',
    'fragment.jwt',
    'cookie',
    'relay',
    'QUERY',
    '__proto__',
  ]) {
    const url = await authorize(
      xwms.browser(),
      authorizationRequest(client.id, challenge, { response_mode }),
      ada,
    )
    t.ok(url.href.startsWith(`${CALLBACK}?error=invalid_request&`), response_mode)
    t.notOk(url.searchParams.has('code'))
  }
})

t.test('the address of no page holds what the request held', async t => {
  const xwms = installation()
  const { client } = await xwms.client()
  const held = {
    state: 'state-of-this-request',
    nonce: 'nonce-of-this-request',
    login_hint: 'ada@example.com',
  }
  const browser = xwms.browser()
  const signIn = await browser.get(authorizationRequest(client.id, challenge, held))
  const consent = await browser.signIn(signIn, await xwms.user())
  t.equal(signIn.view.page, 'sign-in')
  t.equal(consent.view.page, 'consent')
  for (const { url, response } of [signIn, consent]) {
    t.strictSame([...url.searchParams.keys()], ['interaction'])
    t.equal(response.headers['referrer-policy'], 'same-origin', 'and no other site is told even that')
    for (const value of [...Object.values(held), challenge, client.id])
      t.notOk(url.href.includes(value), value)
  }
})

t.test('no page can be framed, by anybody, on any way to it', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  const signedIn = xwms.browser()
  await signedIn.signIn(await signedIn.get('/sign-in?return_to=account'), ada)
  const query = Object.fromEntries(
    new URLSearchParams(authorizationRequest(shop.client.id, challenge).split('?')[1]),
  )
  const pages: HttpResponse[] = []
  for (const { method, path, failure } of ENDPOINTS.filter(endpoint => endpoint.failure === 'page')) {
    for (const cookie of ['', [...signedIn.cookies].map(pair => pair.join('=')).join('; ')]) {
      for (const given of [
        {},
        query,
        { ...query, redirect_uri: 'https://evil.example' },
        { error: 'access_denied' },
      ]) {
        const asked = { query: given, headers: { cookie }, ...(method === 'POST' && { form: given }) }
        for (const asks of [method, 'DELETE']) pages.push(await xwms.ask(asks, path, asked))
      }
    }
    t.equal(failure, 'page')
  }
  const browser = xwms.browser()
  const signIn = await browser.get(authorizationRequest(shop.client.id, challenge))
  const consent = await browser.signIn(signIn, ada)
  const posted = await browser.get(
    authorizationRequest(shop.client.id, challenge, { response_mode: 'form_post', scope: 'nonsense' }),
  )
  t.equal(posted.view.page, 'form-post')
  pages.push(signIn.response, consent.response, posted.response)

  const html = pages.filter(({ headers }) => String(headers['content-type']).startsWith('text/html'))
  t.ok(html.length > 100)
  for (const { headers } of html) {
    const policy = String(headers['content-security-policy']).split('; ')
    t.equal(headers['x-frame-options'], 'DENY')
    t.ok(policy.includes("frame-ancestors 'none'"))
    t.ok(policy.includes("default-src 'none'"))
    t.match(
      policy.find(one => one.startsWith('script-src')),
      /^script-src 'nonce-[\w-]{43}'$/,
    )
  }
  // What is no page has nothing in it that somebody could click on.
  for (const { headers, body } of pages.filter(page => !html.includes(page)))
    t.ok(headers.location !== undefined && body === '')
})

t.test('what stands beside a pushed request changes nothing of it', async t => {
  const payment = { describe: () => 'Pay', problem: () => undefined }
  const xwms = installation({ oauth: { authorizationDetails: { payment } } })
  const shop = await xwms.client({ metadata: { require_pushed_authorization_requests: true } })
  const ada = await xwms.user()
  const details = (amount: number) => JSON.stringify([{ type: 'payment', amount }])
  const request = authorizationRequest(shop.client.id, challenge, { authorization_details: details(5) })
  const form = Object.fromEntries(new URLSearchParams(request.split('?')[1]))
  const pushed = await xwms.ask('POST', '/oauth/par', { form: { ...form, client_secret: shop.value } })
  const { request_uri } = JSON.parse(pushed.body)
  const tampered = authorizationRequest(shop.client.id, proofKey().challenge, {
    request_uri,
    response_mode: 'form_post',
    authorization_details: details(5_000_000),
    scope: 'openid orders:write',
    state: 'of somebody else',
    nonce: 'of somebody else',
  })
  const browser = xwms.browser()
  const consent = await browser.signIn(await browser.get(tampered), ada)
  t.match(
    consent.view.scopes.map(({ name }: { name: string }) => name),
    ['openid', 'email', 'offline_access'],
  )
  const { url } = await browser.decide(consent, 'allow')
  t.ok(url.href.startsWith(`${CALLBACK}?code=`), 'in the response mode that was pushed')
  t.equal(url.searchParams.get('state'), 'state-1')
  const answer = await token(xwms, shop, {
    grant_type: 'authorization_code',
    code: url.searchParams.get('code') as string,
    redirect_uri: CALLBACK,
    code_verifier: verifier,
  })
  t.match(answer.body, { scope: 'openid email offline_access', authorization_details: [{ amount: 5 }] })
})

t.test('what stands beside a signed request changes nothing of it where requests must be signed', async t => {
  const payment = { describe: () => 'Pay', problem: () => undefined }
  const xwms = installation({ oauth: { authorizationDetails: { payment } } })
  const key = await signer('ES256', 'key-1')
  for (const profile of ['oauth2.1', 'openid'] as const) {
    const shop = await xwms.client({
      profile,
      metadata: { require_signed_request_object: true, jwks: { keys: [key.publicJwk] } },
    })
    const plain = authorizationRequest(shop.client.id, challenge)
    const claims = Object.fromEntries(new URLSearchParams(plain.split('?')[1]))
    const tampered = authorizationRequest(shop.client.id, challenge, {
      request: await sign(key, { ...claims, iss: shop.client.id, aud: 'https://id.example.com' }),
      authorization_details: JSON.stringify([{ type: 'payment', amount: 5_000_000 }]),
      response_mode: 'form_post',
    })
    const browser = xwms.browser()
    const ada = await xwms.user({ sub: profile === 'openid' ? '1' : '2', email: `${profile}@example.com` })
    const consent = await browser.signIn(await browser.get(tampered), ada)
    t.strictSame(consent.view.authorizationDetails, [], profile)
    const { url } = await browser.decide(consent, 'allow')
    t.ok(url.href.startsWith(`${CALLBACK}?code=`), profile)
    t.equal((await xwms.browser().get(plain)).url.searchParams.get('error'), 'invalid_request', 'unsigned')
  }
})
