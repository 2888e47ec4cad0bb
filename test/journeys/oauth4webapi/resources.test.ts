import * as oauth from 'oauth4webapi'
import { onEveryProvider } from '../../conformance/provider.ts'
import { approve, clientKey } from '../../conformance/relying-party.ts'
import {
  actForItself,
  ask,
  authorization,
  clientOf,
  errorOf,
  pushed,
  redeem,
  refresh,
  signIn,
  userinfo,
} from '../../support/oauth4webapi.ts'
import { RETURNS, resourceServer, SHIPMENTS, withShipments } from '../../support/resource-server.ts'
import { sharedBrowser } from '../../support/shared-browser.ts'

await onEveryProvider(flow => {
  flow('a guarded route tells who gives tokens for it', async (t, provider) => {
    const party = await provider.client()
    const client = await clientOf(provider, party)
    const url = new URL(provider.resource)
    const told = await oauth.resourceDiscoveryRequest(url, client.reach)
    const metadata = await oauth.processResourceDiscoveryResponse(url, told)
    t.match(metadata, {
      resource: provider.resource,
      authorization_servers: [provider.issuer],
      scopes_supported: ['orders:read'],
      bearer_methods_supported: ['header'],
      tls_client_certificate_bound_access_tokens: true,
    })
    const issuer = new URL(metadata.authorization_servers?.[0] ?? '')
    const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...client.reach })
    const as = await oauth.processDiscoveryResponse(issuer, found)
    const scope = metadata.scopes_supported?.join(' ') ?? ''
    const own = await actForItself({ ...client, as }, { scope, resource: metadata.resource })
    t.same(await ask(client, own.access_token, url), { client: party.id })
  })

  flow('who comes without a token is told where that is written', async (t, provider) => {
    const client = await clientOf(provider, await provider.client())
    try {
      await ask(client, 'nonsense', provider.resource)
      t.fail('It opened.')
    } catch (error) {
      if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error
      const [bearer, dpop] = error.cause
      const { origin, pathname } = new URL(provider.resource)
      t.match(bearer, {
        scheme: 'bearer',
        parameters: {
          error: 'invalid_token',
          scope: 'orders:read',
          resource_metadata: `${origin}/.well-known/oauth-protected-resource${pathname}`,
        },
      })
      t.match(dpop, { scheme: 'dpop', parameters: { algs: /ES256/ } })
    }
  })

  flow("a user's token opens somebody else's resource server", async (t, provider) => {
    const url = await resourceServer(t, provider)
    const party = await provider.client()
    const client = await clientOf(provider, party)
    const scope = 'openid offline_access orders:read'
    const tokens = await signIn(provider, client, { scope, resource: SHIPMENTS })
    const { sub } = provider.user
    const claims = { iss: provider.issuer, aud: SHIPMENTS, sub, client_id: party.id, scope: 'orders:read' }
    t.match(await ask(client, tokens.access_token, url), claims)
    const refreshed = await refresh(client, tokens.refresh_token, { resource: SHIPMENTS })
    t.match(await ask(client, refreshed.access_token, url), claims)
    t.equal(await errorOf(t, userinfo(client, tokens.access_token, sub)), 'invalid_token')
    const opaque = await signIn(provider, client, { scope })
    t.equal(await errorOf(t, ask(client, opaque.access_token, url)), 'invalid_token')
    const other = refresh(client, refreshed.refresh_token, { resource: provider.resource })
    t.equal(await errorOf(t, other), 'invalid_target', 'which nobody approved')
  })

  flow('one token is for two resource servers, and narrowed to one', async (t, provider) => {
    const url = await resourceServer(t, provider)
    const key = await clientKey()
    const metadata = { jwks: { keys: [key.publicJwk] } }
    const client = await clientOf(provider, await provider.client({ metadata }))
    const request = await authorization(client, { scope: 'openid offline_access orders:read' })
    const parameters = new URLSearchParams(request.parameters)
    for (const resource of [SHIPMENTS, RETURNS]) parameters.append('resource', resource)
    const jwt = await oauth.issueRequestObject(client.as, client.client, parameters, key.privateKey)
    const page = await approve(sharedBrowser(provider), await pushed(client, { request: jwt }))
    const answer = oauth.validateAuthResponse(client.as, client.client, page.url, request.state)
    const tokens = await redeem(client, answer, request)
    t.match(await ask(client, tokens.access_token, url), { aud: [SHIPMENTS, RETURNS] })
    const narrowed = await refresh(client, tokens.refresh_token, { resource: SHIPMENTS })
    t.match(await ask(client, narrowed.access_token, url), { aud: SHIPMENTS })
    const elsewhere = await refresh(client, narrowed.refresh_token, { resource: RETURNS })
    t.equal(await errorOf(t, ask(client, elsewhere.access_token, url)), 'invalid_token')
  })

  flow('a client opens it for itself, with a bound token', async (t, provider) => {
    const url = await resourceServer(t, provider, { requireDPoP: true })
    const party = await provider.client()
    const client = await clientOf(provider, party)
    const key = oauth.DPoP(client.client, await oauth.generateKeyPair('ES256'))
    const target = { scope: 'orders:read', resource: SHIPMENTS }
    const { access_token } = await actForItself(client, target, key)
    t.match(await ask(client, access_token, url, key), { sub: party.id, cnf: { jkt: String } })
    const other = oauth.DPoP(client.client, await oauth.generateKeyPair('ES256'))
    t.equal(await errorOf(t, ask(client, access_token, url, other)), 'invalid_token')
    const unbound = await actForItself(client, target)
    t.equal(await errorOf(t, ask(client, unbound.access_token, url)), 'invalid_token')
  })
}, withShipments)
