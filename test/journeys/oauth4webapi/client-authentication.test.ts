import { X509Certificate } from 'node:crypto'
import { exportJWK } from 'jose'
import * as oauth from 'oauth4webapi'
import { onEveryProvider } from '../../conformance/provider.ts'
import { clientKey } from '../../conformance/relying-party.ts'
import { selfSigned } from '../../support/certificate.ts'
import {
  actForItself,
  ask,
  authorization,
  clientOf,
  errorOf,
  introspect,
  pushed,
  refresh,
  revoke,
  signIn,
  userinfo,
} from '../../support/oauth4webapi.ts'

const keys = await Promise.all(['RS256', 'PS256', 'ES256', 'Ed25519'].map(alg => clientKey(alg)))

await onEveryProvider(flow => {
  for (const method of ['client_secret_basic', 'client_secret_post'] as const) {
    flow(`a client proves itself by ${method}, and by nothing else`, async (t, provider) => {
      const party = await provider.client({ metadata: { token_endpoint_auth_method: method } })
      const basic = oauth.ClientSecretBasic(party.secret)
      const post = oauth.ClientSecretPost(party.secret)
      const [right, other] = method === 'client_secret_basic' ? [basic, post] : [post, basic]
      const client = await clientOf(provider, party, { authentication: right })
      t.ok((await signIn(provider, client)).access_token)
      for (const authentication of [other, oauth.None(), oauth.ClientSecretBasic('wrong')]) {
        const posing = await clientOf(provider, party, { authentication })
        t.equal(await errorOf(t, actForItself(posing)), 'invalid_client')
      }
    })
  }

  flow('a public client has nothing to prove itself by', async (t, provider) => {
    const redirectUris = ['http://127.0.0.1/callback']
    const party = await provider.client({ type: 'public', redirectUris })
    const client = await clientOf(provider, party)
    const elsewhere = { ...client, redirectUri: 'http://127.0.0.1:49152/callback' }
    const tokens = await signIn(provider, elsewhere, { scope: 'openid offline_access' })
    t.ok((await refresh(client, tokens.refresh_token)).access_token)
    t.equal(await errorOf(t, actForItself(client)), 'unauthorized_client')
  })

  for (const key of keys) {
    flow(`a client proves itself by a key of ${key.alg}, at every endpoint`, async (t, provider) => {
      const party = await provider.client({
        metadata: {
          token_endpoint_auth_method: 'private_key_jwt',
          token_endpoint_auth_signing_alg: key.alg,
          jwks: { keys: [key.publicJwk] },
        },
      })
      const authentication = oauth.PrivateKeyJwt({
        key: key.privateKey,
        kid: key.publicJwk.kid as string,
      })
      const client = await clientOf(provider, party, { authentication })
      t.ok(await pushed(client, (await authorization(client)).parameters))
      const { access_token } = await signIn(provider, client)
      t.match(await introspect(client, access_token), { active: true })
      await revoke(client, access_token)
      t.same(await introspect(client, access_token), { active: false })

      const { privateKey } = await clientKey('ES256', key.publicJwk.kid)
      const posing = await clientOf(provider, party, { authentication: oauth.PrivateKeyJwt(privateKey) })
      t.equal(await errorOf(t, actForItself(posing)), 'invalid_client')
      const outdated = oauth.PrivateKeyJwt(key.privateKey, {
        [oauth.modifyAssertion]: (_header, claims) => {
          claims.exp = Math.floor(Date.now() / 1000) - 60
        },
      })
      const late = await clientOf(provider, party, { authentication: outdated })
      t.equal(await errorOf(t, actForItself(late)), 'invalid_client')
    })
  }

  flow('a client proves itself by a certificate, and its tokens are bound to it', async (t, provider) => {
    const names = [{ type: 'dns', value: 'shop.example.com' }] as const
    const party = await provider.client({
      metadata: {
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_san_dns: 'shop.example.com',
        tls_client_certificate_bound_access_tokens: true,
      },
    })
    const certificate = await provider.authority.client('CN=shop', names)
    const authentication = oauth.TlsClientAuth()
    const setup = { authentication, fetch: provider.fetchWith(certificate) }
    const client = await clientOf(provider, party, setup)
    const { sub } = provider.user
    const { access_token } = await signIn(provider, client)
    t.match(await userinfo(client, access_token, sub), { sub })
    const own = await actForItself(client, { scope: 'orders:read', resource: provider.resource })
    t.same(await ask(client, own.access_token, provider.resource), { client: party.id })

    const bare = await clientOf(provider, party, { authentication })
    t.equal(await errorOf(t, actForItself(bare)), 'invalid_client')
    t.equal(await errorOf(t, userinfo(bare, access_token, sub)), 'invalid_token')
    t.equal(await errorOf(t, ask(bare, own.access_token, provider.resource)), 'invalid_token')
    const fetch = provider.fetchWith(await provider.authority.client('CN=shop'))
    const posing = await clientOf(provider, party, { authentication, fetch })
    t.equal(await errorOf(t, actForItself(posing)), 'invalid_client')
  })

  flow('a client proves itself by a certificate that it made itself', async (t, provider) => {
    const certificate = await selfSigned('CN=shop')
    const jwk = { ...(await exportJWK(new X509Certificate(certificate.cert).publicKey)), kty: 'EC' }
    const party = await provider.client({
      metadata: { token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks: { keys: [jwk] } },
    })
    const authentication = oauth.TlsClientAuth()
    const setup = { authentication, fetch: provider.fetchWith(certificate) }
    t.ok(await actForItself(await clientOf(provider, party, setup)))
    const other = { authentication, fetch: provider.fetchWith(await selfSigned('CN=shop')) }
    const posing = await clientOf(provider, party, other)
    t.equal(await errorOf(t, actForItself(posing)), 'invalid_client')
  })

  flow('a public client binds its tokens to a certificate', async (t, provider) => {
    const party = await provider.client({
      type: 'public',
      metadata: { tls_client_certificate_bound_access_tokens: true },
    })
    const setup = { fetch: provider.fetchWith(await selfSigned('CN=app')) }
    const client = await clientOf(provider, party, setup)
    const tokens = await signIn(provider, client, { scope: 'openid offline_access' })
    t.ok((await refresh(client, tokens.refresh_token)).access_token)
    const bare = await clientOf(provider, party)
    const { sub } = provider.user
    t.equal(await errorOf(t, userinfo(bare, tokens.access_token, sub)), 'invalid_token')
    t.match(await errorOf(t, refresh(bare, tokens.refresh_token)), /^invalid_(grant|request)$/)
  })
})
