import { onEveryProvider, type Party } from '../../conformance/provider.ts'
import { curlFor, data } from '../../support/curl.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

const user = ({ id, secret }: Party) => ['-u', `${id}:${secret}`]
const bearer = (token: string) => ['-H', `Authorization: Bearer ${token}`]

await onEveryProvider(
  flow => {
    flow('curl finds out who gives tokens for a route, and gets one', async (t, provider) => {
      const curl = curlFor(t, provider)
      const refused = await curl(provider.resource)
      t.equal(refused.status, 401)
      const challenge = refused.headers.get('www-authenticate') ?? ''
      const told = await curl(/resource_metadata="([^"]*)"/.exec(challenge)?.[1] ?? '')
      const { resource, scopes_supported, authorization_servers } = told.body
      t.equal(resource, provider.resource)
      const { origin, pathname } = new URL(authorization_servers[0])
      const { body } = await curl(`${origin}/.well-known/oauth-authorization-server${pathname}`)
      const party = await provider.client()
      const token = await curl(
        ...user(party),
        ...data({ grant_type: 'client_credentials', scope: scopes_supported[0], resource }),
        body.token_endpoint,
      )
      t.match(token, { status: 200, body: { scope: 'orders:read', token_type: 'Bearer' } })
      const opened = await curl(...bearer(token.body.access_token), resource)
      t.match(opened, { status: 200, body: { client: party.id } })
    })

    flow('curl exchanges what it got', async (t, provider) => {
      const curl = curlFor(t, provider)
      const party = await provider.client({ grantTypes: ['client_credentials', EXCHANGE] })
      const url = `${provider.issuer}/oauth/token`
      const own = await curl(...user(party), '-d', 'grant_type=client_credentials', url)
      t.match(own, { status: 200, body: { scope: 'orders:read orders:write' } })
      const exchange = (more: Record<string, string>) =>
        curl(
          ...user(party),
          ...data({
            grant_type: EXCHANGE,
            subject_token: own.body.access_token,
            subject_token_type: ACCESS_TOKEN,
            ...more,
          }),
          url,
        )
      const exchanged = await exchange({ scope: 'orders:read' })
      t.match(exchanged, { status: 200, body: { issued_token_type: ACCESS_TOKEN, scope: 'orders:read' } })
      t.not(exchanged.body.access_token, own.body.access_token)
      t.match(await exchange({ scope: 'openid' }), { status: 400, body: { error: 'invalid_scope' } })
    })

    flow('curl has a certificate', async (t, provider) => {
      const party = await provider.client({
        metadata: {
          token_endpoint_auth_method: 'tls_client_auth',
          tls_client_auth_subject_dn: 'CN=shop, O=Example',
          tls_client_certificate_bound_access_tokens: true,
        },
      })
      const certificate = await provider.authority.client('O=Example, CN=shop')
      const curl = curlFor(t, provider, certificate)
      const form = { grant_type: 'client_credentials', client_id: party.id, resource: provider.resource }
      const url = `${provider.issuer}/oauth/token`
      const token = await curl(...data(form), url)
      t.equal(token.status, 200)
      const opened = await curl(...bearer(token.body.access_token), provider.resource)
      t.match(opened, { status: 200, body: { client: party.id } })
      const bare = curlFor(t, provider)
      t.equal((await bare(...bearer(token.body.access_token), provider.resource)).status, 401)
      t.match(await bare(...data(form), url), { status: 401, body: { error: 'invalid_client' } })
      t.equal((await curl(...data(form), url)).status, 200)
    })
  },
  () => ({ oauth: { tokenExchange: true } }),
)
