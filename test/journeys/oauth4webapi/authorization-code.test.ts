import * as oauth from 'oauth4webapi'
import { onEveryProvider } from '../../conformance/provider.ts'
import { approve, clientKey } from '../../conformance/relying-party.ts'
import { postedFrom } from '../../support/form-post.ts'
import {
  authorization,
  authorizationUrl,
  clientOf,
  discover,
  errorOf,
  pushed,
  redeem,
  signIn,
} from '../../support/oauth4webapi.ts'
import { sharedBrowser } from '../../support/shared-browser.ts'

// An Ed25519 key signs as `Ed25519` here; as `EdDSA` no longer (RFC 9864).
const keys = await Promise.all(['RS256', 'PS256', 'ES256', 'Ed25519'].map(alg => clientKey(alg)))

await onEveryProvider(flow => {
  flow('the metadata are the same by OpenID Connect and by RFC 8414', async (t, provider) => {
    t.same(await discover(provider, 'oauth2'), await discover(provider, 'oidc'))
  })

  flow('a code comes in the query, and silently the next time', async (t, provider) => {
    const client = await clientOf(provider, await provider.client())
    const tokens = await signIn(provider, client)
    t.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, provider.user.sub)
    const request = await authorization(client, { prompt: 'none' })
    const { url } = await sharedBrowser(provider).open(authorizationUrl(client, request.parameters))
    const answer = oauth.validateAuthResponse(client.as, client.client, url, request.state)
    const again = await redeem(client, answer, request)
    t.equal(oauth.getValidatedIdTokenClaims(again)?.sub, provider.user.sub)
    t.equal(await errorOf(t, redeem(client, answer, request)), 'invalid_grant', 'once')
  })

  flow('a client that wants no identity gets no ID token', async (t, provider) => {
    const client = await clientOf(provider, await provider.client({ profile: 'oauth2.1' }))
    const tokens = await signIn(provider, client, { scope: 'orders:read' })
    t.equal(tokens.id_token, undefined)
    t.ok(tokens.refresh_token)
  })

  flow('a code comes by a form', async (t, provider) => {
    const client = await clientOf(provider, await provider.client())
    const request = await authorization(client, { response_mode: 'form_post' })
    const page = await approve(sharedBrowser(provider), authorizationUrl(client, request.parameters))
    const form = new URLSearchParams(await postedFrom(page).text())
    const answer = oauth.validateAuthResponse(client.as, client.client, form, request.state)
    t.ok((await redeem(client, answer, request)).access_token)
  })

  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    flow(`a code comes in a JWT that ${alg} signed, by address and by form`, async (t, provider) => {
      const metadata = { authorization_signed_response_alg: alg }
      const client = await clientOf(provider, await provider.client({ metadata }))
      for (const response_mode of ['jwt', 'query.jwt', 'form_post.jwt']) {
        const request = await authorization(client, { response_mode })
        const page = await approve(sharedBrowser(provider), authorizationUrl(client, request.parameters))
        const parameters =
          response_mode === 'form_post.jwt'
            ? new URLSearchParams(await postedFrom(page).text())
            : page.url.searchParams
        t.same([...parameters.keys()], ['response'])
        const answer = await oauth.validateJwtAuthResponse(
          client.as,
          client.client,
          parameters,
          request.state,
          client.reach,
        )
        t.ok((await redeem(client, answer, request)).access_token, response_mode)
      }
    })
  }

  flow('a request is sent ahead', async (t, provider) => {
    const metadata = { require_pushed_authorization_requests: true }
    const client = await clientOf(provider, await provider.client({ metadata }))
    const request = await authorization(client)
    const page = await approve(sharedBrowser(provider), await pushed(client, request.parameters))
    const answer = oauth.validateAuthResponse(client.as, client.client, page.url, request.state)
    t.ok((await redeem(client, answer, request)).access_token)
    const wrong = pushed(client, { ...request.parameters, code_challenge_method: 'plain' })
    t.equal(await errorOf(t, wrong), 'invalid_request')
    const { url } = await sharedBrowser(provider).open(authorizationUrl(client, request.parameters))
    t.equal(url.searchParams.get('error'), 'invalid_request', 'one that was not is refused')
  })

  for (const key of keys) {
    flow(`a request is signed by ${key.alg}, passed by value and sent ahead`, async (t, provider) => {
      const metadata = { jwks: { keys: [key.publicJwk] }, request_object_signing_alg: key.alg }
      const client = await clientOf(provider, await provider.client({ metadata }))
      for (const ahead of [false, true]) {
        const signed = await authorization(client, {
          max_age: '600',
          claims: '{"userinfo":{"email":null}}',
          resource: provider.resource,
        })
        const { client_id, response_type, scope } = signed.parameters
        const jwt = await oauth.issueRequestObject(client.as, client.client, signed.parameters, {
          key: key.privateKey,
          kid: key.publicJwk.kid as string,
        })
        const sent = { client_id, response_type, scope, request: jwt }
        const url = ahead ? await pushed(client, sent) : authorizationUrl(client, sent)
        const page = await approve(sharedBrowser(provider), url)
        const answer = oauth.validateAuthResponse(client.as, client.client, page.url, signed.state)
        const tokens = await redeem(client, answer, signed)
        t.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, provider.user.sub)
      }
    })
  }
})
