import { X509Certificate } from 'node:crypto'
import { exportJWK } from 'jose'
import * as oidc from 'openid-client'
import { onEveryProvider } from '../../conformance/provider.ts'
import { clientKey } from '../../conformance/relying-party.ts'
import { selfSigned } from '../../support/certificate.ts'
import { discover, errorOf, signIn } from '../../support/openid-client.ts'

const keys = await Promise.all(['RS256', 'PS256', 'ES256', 'Ed25519'].map(alg => clientKey(alg)))

await onEveryProvider(flow => {
  for (const method of ['client_secret_basic', 'client_secret_post'] as const) {
    flow(`a client proves itself by ${method}`, async (t, provider) => {
      const party = await provider.client({ metadata: { token_endpoint_auth_method: method } })
      const authentication = {
        client_secret_basic: oidc.ClientSecretBasic,
        client_secret_post: oidc.ClientSecretPost,
      }[method]
      const config = await discover(provider, party, { authentication: authentication(party.secret) })
      t.ok((await signIn(provider, config, party)).access_token)
      const wrong = await discover(provider, party, { authentication: authentication('wrong') })
      t.equal(await errorOf(t, oidc.clientCredentialsGrant(wrong)), 'invalid_client')
    })
  }

  flow('a public client has nothing to prove itself by', async (t, provider) => {
    const party = await provider.client({ type: 'public', redirectUris: ['com.example.app:/callback'] })
    const config = await discover(provider, party)
    const tokens = await signIn(provider, config, party, { scope: 'openid offline_access' })
    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token as string)
    t.equal(refreshed.claims()?.sub, provider.user.sub)
    t.equal(await errorOf(t, oidc.clientCredentialsGrant(config)), 'unauthorized_client')
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
      const privateKey = { key: key.privateKey, kid: key.publicJwk.kid as string }
      const config = await discover(provider, party, { authentication: oidc.PrivateKeyJwt(privateKey) })
      const { access_token } = await signIn(provider, config, party)
      t.match(await oidc.tokenIntrospection(config, access_token), { active: true, client_id: party.id })
      await oidc.tokenRevocation(config, access_token)
      t.same(await oidc.tokenIntrospection(config, access_token), { active: false })
      const ahead = { redirect_uri: party.redirectUri, scope: 'openid', code_challenge_method: 'S256' }
      const challenge = await oidc.calculatePKCECodeChallenge(oidc.randomPKCECodeVerifier())
      t.ok(await oidc.buildAuthorizationUrlWithPAR(config, { ...ahead, code_challenge: challenge }))

      const stranger = await clientKey('ES256', key.publicJwk.kid)
      const posing = await discover(provider, party, {
        authentication: oidc.PrivateKeyJwt(stranger.privateKey),
      })
      t.equal(await errorOf(t, oidc.clientCredentialsGrant(posing)), 'invalid_client')
    })
  }

  flow('a client proves itself by a certificate, and its tokens are bound to it', async (t, provider) => {
    const certificate = await provider.authority.client('O=Example, CN=shop')
    const party = await provider.client({
      metadata: {
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_subject_dn: 'CN=shop, O=Example',
        tls_client_certificate_bound_access_tokens: true,
      },
    })
    const setup = { authentication: oidc.TlsClientAuth(), fetch: provider.fetchWith(certificate) }
    const config = await discover(provider, party, setup)
    const resource = provider.resource
    const { access_token } = await signIn(provider, config, party)
    t.match(await oidc.fetchUserInfo(config, access_token, provider.user.sub), { sub: provider.user.sub })
    const own = await oidc.clientCredentialsGrant(config, { scope: 'orders:read', resource })
    const orders = new URL(resource)
    const response = await oidc.fetchProtectedResource(config, own.access_token, orders, 'GET')
    t.same(await response.json(), { client: party.id })
    const { cnf } = await oidc.tokenIntrospection(config, own.access_token)
    const { fingerprint256 } = new X509Certificate(certificate.cert)
    const thumbprint = Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
    t.same(cnf, { 'x5t#S256': thumbprint })

    const bare = await discover(provider, party, { authentication: oidc.TlsClientAuth() })
    t.equal(await errorOf(t, oidc.clientCredentialsGrant(bare)), 'invalid_client')
    const stolen = oidc.fetchUserInfo(bare, access_token, provider.user.sub)
    t.equal(await errorOf(t, stolen), 'invalid_token')
    const elsewhere = oidc.fetchProtectedResource(bare, own.access_token, orders, 'GET')
    t.equal(await errorOf(t, elsewhere), 'invalid_token')
  })

  flow('a client proves itself by a certificate that it made itself', async (t, provider) => {
    const certificate = await selfSigned('CN=shop')
    const { publicKey, raw } = new X509Certificate(certificate.cert)
    const jwk = { ...(await exportJWK(publicKey)), kty: 'EC', x5c: [raw.toString('base64')] }
    const party = await provider.client({
      metadata: { token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks: { keys: [jwk] } },
    })
    const authentication = oidc.TlsClientAuth()
    const config = await discover(provider, party, {
      authentication,
      fetch: provider.fetchWith(certificate),
    })
    t.ok((await signIn(provider, config, party)).access_token)
    const fetch = provider.fetchWith(await selfSigned('CN=shop'))
    const posing = await discover(provider, party, { authentication, fetch })
    t.equal(await errorOf(t, oidc.clientCredentialsGrant(posing)), 'invalid_client')
  })
})
