import { createLocalJWKSet, jwtVerify } from 'jose'
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
      const party = await provider.client()
      const begun = begin(provider, party, { response_mode: 'form_post' })
      const browser = provider.browser()
      const page = await approve(browser, begun.url)
      t.equal(page.status, 200)
      t.match(page.html, /<form[^>]* method="post"/)
      t.match(page.html, `action="${party.redirectUri}"`)
      t.match(page.html, /<button[^>]*>/)
      const nonce = /<script nonce="([^"]+)"/.exec(page.html)?.[1]
      const policy = page.headers.get('content-security-policy') ?? ''
      t.ok(nonce !== undefined && policy.includes(`script-src 'nonce-${nonce}'`))
      t.match(policy, 'form-action')
      const response = responseOf(page)
      t.same(
        Object.keys(response)
          .filter(name => name !== '')
          .sort(),
        ['code', 'iss', 'state'],
      )
      t.equal((await redeem(provider, party, begun, response.code)).status, 200)
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
