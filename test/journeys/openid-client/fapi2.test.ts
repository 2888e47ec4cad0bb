import * as oidc from 'openid-client'
import { onEveryProvider, type Provider } from '../../conformance/provider.ts'
import { approve, type ClientKey, clientKey } from '../../conformance/relying-party.ts'
import { authorization, discover, errorOf } from '../../support/openid-client.ts'
import { sharedBrowser } from '../../support/shared-browser.ts'

const keys = await Promise.all(['PS256', 'ES256'].map(alg => clientKey(alg)))

/** A client under the strict profile, which proves itself by a key. */
async function strictClient(provider: Provider, key: ClientKey, metadata = {}) {
  const party = await provider.client({
    profile: 'fapi2',
    metadata: {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.publicJwk] },
      id_token_signed_response_alg: key.alg,
      authorization_signed_response_alg: key.alg,
      ...metadata,
    },
  })
  const privateKey = { key: key.privateKey, kid: key.publicJwk.kid as string }
  const config = await discover(provider, party, { authentication: oidc.PrivateKeyJwt(privateKey) })
  oidc.enableNonRepudiationChecks(config)
  return { party, config, privateKey }
}

await onEveryProvider(flow => {
  for (const key of keys) {
    flow(`the security profile, with ${key.alg}`, async (t, provider) => {
      const { party, config } = await strictClient(provider, key)
      const options = { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(key.alg)) }
      const { parameters, checks } = await authorization(party, { scope: 'openid email offline_access' })
      const url = await oidc.buildAuthorizationUrlWithPAR(config, parameters, options)
      const page = await approve(sharedBrowser(provider), url)
      const redeem = (by?: oidc.DPoPOptions) =>
        oidc.authorizationCodeGrant(config, page.url, checks, undefined, by)
      t.equal(await errorOf(t, redeem()), 'invalid_request', 'no token without a key')
      const tokens = await redeem(options)
      t.equal(tokens.token_type, 'dpop')
      const user = await oidc.fetchUserInfo(config, tokens.access_token, provider.user.sub, options)
      t.equal(user.email, 'ada@example.com')
      const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token as string, {}, options)
      t.equal(refreshed.token_type, 'dpop')
      t.equal(refreshed.refresh_token ?? tokens.refresh_token, tokens.refresh_token, 'which stays')
      const resource = provider.resource
      const own = await oidc.clientCredentialsGrant(config, { scope: 'orders:read', resource }, options)
      const ask = oidc.fetchProtectedResource(
        config,
        own.access_token,
        new URL(resource),
        'GET',
        undefined,
        undefined,
        options,
      )
      t.same(await (await ask).json(), { client: party.id })

      const aloud = oidc.buildAuthorizationUrl(config, (await authorization(party)).parameters)
      const refused = await sharedBrowser(provider).open(aloud)
      t.equal(refused.url.searchParams.get('error'), 'invalid_request', 'a request that was not sent ahead')
    })

    flow(`message signing, with ${key.alg}`, async (t, provider) => {
      const { party, config, privateKey } = await strictClient(provider, key, {
        require_signed_request_object: true,
        introspection_signed_response_alg: key.alg,
        userinfo_signed_response_alg: key.alg,
      })
      oidc.useJwtResponseMode(config)
      const options = { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair()) }
      const { parameters, checks } = await authorization(party)
      const signed = await oidc.buildAuthorizationUrlWithJAR(config, parameters, privateKey)
      const url = await oidc.buildAuthorizationUrlWithPAR(config, signed.searchParams, options)
      const page = await approve(sharedBrowser(provider), url)
      const tokens = await oidc.authorizationCodeGrant(config, page.url, checks, undefined, options)
      t.equal(tokens.claims()?.sub, provider.user.sub)
      const { sub } = provider.user
      t.match(await oidc.fetchUserInfo(config, tokens.access_token, sub, options), { sub })
      t.match(await oidc.tokenIntrospection(config, tokens.access_token), { active: true, sub })
      const unsigned = oidc.buildAuthorizationUrlWithPAR(config, parameters, options)
      t.equal(await errorOf(t, unsigned), 'invalid_request')
    })
  }
})
