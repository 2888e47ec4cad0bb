import * as oauth from 'oauth4webapi'
import { onEveryProvider, type Provider, REDIRECT_URI } from '../../conformance/provider.ts'
import { clientKey } from '../../conformance/relying-party.ts'
import { type Client, discover, errorOf, signIn, userinfo } from '../../support/oauth4webapi.ts'
import { INITIAL_ACCESS_TOKEN, withRegistration } from '../../support/registration.ts'

async function register(
  provider: Provider,
  metadata: object,
  initialAccessToken = INITIAL_ACCESS_TOKEN,
): Promise<oauth.OmitSymbolProperties<oauth.Client>> {
  const as = await discover(provider)
  const asked = { redirect_uris: [REDIRECT_URI], client_name: 'A Newcomer', ...metadata }
  const options = { initialAccessToken, [oauth.customFetch]: provider.fetch }
  const response = await oauth.dynamicClientRegistrationRequest(as, asked, options)
  return oauth.processDynamicClientRegistrationResponse(response)
}

async function asClient(
  provider: Provider,
  client: oauth.Client,
  authentication: oauth.ClientAuth,
): Promise<Client> {
  const reach = { [oauth.customFetch]: provider.fetch }
  return { as: await discover(provider), client, authentication, reach, redirectUri: REDIRECT_URI }
}

await onEveryProvider(flow => {
  flow('a client registers itself, and signs a person in', async (t, provider) => {
    const registered = await register(provider, {})
    t.match(registered, { token_endpoint_auth_method: 'client_secret_basic', client_name: 'A Newcomer' })
    const authentication = oauth.ClientSecretBasic(registered.client_secret as string)
    const tokens = await signIn(provider, await asClient(provider, registered, authentication))
    t.match(oauth.getValidatedIdTokenClaims(tokens), {
      sub: provider.user.sub,
      aud: registered.client_id,
    })
  })

  flow('a client registers a key, and what is to be signed for it', async (t, provider) => {
    const key = await clientKey()
    const registered = await register(provider, {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.publicJwk] },
      id_token_signed_response_alg: 'PS256',
      userinfo_signed_response_alg: 'ES256',
    })
    t.equal(registered.client_secret, undefined)
    const client = await asClient(provider, registered, oauth.PrivateKeyJwt(key.privateKey))
    const { access_token } = await signIn(provider, client)
    t.match(await userinfo(client, access_token, provider.user.sub), { sub: provider.user.sub })
  })

  flow('a public client registers itself', async (t, provider) => {
    const registered = await register(provider, { token_endpoint_auth_method: 'none' })
    t.equal(registered.client_secret, undefined)
    t.ok(await signIn(provider, await asClient(provider, registered, oauth.None())))
  })

  flow('who may not register, or asks for nonsense, is told so', async (t, provider) => {
    t.equal(await errorOf(t, register(provider, {}, 'wrong')), 'invalid_token')
    const nowhere = register(provider, { redirect_uris: [] })
    t.equal(await errorOf(t, nowhere), 'invalid_redirect_uri')
    const impossible = register(provider, { token_endpoint_auth_method: 'private_key_jwt' })
    t.equal(await errorOf(t, impossible), 'invalid_client_metadata')
  })
}, withRegistration)
