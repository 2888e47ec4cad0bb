import { text } from 'node:stream/consumers'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { Page } from '../support/browser.ts'
import { site } from '../support/site.ts'
import { conformance } from './provider.ts'
import { approve, begin, idTokenClaims, redeem, responseOf, told } from './relying-party.ts'

await conformance(statement => {
  statement(
    'AUTH-6',
    'The query of a registered redirect URI survives success and error',
    async (t, provider) => {
      const party = await provider.client({
        redirectUris: ['https://rp.example.com/cb?dummy1=lorem&x=a%20b'],
      })
      const browser = provider.browser()
      const failed = await browser.open(begin(provider, party, { prompt: 'none' }).url)
      t.ok(failed.url.href.startsWith('https://rp.example.com/cb?dummy1=lorem&x=a%20b&error=login_required&'))
      const done = await approve(browser, begin(provider, party).url)
      t.ok(done.url.href.startsWith('https://rp.example.com/cb?dummy1=lorem&x=a%20b&code='))
    },
  )

  statement('AUTH-9', 'A long state and a long nonce come back unaltered', async (t, provider) => {
    const party = await provider.client()
    const browser = provider.browser()
    const state = `${'aA0-._~!$ %&+=/?#'.repeat(16)}ü€`
    const nonce = 'n0-._~'.repeat(32)
    const begun = begin(provider, party, { state, nonce })
    const response = responseOf(await approve(browser, begun.url))
    t.equal(response.state, state)
    const { body } = await redeem(provider, party, begun, response.code)
    t.equal((await idTokenClaims(provider, body.id_token)).nonce, nonce)
  })

  statement('AUTH-10', 'An absent state is not invented; an absent nonce is fine', async (t, provider) => {
    const party = await provider.client()
    const begun = begin(provider, party, { state: undefined, nonce: undefined })
    const response = responseOf(await approve(provider.browser(), begun.url))
    t.same(Object.keys(response).sort(), ['code', 'iss'])
    const { body } = await redeem(provider, party, begun, response.code)
    t.notOk('nonce' in (await idTokenClaims(provider, body.id_token)))
  })

  statement(
    'AUTH-11',
    'Errors carry state and iss in the response mode that was asked for, and nothing stray',
    async (t, provider) => {
      const party = await provider.client()
      for (const response_mode of [undefined, 'query', 'form_post']) {
        const begun = begin(provider, party, { prompt: 'none', response_mode })
        const page = await provider.browser().open(begun.url)
        t.equal(page.html !== '', response_mode === 'form_post', 'in the mode')
        const response = responseOf(page)
        t.same(Object.keys(response).sort(), ['error', 'error_description', 'iss', 'state'])
        t.match(response, { error: 'login_required', state: begun.state, iss: provider.issuer })
      }
    },
  )

  statement('AUTH-12', 'error_description is printable ASCII on one line', async (t, provider) => {
    const party = await provider.client()
    for (const over of [
      { response_type: 'é\n"\\' },
      { scope: 'zuviel\tüber' },
      { max_age: 'bald\r\n' },
      { code_challenge: 'ß' },
    ]) {
      const { error, error_description } = await told(provider.browser(), begin(provider, party, over).url)
      t.ok(error)
      t.match(error_description, /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/)
    }
  })

  statement(
    'AUTH-13',
    'form_post delivers success and error by a form that posts itself, and by a button without JavaScript',
    async (t, provider) => {
      const posted: [method: string | undefined, type: string | undefined, body: URLSearchParams][] = []
      const rp = await site(t, provider.authority, async (request, response) => {
        const { method, headers } = request
        posted.push([method, headers['content-type'], new URLSearchParams(await text(request))])
        response.end()
      })
      const party = await provider.client({ redirectUris: [`${rp}/callback?shop=7`] })
      const browser = provider.browser()
      /** Looks at the page that posts, and presses its button. */
      const delivered = async (page: Page) => {
        t.equal(page.status, 200)
        const nonce = /<script nonce="([^"]+)">document\.getElementById\('form-post'\)\.submit\(\)</.exec(
          page.html,
        )?.[1]
        const policy = page.headers.get('content-security-policy') ?? ''
        t.match(policy, `script-src 'nonce-${nonce}'`, 'the script may run')
        t.match(policy, `form-action ${rp}`, 'and post there')
        t.match(page.html, `<form method="post" action="${party.redirectUri}" id="form-post">`)
        const answer = await browser.press(page, 'form-post-continue')
        t.equal(answer.url.href, party.redirectUri)
        const [method, type, body] = posted.at(-1) ?? []
        t.strictSame([method, type], ['POST', 'application/x-www-form-urlencoded;charset=UTF-8'])
        return Object.fromEntries(body ?? [])
      }

      const denied = begin(provider, party, { response_mode: 'form_post' })
      const signInPage = await browser.open(denied.url)
      const refusal = await delivered(await browser.press(signInPage, 'login-cancel'))
      t.strictSame(refusal, {
        error: 'access_denied',
        error_description: 'The user refused.',
        state: denied.state,
        iss: provider.issuer,
      })

      const silent = begin(provider, party, { response_mode: 'form_post', prompt: 'none' })
      const unknown = await delivered(await browser.open(silent.url))
      t.strictSame(unknown, {
        error: 'login_required',
        error_description: 'Nobody is signed in, or not who is asked for.',
        state: silent.state,
        iss: provider.issuer,
      })

      const begun = begin(provider, party, { response_mode: 'form_post' })
      const { code, ...success } = await delivered(await approve(browser, begun.url))
      t.strictSame(success, { state: begun.state, iss: provider.issuer })
      t.equal((await redeem(provider, party, begun, code)).status, 200)
      t.equal(posted.length, 3)
    },
  )

  statement(
    'AUTH-14',
    "JWT response modes carry iss, aud and a short exp, signed with the client's algorithm",
    async (t, provider) => {
      for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
        const party = await provider.client({ metadata: { authorization_signed_response_alg: alg } })
        const browser = provider.browser()
        const { body: jwks } = await provider.ask('/.well-known/jwks.json')
        for (const response_mode of ['jwt', 'query.jwt', 'form_post.jwt']) {
          const begun = begin(provider, party, { response_mode })
          const { response } = responseOf(await approve(browser, begun.url))
          const { payload, protectedHeader } = await jwtVerify(response ?? '', createLocalJWKSet(jwks), {
            currentDate: provider.now(),
            issuer: provider.issuer,
            audience: party.id,
          })
          t.equal(protectedHeader.alg, alg)
          const seconds = (payload.exp ?? 0) - provider.now().getTime() / 1000
          t.ok(seconds > 0 && seconds <= 600)
          t.equal(payload.state, begun.state)
          t.equal((await redeem(provider, party, begun, payload.code as string)).status, 200)
        }
        const { response } = await told(
          provider.browser(),
          begin(provider, party, { response_mode: 'jwt', prompt: 'none' }).url,
        )
        const { payload } = await jwtVerify(response ?? '', createLocalJWKSet(jwks), {
          currentDate: provider.now(),
        })
        t.equal(payload.error, 'login_required')
      }
    },
  )
})
