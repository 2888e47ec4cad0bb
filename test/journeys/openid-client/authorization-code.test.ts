import * as oidc from 'openid-client'
import { onEveryProvider } from '../../conformance/provider.ts'
import { approve, clientKey } from '../../conformance/relying-party.ts'
import { postedFrom } from '../../support/form-post.ts'
import { authorization, discover, errorOf, signIn } from '../../support/openid-client.ts'
import { sharedBrowser } from '../../support/shared-browser.ts'

// An Ed25519 key signs as `Ed25519` here; as `EdDSA` no longer (RFC 9864).
const keys = await Promise.all(['RS256', 'PS256', 'ES256', 'Ed25519'].map(alg => clientKey(alg)))

await onEveryProvider(flow => {
  flow('a code comes in the query, and silently the next time', async (t, provider) => {
    const party = await provider.client()
    const config = await discover(provider, party)
    const browser = sharedBrowser(provider)
    const tokens = await signIn(provider, config, party)
    t.match(tokens.claims(), { iss: provider.issuer, aud: party.id, sub: provider.user.sub })
    const { parameters, checks } = await authorization(party, {
      prompt: 'none',
      max_age: '600',
      id_token_hint: tokens.id_token as string,
    })
    const silent = await browser.open(oidc.buildAuthorizationUrl(config, parameters))
    const again = await oidc.authorizationCodeGrant(config, silent.url, { ...checks, maxAge: 600 })
    t.equal(again.claims()?.sub, provider.user.sub)
    const replayed = oidc.authorizationCodeGrant(config, silent.url, checks)
    t.equal(await errorOf(t, replayed), 'invalid_grant')
  })

  flow('a client that can prove itself may do without PKCE', async (t, provider) => {
    const party = await provider.client({ requirePkce: false })
    const config = await discover(provider, party)
    const { parameters, checks } = await authorization(party)
    const { code_challenge: _, code_challenge_method: __, ...plain } = parameters
    const page = await approve(sharedBrowser(provider), oidc.buildAuthorizationUrl(config, plain))
    const downgraded = oidc.authorizationCodeGrant(config, page.url, checks)
    t.equal(await errorOf(t, downgraded), 'invalid_grant', 'no verifier where there was no challenge')
    const { pkceCodeVerifier: ___, ...others } = checks
    t.ok(await oidc.authorizationCodeGrant(config, page.url, others))
  })

  flow('a code comes by a form', async (t, provider) => {
    const party = await provider.client()
    const config = await discover(provider, party)
    const { parameters, checks } = await authorization(party, { response_mode: 'form_post' })
    const page = await approve(sharedBrowser(provider), oidc.buildAuthorizationUrl(config, parameters))
    const tokens = await oidc.authorizationCodeGrant(config, postedFrom(page), checks)
    t.equal(tokens.claims()?.sub, provider.user.sub)
  })

  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    flow(`a code comes in a JWT that ${alg} signed, by address and by form`, async (t, provider) => {
      const party = await provider.client({ metadata: { authorization_signed_response_alg: alg } })
      const config = await discover(provider, party)
      oidc.useJwtResponseMode(config)
      const browser = sharedBrowser(provider)
      const { parameters, checks } = await authorization(party)
      const page = await approve(browser, oidc.buildAuthorizationUrl(config, parameters))
      t.same([...page.url.searchParams.keys()], ['response'])
      const tokens = await oidc.authorizationCodeGrant(config, page.url, checks)
      t.equal(tokens.claims()?.sub, provider.user.sub)

      const second = await authorization(party)
      const url = oidc.buildAuthorizationUrl(config, second.parameters)
      url.searchParams.set('response_mode', 'form_post.jwt')
      const posted = postedFrom(await approve(browser, url))
      t.ok(await oidc.authorizationCodeGrant(config, posted, second.checks))

      const refused = await authorization(party, { prompt: 'none', max_age: '0' })
      const told = await browser.open(oidc.buildAuthorizationUrl(config, refused.parameters))
      const attempt = oidc.authorizationCodeGrant(config, told.url, refused.checks)
      t.equal(await errorOf(t, attempt), 'login_required', 'errors are signed too')
    })
  }

  flow('a request is sent ahead', async (t, provider) => {
    const party = await provider.client({ metadata: { require_pushed_authorization_requests: true } })
    const config = await discover(provider, party)
    const { parameters, checks } = await authorization(party)
    const url = await oidc.buildAuthorizationUrlWithPAR(config, parameters)
    t.same([...url.searchParams.keys()].sort(), ['client_id', 'request_uri'])
    const page = await approve(sharedBrowser(provider), url)
    const tokens = await oidc.authorizationCodeGrant(config, page.url, checks)
    t.equal(tokens.claims()?.sub, provider.user.sub)
    const wrong = oidc.buildAuthorizationUrlWithPAR(config, { ...parameters, scope: 'nonsense' })
    t.equal(await errorOf(t, wrong), 'invalid_scope')
  })

  for (const key of keys) {
    const { alg } = key
    flow(`a request is signed by ${alg}, passed by value and sent ahead`, async (t, provider) => {
      const party = await provider.client({
        metadata: {
          jwks: { keys: [key.publicJwk] },
          request_object_signing_alg: alg,
          require_signed_request_object: true,
        },
      })
      const config = await discover(provider, party)
      const signing = { key: key.privateKey, kid: key.publicJwk.kid as string }
      const { parameters, checks } = await authorization(party, {
        claims: JSON.stringify({ id_token: { email: { essential: true } } }),
        max_age: '600',
      })
      const url = await oidc.buildAuthorizationUrlWithJAR(config, parameters, signing)
      t.notOk(url.searchParams.has('state'), 'nothing is outside')
      const browser = sharedBrowser(provider)
      const page = await approve(browser, url)
      const tokens = await oidc.authorizationCodeGrant(config, page.url, { ...checks, maxAge: 600 })
      t.match(tokens.claims(), { sub: provider.user.sub, email: 'ada@example.com' })

      const second = await authorization(party)
      const signed = await oidc.buildAuthorizationUrlWithJAR(config, second.parameters, signing)
      const pushed = await oidc.buildAuthorizationUrlWithPAR(config, signed.searchParams)
      const callback = await approve(browser, pushed)
      t.ok(await oidc.authorizationCodeGrant(config, callback.url, second.checks))
    })
  }
})
