import * as oidc from 'openid-client'
import { onEveryProvider, type Provider, REDIRECT_URI } from '../../conformance/provider.ts'
import { approve, clientKey } from '../../conformance/relying-party.ts'
import { authorization, errorOf } from '../../support/openid-client.ts'
import { INITIAL_ACCESS_TOKEN, withRegistration } from '../../support/registration.ts'
import { sharedBrowser } from '../../support/shared-browser.ts'

function register(
  provider: Provider,
  metadata: Partial<oidc.ClientMetadata>,
  authentication?: oidc.ClientAuth,
  initialAccessToken = INITIAL_ACCESS_TOKEN,
) {
  const asked = { redirect_uris: [REDIRECT_URI], client_name: 'A Newcomer', ...metadata }
  return oidc.dynamicClientRegistration(new URL(provider.issuer), asked, authentication, {
    initialAccessToken,
    [oidc.customFetch]: provider.fetch as oidc.CustomFetch,
  })
}

async function signIn(provider: Provider, config: oidc.Configuration) {
  const { parameters, checks } = await authorization({ redirectUri: REDIRECT_URI })
  const page = await approve(sharedBrowser(provider), oidc.buildAuthorizationUrl(config, parameters))
  return oidc.authorizationCodeGrant(config, page.url, checks)
}

await onEveryProvider(flow => {
  flow('a client registers itself, and signs a person in', async (t, provider) => {
    const config = await register(provider, { token_endpoint_auth_method: 'client_secret_post' })
    const { client_id, client_secret } = config.clientMetadata()
    t.match({ client_id, client_secret }, { client_id: /./, client_secret: /./ })
    t.match((await signIn(provider, config)).claims(), { sub: provider.user.sub, aud: client_id })
  })

  flow('a client registers a key, and what is to be signed for it', async (t, provider) => {
    const key = await clientKey()
    const metadata = {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.publicJwk] },
      id_token_signed_response_alg: 'ES256',
      userinfo_signed_response_alg: 'EdDSA',
    } as Partial<oidc.ClientMetadata>
    const config = await register(provider, metadata, oidc.PrivateKeyJwt(key.privateKey))
    t.equal(config.clientMetadata().client_secret, undefined)
    oidc.enableNonRepudiationChecks(config)
    const tokens = await signIn(provider, config)
    const { sub } = provider.user
    t.match(await oidc.fetchUserInfo(config, tokens.access_token, sub), { sub })
  })

  flow('a public client registers itself', async (t, provider) => {
    const config = await register(provider, { token_endpoint_auth_method: 'none' }, oidc.None())
    t.equal(config.clientMetadata().client_secret, undefined)
    t.equal((await signIn(provider, config)).claims()?.sub, provider.user.sub)
  })

  flow('who may not register, or asks for nonsense, is told so', async (t, provider) => {
    t.equal(await errorOf(t, register(provider, {}, undefined, 'wrong')), 'invalid_token')
    const nonsense = register(provider, { redirect_uris: ['javascript:alert(1)'] })
    t.equal(await errorOf(t, nonsense), 'invalid_redirect_uri')
    const impossible = register(provider, { id_token_signed_response_alg: 'HS256' })
    t.equal(await errorOf(t, impossible), 'invalid_client_metadata')
  })
}, withRegistration)
