import * as oidc from 'openid-client'
import { onEveryProvider } from '../../conformance/provider.ts'
import { discover, errorOf, signIn } from '../../support/openid-client.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

await onEveryProvider(
  flow => {
    flow('refresh tokens rotate, and a replay ends the family', async (t, provider) => {
      const party = await provider.client()
      const config = await discover(provider, party)
      const scope = 'openid email offline_access'
      const tokens = await signIn(provider, config, party, { scope })
      const first = tokens.refresh_token as string
      const refreshed = await oidc.refreshTokenGrant(config, first, { scope: 'openid email' })
      const second = refreshed.refresh_token as string
      t.not(second, first)
      t.equal(refreshed.scope, 'openid email', 'the scope can be narrowed')
      t.equal(refreshed.claims()?.sub, provider.user.sub)
      const third = await oidc.refreshTokenGrant(config, second)
      t.equal(third.scope, scope, 'and is not lost by that')
      provider.passes(11)
      t.equal(await errorOf(t, oidc.refreshTokenGrant(config, second)), 'invalid_grant')
      const newest = oidc.refreshTokenGrant(config, third.refresh_token as string)
      t.equal(await errorOf(t, newest), 'invalid_grant')
    })

    flow('a client acts for itself at a guarded route', async (t, provider) => {
      const party = await provider.client()
      const config = await discover(provider, party)
      const resource = provider.resource
      const tokens = await oidc.clientCredentialsGrant(config, { scope: 'orders:read', resource })
      t.same([tokens.scope, tokens.refresh_token, tokens.id_token], ['orders:read', undefined, undefined])
      const ask = (token: string) => oidc.fetchProtectedResource(config, token, new URL(resource), 'GET')
      t.same(await (await ask(tokens.access_token)).json(), { client: party.id })
      const other = await oidc.clientCredentialsGrant(config, { scope: 'orders:write', resource })
      t.equal(await errorOf(t, ask(other.access_token)), 'insufficient_scope')
      t.equal(await errorOf(t, ask('nonsense')), 'invalid_token')
      const unknown = oidc.clientCredentialsGrant(config, { resource: 'https://nowhere.example' })
      t.equal(await errorOf(t, unknown), 'invalid_target')
    })

    flow('tokens are introspected, plainly and signed, and revoked', async (t, provider) => {
      for (const alg of [undefined, 'RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
        const party = await provider.client({ metadata: { introspection_signed_response_alg: alg } })
        const config = await discover(provider, party)
        oidc.enableNonRepudiationChecks(config)
        const tokens = await signIn(provider, config, party, { scope: 'openid offline_access' })
        const refreshToken = tokens.refresh_token as string
        t.match(await oidc.tokenIntrospection(config, tokens.access_token), {
          active: true,
          iss: provider.issuer,
          client_id: party.id,
          sub: provider.user.sub,
          scope: 'openid offline_access',
          token_type: 'Bearer',
        })
        const hint = { token_type_hint: 'refresh_token' }
        t.match(await oidc.tokenIntrospection(config, refreshToken, hint), { active: true })
        await oidc.tokenRevocation(config, refreshToken, hint)
        t.same(await oidc.tokenIntrospection(config, refreshToken, hint), { active: false })
        t.same(await oidc.tokenIntrospection(config, tokens.access_token), { active: false })
        t.equal(await errorOf(t, oidc.refreshTokenGrant(config, refreshToken)), 'invalid_grant')
      }
    })

    flow('a token is exchanged, in the place of its user and on behalf of the user', async (t, provider) => {
      const party = await provider.client({
        grantTypes: ['authorization_code', 'client_credentials', EXCHANGE],
      })
      const config = await discover(provider, party)
      const approved = { scope: 'openid orders:read', resource: provider.resource }
      const subject = await signIn(provider, config, party, approved)
      const exchange = (more: Record<string, string>) =>
        oidc.genericGrantRequest(config, EXCHANGE, {
          subject_token: subject.access_token,
          subject_token_type: ACCESS_TOKEN,
          ...more,
        })
      const inPlace = await exchange({ scope: 'orders:read', resource: provider.resource })
      t.match(inPlace, { issued_token_type: ACCESS_TOKEN, scope: 'orders:read', token_type: 'bearer' })
      const orders = new URL(provider.resource)
      const response = await oidc.fetchProtectedResource(config, inPlace.access_token, orders, 'GET')
      t.equal(response.status, 200)

      const actor = await oidc.clientCredentialsGrant(config)
      const onBehalf = await exchange({
        actor_token: actor.access_token,
        actor_token_type: ACCESS_TOKEN,
      })
      const told = await oidc.tokenIntrospection(config, onBehalf.access_token)
      t.match(told, { active: true, sub: provider.user.sub, act: { sub: party.id } })
      t.equal(await errorOf(t, exchange({ scope: 'orders:write' })), 'invalid_scope')
    })
  },
  () => ({ oauth: { tokenExchange: true } }),
)
