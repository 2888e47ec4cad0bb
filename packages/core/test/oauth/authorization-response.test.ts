import { createLocalJWKSet, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose'
import t from 'tap'
import type { ClientInput } from '../../src/manage/clients.ts'
import { JWKS_PATH } from '../../src/oauth/metadata.ts'
import {
  CALLBACK,
  type Installation,
  ISSUER,
  installation,
  type Page,
  type Registered,
} from '../installation.ts'
import { authorizationRequest, proofKey, token } from './partner.ts'

const { challenge, verifier } = proofKey()

/** Ada signs in and allows, or the client asks with `prompt=none` and nobody is signed in. */
async function answers(input: Partial<ClientInput>, over: Record<string, string | undefined>) {
  const xwms = installation()
  const shop = await xwms.client(input)
  const ada = await xwms.user()
  const request = (more: Record<string, string | undefined> = {}) =>
    authorizationRequest(shop.client.id, challenge, { ...over, ...more })
  const failure = await xwms.browser().get(request({ prompt: 'none' }))
  const browser = xwms.browser()
  const success = await browser.decide(await browser.signIn(await browser.get(request()), ada), 'allow')
  return { xwms, shop, success, failure }
}

/** What a JWT response says, verified as a client verifies it (JARM section 2.4). */
async function opened(xwms: Installation, { client }: Registered, jwt: string): Promise<JWTPayload> {
  const { body } = await xwms.ask('GET', JWKS_PATH)
  const { payload } = await jwtVerify(jwt, createLocalJWKSet(JSON.parse(body)), {
    issuer: ISSUER,
    audience: client.id,
    currentDate: xwms.now(),
  })
  return payload
}

const parametersOf = ({ url }: Page) => Object.fromEntries(url.searchParams)

t.test('response_mode=query is what a code has in any case', async t => {
  for (const response_mode of [undefined, 'query']) {
    const { success, failure } = await answers({}, { response_mode })
    t.match(parametersOf(success), { code: /^[\w-]{43}$/, state: 'state-1', iss: ISSUER })
    t.match(parametersOf(failure), { error: 'login_required', state: 'state-1', iss: ISSUER })
    t.equal(success.url.hash, '')
  }
})

t.test('response_mode=form_post is a page that posts the answer, and an error just as well', async t => {
  const redirectUri = `${CALLBACK}?tenant=1`
  const { xwms, shop, success, failure } = await answers(
    { redirectUris: [redirectUri] },
    { response_mode: 'form_post', redirect_uri: redirectUri },
  )
  for (const page of [success, failure]) {
    t.equal(page.response.status, 200)
    t.equal(page.response.headers['cache-control'], 'no-store')
    t.match(page.view, { page: 'form-post', action: redirectUri })
    const policy = String(page.response.headers['content-security-policy'])
    t.match(policy, 'form-action https://shop.example.com;', 'the form goes nowhere else, not even here')
    t.match(policy, `script-src 'nonce-${page.view.nonce}'`)
  }
  t.strictSame(
    { ...success.view.parameters, code: '' },
    { code: '', state: 'state-1', iss: ISSUER },
    'nothing stray',
  )
  t.strictSame(
    { ...failure.view.parameters, error_description: '' },
    { error: 'login_required', error_description: '', state: 'state-1', iss: ISSUER },
  )
  const { status } = await token(xwms, shop, {
    grant_type: 'authorization_code',
    code: success.view.parameters.code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  })
  t.equal(status, 200)
})

t.test('a form is posted to web addresses only', async t => {
  const redirectUri = 'com.example.app:/callback'
  const xwms = installation()
  const shop = await xwms.client({ redirectUris: [redirectUri] })
  for (const response_mode of ['form_post', 'form_post.jwt']) {
    const request = { redirect_uri: redirectUri, response_mode }
    const page = await xwms.browser().get(authorizationRequest(shop.client.id, challenge, request))
    t.ok(`${page.url}`.startsWith(`${redirectUri}?`), `${page.url}`)
    if (response_mode === 'form_post')
      t.match(parametersOf(page), { error: 'invalid_request', state: 'state-1' })
  }
})

t.test('a JWT response is signed, short-lived, for this client, and all that there is', async t => {
  for (const response_mode of ['jwt', 'query.jwt', 'form_post.jwt']) {
    const { xwms, shop, success, failure } = await answers({}, { response_mode })
    for (const page of [success, failure]) {
      const sent = response_mode === 'form_post.jwt' ? page.view.parameters : parametersOf(page)
      t.strictSame(Object.keys(sent), ['response'], response_mode)
      const { exp, ...claims } = await opened(xwms, shop, sent.response)
      const left = (exp as number) - Math.floor(xwms.now().getTime() / 1000)
      t.ok(left > 0 && left <= 600, 'it ends within ten minutes')
      t.match(claims, { iss: ISSUER, aud: shop.client.id, state: 'state-1' })
      t.match(claims, page === success ? { code: /^[\w-]{43}$/ } : { error: 'login_required' })
    }
  }
})

t.test('a JWT response is signed as the client registered, or else as its profile says', async t => {
  const table: [input: Partial<ClientInput>, alg: string][] = [
    [{}, 'RS256'],
    [{ metadata: { authorization_signed_response_alg: 'ES256' } }, 'ES256'],
    [{ metadata: { authorization_signed_response_alg: 'PS256' } }, 'PS256'],
    [{ metadata: { authorization_signed_response_alg: 'EdDSA' } }, 'EdDSA'],
  ]
  for (const [input, alg] of table) {
    const { failure } = await answers(input, { response_mode: 'jwt' })
    t.equal(decodeProtectedHeader(failure.url.searchParams.get('response') ?? '').alg, alg)
  }
})

t.test('a mode that is not offered is answered in the query', async t => {
  const { failure } = await answers({}, { response_mode: 'query' })
  t.equal(failure.url.searchParams.get('error'), 'login_required')
  const xwms = installation()
  const shop = await xwms.client()
  for (const response_mode of ['fragment', 'fragment.jwt', 'web_message']) {
    const page = await xwms.browser().get(authorizationRequest(shop.client.id, challenge, { response_mode }))
    t.match(parametersOf(page), { error: 'invalid_request', state: 'state-1', iss: ISSUER })
    t.equal(page.url.hash, '')
  }
})
