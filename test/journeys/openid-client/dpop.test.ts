import * as oidc from 'openid-client'
import { onEveryProvider } from '../../conformance/provider.ts'
import { approve, clientKey } from '../../conformance/relying-party.ts'
import { authorization, discover, errorOf, signIn } from '../../support/openid-client.ts'
import { sharedBrowser } from '../../support/shared-browser.ts'

// Every proof needs a nonce here, at each endpoint one of its own: the library asks again by itself when it is told so.

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

await onEveryProvider(
  flow => {
    for (const alg of ['ES256', 'PS256', 'Ed25519']) {
      flow(`tokens are bound to a key of ${alg}, wherever they go`, async (t, provider) => {
        const party = await provider.client({ metadata: { dpop_bound_access_tokens: true } })
        const config = await discover(provider, party)
        const options = { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(alg)) }
        const other = { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(alg)) }
        const scope = 'openid offline_access'
        const first = await signIn(provider, config, party, { scope }, { options })
        t.equal(first.token_type, 'dpop')
        const tokens = await oidc.refreshTokenGrant(config, first.refresh_token as string, {}, options)
        t.equal(tokens.token_type, 'dpop')
        const userinfo = (by?: oidc.DPoPOptions) =>
          oidc.fetchUserInfo(config, tokens.access_token, provider.user.sub, by)
        t.match(await userinfo(options), { sub: provider.user.sub })
        t.equal(await errorOf(t, userinfo(other)), 'invalid_dpop_proof')
        t.equal(await errorOf(t, userinfo()), 'invalid_token', 'nor is it a bearer token')
        t.match(await oidc.tokenIntrospection(config, tokens.access_token), {
          token_type: 'DPoP',
          cnf: { jkt: await options.DPoP.calculateThumbprint() },
        })
      })
    }

    flow('a bound token opens a guarded route', async (t, provider) => {
      const party = await provider.client()
      const config = await discover(provider, party)
      const options = { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair()) }
      const more = { scope: 'openid orders:read', resource: provider.resource }
      const { access_token } = await signIn(provider, config, party, more, { options })
      const url = new URL(provider.resource)
      const orders = (by?: oidc.DPoPOptions) =>
        oidc.fetchProtectedResource(config, access_token, url, 'POST', 'an order', undefined, by)
      t.same(await (await orders(options)).json(), { client: party.id })
      const other = { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair()) }
      t.equal(await errorOf(t, orders(other)), 'invalid_dpop_proof')
      t.equal(await errorOf(t, orders()), 'invalid_token')
    })

    flow('a request that is sent ahead binds its code to a key', async (t, provider) => {
      const party = await provider.client()
      const config = await discover(provider, party)
      const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair())
      const { parameters, checks } = await authorization(party)
      const url = await oidc.buildAuthorizationUrlWithPAR(config, parameters, { DPoP })
      const page = await approve(sharedBrowser(provider), url)
      const other = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair())
      const redeem = (options?: oidc.DPoPOptions) =>
        oidc.authorizationCodeGrant(config, page.url, checks, undefined, options)
      t.equal(await errorOf(t, redeem({ DPoP: other })), 'invalid_grant')
      t.equal(await errorOf(t, redeem()), 'invalid_grant')
      t.equal((await redeem({ DPoP })).token_type, 'dpop')
    })

    flow('a bound token is exchanged for a bound one', async (t, provider) => {
      const party = await provider.client({ grantTypes: ['authorization_code', EXCHANGE] })
      const config = await discover(provider, party)
      const options = { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair()) }
      const { access_token } = await signIn(provider, config, party, {}, { options })
      const parameters = { subject_token: access_token, subject_token_type: ACCESS_TOKEN }
      const exchange = (by?: oidc.DPoPOptions) => oidc.genericGrantRequest(config, EXCHANGE, parameters, by)
      const exchanged = await exchange(options)
      t.equal(exchanged.token_type, 'dpop')
      const { sub } = provider.user
      t.match(await oidc.fetchUserInfo(config, exchanged.access_token, sub, options), { sub })
      const other = { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair()) }
      t.equal(await errorOf(t, exchange(other)), 'invalid_request')
      t.equal(await errorOf(t, exchange()), 'invalid_request')
    })

    flow('a client acts for itself with a bound token', async (t, provider) => {
      const key = await clientKey()
      const party = await provider.client({
        metadata: {
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: { keys: [key.publicJwk] },
          dpop_bound_access_tokens: true,
        },
      })
      const statuses: number[] = []
      const fetch: typeof globalThis.fetch = async (...request) => {
        const response = await provider.fetch(...request)
        statuses.push(response.status)
        return response
      }
      const authentication = oidc.PrivateKeyJwt(key.privateKey)
      const config = await discover(provider, party, { authentication, fetch })
      const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair())
      const tokens = await oidc.clientCredentialsGrant(config, { scope: 'orders:read' }, { DPoP })
      t.equal(tokens.token_type, 'dpop')
      t.same(statuses, [200, 400, 200], 'discovery; no nonce; a second proof, and a second assertion')
      await oidc.clientCredentialsGrant(config, { scope: 'orders:read' }, { DPoP })
      t.same(statuses.slice(3), [200], 'the nonce is remembered')
      t.equal(await errorOf(t, oidc.clientCredentialsGrant(config)), 'invalid_request')
    })
  },
  () => ({ oauth: { requireDpopNonce: true, tokenExchange: true } }),
)
