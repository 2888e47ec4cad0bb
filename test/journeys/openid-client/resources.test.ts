import * as oidc from 'openid-client'
import { onEveryProvider } from '../../conformance/provider.ts'
import { discover, errorOf, signIn } from '../../support/openid-client.ts'
import { resourceServer, SHIPMENTS, withShipments } from '../../support/resource-server.ts'

await onEveryProvider(flow => {
  flow("a user's token opens somebody else's resource server", async (t, provider) => {
    const url = await resourceServer(t, provider)
    const party = await provider.client()
    const config = await discover(provider, party)
    const scope = 'openid offline_access orders:read'
    const tokens = await signIn(provider, config, party, { scope, resource: SHIPMENTS })
    const ask = (token: string) => oidc.fetchProtectedResource(config, token, url, 'GET')
    const claims = await (await ask(tokens.access_token)).json()
    t.match(claims, { sub: provider.user.sub, client_id: party.id, scope: 'orders:read' })
    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token as string, {
      resource: SHIPMENTS,
    })
    t.equal((await ask(refreshed.access_token)).status, 200)

    const told = await oidc.tokenIntrospection(config, refreshed.access_token)
    t.match(told, { active: true, aud: SHIPMENTS, jti: String, scope: 'orders:read' })
    await oidc.tokenRevocation(config, refreshed.access_token)
    t.same(await oidc.tokenIntrospection(config, refreshed.access_token), { active: false })

    const opaque = await signIn(provider, config, party, { scope })
    t.equal(await errorOf(t, ask(opaque.access_token)), 'invalid_token', 'a token for nobody in particular')
    const userinfo = oidc.fetchUserInfo(config, tokens.access_token, provider.user.sub)
    t.equal(await errorOf(t, userinfo), 'invalid_token', 'and a token for somebody else')
  })

  flow('a client opens it for itself, with a bound token', async (t, provider) => {
    const url = await resourceServer(t, provider, { requireDPoP: true })
    const party = await provider.client()
    const config = await discover(provider, party)
    const options = { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair()) }
    const target = { scope: 'orders:read', resource: SHIPMENTS }
    const bound = await oidc.clientCredentialsGrant(config, target, options)
    const ask = (token: string, by?: oidc.DPoPOptions) =>
      oidc.fetchProtectedResource(config, token, url, 'GET', undefined, undefined, by)
    t.match(await (await ask(bound.access_token, options)).json(), { sub: party.id, cnf: { jkt: String } })
    t.equal(await errorOf(t, ask(bound.access_token)), 'invalid_token')
    const unbound = await oidc.clientCredentialsGrant(config, target)
    t.equal(await errorOf(t, ask(unbound.access_token)), 'invalid_token')
  })
}, withShipments)
