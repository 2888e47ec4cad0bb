import * as oauth from 'oauth4webapi'
import { onEveryProvider } from '../../conformance/provider.ts'
import {
  actForItself,
  ask,
  type Client,
  clientOf,
  errorOf,
  introspect,
  refresh,
  revoke,
  signIn,
} from '../../support/oauth4webapi.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** Exchanges a token. The library has no notion of that, but of any grant. */
async function exchange(
  { as, client, authentication, reach }: Client,
  subjectToken: string,
  more: Readonly<Record<string, string>>,
) {
  const parameters = { subject_token: subjectToken, subject_token_type: ACCESS_TOKEN, ...more }
  const response = await oauth.genericTokenEndpointRequest(
    as,
    client,
    authentication,
    EXCHANGE,
    parameters,
    reach,
  )
  return oauth.processGenericTokenEndpointResponse(as, client, response)
}

await onEveryProvider(
  flow => {
    flow('refresh tokens rotate, and a replay ends the family', async (t, provider) => {
      const client = await clientOf(provider, await provider.client())
      const scope = 'openid email offline_access'
      const { refresh_token: first } = await signIn(provider, client, { scope })
      const narrowed = await refresh(client, first, { scope: 'openid' })
      t.not(narrowed.refresh_token, first)
      t.equal(narrowed.scope, 'openid')
      t.equal(oauth.getValidatedIdTokenClaims(narrowed)?.sub, provider.user.sub)
      const again = await refresh(client, first)
      t.equal(again.refresh_token, narrowed.refresh_token, 'a repeat at once gets the same successor')
      provider.passes(11)
      t.equal(await errorOf(t, refresh(client, first)), 'invalid_grant')
      t.equal(await errorOf(t, refresh(client, narrowed.refresh_token)), 'invalid_grant')
    })

    flow('a client acts for itself at a guarded route', async (t, provider) => {
      const party = await provider.client()
      const client = await clientOf(provider, party)
      const resource = provider.resource
      const tokens = await actForItself(client, { scope: 'orders:read', resource })
      t.same([tokens.scope, tokens.refresh_token, tokens.id_token], ['orders:read', undefined, undefined])
      t.same(await ask(client, tokens.access_token, resource), { client: party.id })
      const other = await actForItself(client, { scope: 'orders:write', resource })
      t.equal(await errorOf(t, ask(client, other.access_token, resource)), 'insufficient_scope')
      const nobodys = await actForItself(client)
      t.equal(await errorOf(t, ask(client, nobodys.access_token, resource)), 'invalid_token')
      t.equal(await errorOf(t, actForItself(client, { scope: 'openid' })), 'invalid_scope')
    })

    for (const alg of [undefined, 'RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
      const how = alg === undefined ? 'plainly' : `signed by ${alg}`
      flow(`tokens are introspected, ${how}, and revoked`, async (t, provider) => {
        const metadata = { introspection_signed_response_alg: alg }
        const party = await provider.client({ metadata })
        const client = await clientOf(provider, party)
        const tokens = await signIn(provider, client, { scope: 'openid offline_access' })
        const answer = await introspect(client, tokens.access_token)
        t.match(answer, { active: true, client_id: party.id, sub: provider.user.sub, token_type: 'Bearer' })
        const refreshToken = tokens.refresh_token ?? ''
        t.match(await introspect(client, refreshToken, { token_type_hint: 'refresh_token' }), {
          active: true,
        })
        await revoke(client, tokens.access_token, { token_type_hint: 'access_token' })
        t.same(await introspect(client, tokens.access_token), { active: false })
        t.match(await introspect(client, refreshToken), { active: true }, 'which lives on')
        await revoke(client, 'nonsense')

        const anonymous = { ...client, authentication: oauth.None() }
        t.equal(await errorOf(t, introspect(anonymous, refreshToken)), 'invalid_client')
        const stranger = await clientOf(provider, await provider.client({ scopes: [], metadata }))
        t.same(await introspect(stranger, refreshToken), { active: false })
      })
    }

    flow('a token is exchanged, in the place of its user and on behalf of the user', async (t, provider) => {
      const grantTypes = ['authorization_code', 'client_credentials', EXCHANGE]
      const party = await provider.client({ grantTypes })
      const client = await clientOf(provider, party)
      const approved = { scope: 'openid orders:read', resource: provider.resource }
      const { access_token } = await signIn(provider, client, approved)
      const more = { scope: 'orders:read', resource: provider.resource }
      const inPlace = await exchange(client, access_token, more)
      t.match(inPlace, { issued_token_type: ACCESS_TOKEN, scope: 'orders:read' })
      t.same(await ask(client, inPlace.access_token, provider.resource), { client: party.id })
      const actor = await actForItself(client)
      const onBehalf = await exchange(client, access_token, {
        actor_token: actor.access_token,
        actor_token_type: ACCESS_TOKEN,
      })
      const told = await introspect(client, onBehalf.access_token)
      t.match(told, { active: true, sub: provider.user.sub, act: { sub: party.id } })

      const stranger = await clientOf(provider, await provider.client({ grantTypes }))
      t.equal(await errorOf(t, exchange(stranger, access_token, {})), 'invalid_request')
      const wider = exchange(client, access_token, { scope: 'orders:write' })
      t.equal(await errorOf(t, wider), 'invalid_scope')
    })
  },
  () => ({ oauth: { tokenExchange: true } }),
)
