import * as oauth from 'oauth4webapi'
import { onEveryProvider, type Provider } from '../../conformance/provider.ts'
import { approve, type ClientKey, clientKey } from '../../conformance/relying-party.ts'
import {
  actForItself,
  ask,
  authorization,
  authorizationUrl,
  clientOf,
  errorOf,
  introspect,
  pushed,
  redeem,
  refresh,
  userinfo,
} from '../../support/oauth4webapi.ts'
import { sharedBrowser } from '../../support/shared-browser.ts'

const keys = await Promise.all(['PS256', 'ES256', 'Ed25519'].map(alg => clientKey(alg)))

/** A client under the strict profile, which proves itself by a key. */
async function strictClient(provider: Provider, key: ClientKey, metadata = {}) {
  const party = await provider.client({
    profile: 'fapi2',
    metadata: {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.publicJwk] },
      id_token_signed_response_alg: key.alg === 'Ed25519' ? 'EdDSA' : key.alg,
      ...metadata,
    },
  })
  const privateKey = { key: key.privateKey, kid: key.publicJwk.kid as string }
  const client = await clientOf(provider, party, { authentication: oauth.PrivateKeyJwt(privateKey) })
  const DPoP = oauth.DPoP(client.client, await oauth.generateKeyPair(key.alg))
  return { client, privateKey, DPoP }
}

await onEveryProvider(flow => {
  for (const key of keys) {
    flow(`the security profile, with ${key.alg}`, async (t, provider) => {
      const { client, DPoP } = await strictClient(provider, key)
      const request = await authorization(client, { scope: 'openid offline_access' })
      const page = await approve(sharedBrowser(provider), await pushed(client, request.parameters, DPoP))
      const answer = oauth.validateAuthResponse(client.as, client.client, page.url, request.state)
      t.equal(await errorOf(t, redeem(client, answer, request)), 'invalid_request', 'no token without a key')
      const tokens = await redeem(client, answer, request, DPoP)
      const { sub } = provider.user
      t.match(await userinfo(client, tokens.access_token, sub, DPoP), { sub })
      for (const _ of ['once', 'twice']) {
        const { access_token, refresh_token = tokens.refresh_token } = await refresh(
          client,
          tokens.refresh_token,
          {},
          DPoP,
        )
        t.equal(refresh_token, tokens.refresh_token, 'which stays')
        t.match(await userinfo(client, access_token, sub, DPoP), { sub })
      }
      const target = { scope: 'orders:read', resource: provider.resource }
      const own = await actForItself(client, target, DPoP)
      t.same(await ask(client, own.access_token, provider.resource, DPoP), {
        client: client.client.client_id,
      })
      t.equal(await errorOf(t, actForItself(client, target)), 'invalid_request')
      const aloud = authorizationUrl(client, request.parameters)
      const refused = await sharedBrowser(provider).open(aloud)
      t.equal(refused.url.searchParams.get('error'), 'invalid_request', 'a request that was not sent ahead')
    })

    flow(`message signing, with ${key.alg}`, async (t, provider) => {
      const alg = key.alg === 'Ed25519' ? 'EdDSA' : key.alg
      const { client, privateKey, DPoP } = await strictClient(provider, key, {
        require_signed_request_object: true,
        authorization_signed_response_alg: alg,
        introspection_signed_response_alg: alg,
        userinfo_signed_response_alg: alg,
      })
      const request = await authorization(client, { response_mode: 'jwt' })
      const jwt = await oauth.issueRequestObject(client.as, client.client, request.parameters, privateKey)
      const url = await pushed(client, { request: jwt }, DPoP)
      const page = await approve(sharedBrowser(provider), url)
      const answer = await oauth.validateJwtAuthResponse(
        client.as,
        client.client,
        page.url,
        request.state,
        client.reach,
      )
      const tokens = await redeem(client, answer, request, DPoP)
      const { sub } = provider.user
      t.match(await userinfo(client, tokens.access_token, sub, DPoP), { sub })
      t.match(await introspect(client, tokens.access_token), { active: true, sub })
      const unsigned = pushed(client, request.parameters, DPoP)
      t.equal(await errorOf(t, unsigned), 'invalid_request')
    })
  }

  flow('the security profile, with a certificate instead of keys', async (t, provider) => {
    const party = await provider.client({
      profile: 'fapi2',
      metadata: {
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_subject_dn: 'CN=bank, O=Example',
        tls_client_certificate_bound_access_tokens: true,
        id_token_signed_response_alg: 'PS256',
      },
    })
    const fetch = provider.fetchWith(await provider.authority.client('O=Example, CN=bank'))
    const setup = { authentication: oauth.TlsClientAuth(), fetch }
    const client = await clientOf(provider, party, setup)
    const request = await authorization(client)
    const page = await approve(sharedBrowser(provider), await pushed(client, request.parameters))
    const answer = oauth.validateAuthResponse(client.as, client.client, page.url, request.state)
    const { access_token, token_type } = await redeem(client, answer, request)
    t.equal(token_type, 'bearer')
    t.match(await userinfo(client, access_token, provider.user.sub), { sub: provider.user.sub })
    t.match(await introspect(client, access_token), { cnf: { 'x5t#S256': String } })
    const bare = { ...client, reach: { [oauth.customFetch]: provider.fetch } }
    t.equal(await errorOf(t, userinfo(bare, access_token, provider.user.sub)), 'invalid_token')
  })
})
