import { text } from 'node:stream/consumers'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import type { Test } from 'tap'
import type { Browser, Page } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { site } from '../support/site.ts'
import { conformance, type Provider } from './provider.ts'
import { begin, clientKey, responseOf, signed, signIn } from './relying-party.ts'

const GOODBYE = 'https://rp.example.com/goodbye?x=1'

function logoutUrl(provider: Provider, parameters: Record<string, string | undefined>): URL {
  const url = new URL(`${provider.issuer}/oauth/logout`)
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) url.searchParams.set(name, value)
  return url
}

/** Somebody who is signed in with a client that registered where to go afterwards. */
async function signedIn(provider: Provider, metadata: object = {}) {
  const party = await provider.client({ metadata: { post_logout_redirect_uris: [GOODBYE], ...metadata } })
  const browser = provider.browser()
  const tokens = await signIn(provider, party, {}, { browser })
  const isSignedIn = async () => {
    const page = await browser.open(begin(provider, party, { prompt: 'none' }).url)
    return responseOf(page).error !== 'login_required'
  }
  return { party, browser, hint: tokens.id_token ?? '', isSignedIn }
}

/** A page of ours, and not the client. */
function stays(t: Test, provider: Provider, page: Page): void {
  t.equal(page.url.origin, provider.origin)
  t.match(page.headers.get('content-type'), /^text\/html/)
}

/** A client's back-channel address, and what came there. */
async function backChannel(t: Test, provider: Provider, answer: (times: number) => number) {
  const received: { type: string | undefined; token: string }[] = []
  const origin = await site(t, provider.authority, async (request, response) => {
    const token = new URLSearchParams(await text(request)).get('logout_token') ?? ''
    received.push({ type: request.headers['content-type'], token })
    response.statusCode = answer(received.length)
    response.end()
  })
  return { uri: `${origin}/logout`, received }
}

async function confirm(browser: Browser, page: Page): Promise<Page> {
  return page.html.includes('logout-confirm') ? browser.press(page, 'logout-confirm') : page
}

await conformance(statement => {
  statement(
    'OUT-1',
    'A valid hint and a registered address end the session, redirect, and echo state only if sent',
    async (t, provider) => {
      for (const state of ['a state', undefined]) {
        const { browser, hint, isSignedIn } = await signedIn(provider)
        t.equal(await isSignedIn(), true)
        const page = await browser.open(
          logoutUrl(provider, { id_token_hint: hint, post_logout_redirect_uri: GOODBYE, state }),
        )
        const expected = new URL(GOODBYE)
        if (state !== undefined) expected.searchParams.set('state', state)
        t.equal(page.url.href, expected.href)
        t.equal(await isSignedIn(), false)
      }
    },
  )

  statement(
    'OUT-2',
    'A bad, unsigned, foreign or missing hint with an address shows a page and does not redirect',
    async (t, provider) => {
      const { party, browser, hint, isSignedIn } = await signedIn(provider)
      const claims = decodeJwt(hint)
      const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${hint.split('.')[1]}.`
      const foreign = await signed(await clientKey('RS256'), { ...claims })
      const [head, body = '', signature] = hint.split('.')
      const altered = `${head}.${body.slice(0, -2)}AA.${signature}`
      for (const id_token_hint of [unsigned, foreign, altered, 'nonsense', undefined]) {
        const page = await browser.open(
          logoutUrl(provider, { id_token_hint, post_logout_redirect_uri: GOODBYE }),
        )
        stays(t, provider, page)
        t.equal(await isSignedIn(), true, 'nothing ended by itself')
        stays(t, provider, await confirm(browser, page))
        await signIn(provider, party, {}, { browser })
      }
    },
  )

  statement(
    'OUT-3',
    'An unregistered or altered address shows a page and does not redirect',
    async (t, provider) => {
      for (const uri of [
        'https://evil.example/',
        GOODBYE.replace('x=1', 'x=2'),
        `${GOODBYE}&y=2`,
        'https://rp.example.com/goodbye',
        'javascript:alert(1)',
      ]) {
        const { browser, hint } = await signedIn(provider)
        const page = await browser.open(
          logoutUrl(provider, { id_token_hint: hint, post_logout_redirect_uri: uri }),
        )
        stays(t, provider, page)
        stays(t, provider, await confirm(browser, page))
      }
    },
  )

  statement(
    'OUT-4',
    'Without parameters, or with state alone, the person confirms and sees that they are signed out',
    async (t, provider) => {
      for (const parameters of [{}, { state: 'alone' }]) {
        const { browser, isSignedIn } = await signedIn(provider)
        const page = await browser.open(logoutUrl(provider, parameters))
        stays(t, provider, page)
        t.match(page.html, 'logout-confirm')
        t.equal(await isSignedIn(), true, 'a link alone signs nobody out')
        const done = await browser.press(page, 'logout-confirm')
        stays(t, provider, done)
        t.equal(done.status, 200)
        t.equal(await isSignedIn(), false)
      }
    },
  )

  statement('OUT-5', 'Afterwards prompt=none is login_required', async (t, provider) => {
    const { party, browser, hint } = await signedIn(provider)
    await browser.open(logoutUrl(provider, { id_token_hint: hint }))
    const page = await browser.open(begin(provider, party, { prompt: 'none' }).url)
    t.equal(responseOf(page).error, 'login_required')
  })

  statement(
    'OUT-6',
    'Back-channel logout posts a signed token with iss, aud, iat, jti, events, sub and sid, and no nonce',
    async (t, provider) => {
      const { uri, received } = await backChannel(t, provider, () => 200)
      const { party, browser, hint } = await signedIn(provider, {
        backchannel_logout_uri: uri,
        backchannel_logout_session_required: true,
      })
      await browser.open(logoutUrl(provider, { id_token_hint: hint }))
      await eventually(
        async () => received.length,
        length => length === 1,
      )
      const [{ type, token } = { type: '', token: '' }] = received
      t.match(type, 'application/x-www-form-urlencoded')
      const { body: jwks } = await provider.ask('/.well-known/jwks.json')
      const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(jwks), {
        issuer: provider.issuer,
        audience: party.id,
        currentDate: provider.now(),
        requiredClaims: ['iat', 'exp', 'jti', 'events', 'sub', 'sid'],
      })
      t.equal(protectedHeader.typ, 'logout+jwt')
      t.same(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} })
      t.equal(payload.sid, decodeJwt(hint).sid)
      t.equal(payload.sub, decodeJwt(hint).sub)
      t.notOk('nonce' in payload)
    },
  )

  statement('OUT-7', 'A failed delivery is tried again', async (t, provider) => {
    const { uri, received } = await backChannel(t, provider, times => (times === 1 ? 500 : 204))
    const { browser, hint } = await signedIn(provider, { backchannel_logout_uri: uri })
    await browser.open(logoutUrl(provider, { id_token_hint: hint }))
    await eventually(
      async () => received.length,
      length => length >= 1,
    )
    provider.passes(60)
    const until = Date.now() + 15_000
    while (received.length < 2 && Date.now() < until) await new Promise(later => setTimeout(later, 100))
    t.equal(received.length, 2)
    t.equal(decodeJwt(received[1]?.token ?? '').sid, decodeJwt(hint).sid)
  })

  statement(
    'OUT-8',
    'Clients that took part before the user signed in again are told too',
    async (t, provider) => {
      const { uri, received } = await backChannel(t, provider, () => 200)
      const { browser, hint } = await signedIn(provider, { backchannel_logout_uri: uri })
      const later = await provider.client()
      const tokens = await signIn(provider, later, { prompt: 'login' }, { browser })
      await browser.open(logoutUrl(provider, { id_token_hint: tokens.id_token }))
      await eventually(
        async () => received.length,
        length => length === 1,
      )
      t.equal(decodeJwt(received[0]?.token ?? '').sid, decodeJwt(hint).sid)
    },
  )
})
