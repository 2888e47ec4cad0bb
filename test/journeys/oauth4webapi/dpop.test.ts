import * as oauth from 'oauth4webapi'
import { onEveryProvider } from '../../conformance/provider.ts'
import { approve } from '../../conformance/relying-party.ts'
import {
  actForItself,
  ask,
  authorization,
  authorizationUrl,
  type Client,
  clientOf,
  errorOf,
  introspect,
  pushed,
  redeem,
  refresh,
  signIn,
  userinfo,
} from '../../support/oauth4webapi.ts'
import { sharedBrowser } from '../../support/shared-browser.ts'

// Every proof needs a nonce here: whoever comes without one is given it, and asks again.

async function newKey({ client }: Client, alg = 'ES256'): Promise<oauth.DPoPHandle> {
  return oauth.DPoP(client, await oauth.generateKeyPair(alg))
}

await onEveryProvider(
  flow => {
    for (const alg of ['RS256', 'PS256', 'ES256', 'Ed25519']) {
      flow(`tokens are bound to a key of ${alg}, wherever they go`, async (t, provider) => {
        const party = await provider.client({ metadata: { dpop_bound_access_tokens: true } })
        const client = await clientOf(provider, party)
        const key = await newKey(client, alg)
        const first = await signIn(provider, client, { scope: 'openid offline_access' }, { DPoP: key })
        const tokens = await refresh(client, first.refresh_token, {}, key)
        t.equal(tokens.token_type, 'dpop')
        const { sub } = provider.user
        t.match(await userinfo(client, tokens.access_token, sub, key), { sub })
        const cnf = { jkt: await key.calculateThumbprint() }
        t.match(await introspect(client, tokens.access_token), { cnf, token_type: 'DPoP' })
        const stolen = userinfo(client, tokens.access_token, sub, await newKey(client, alg))
        t.equal(await errorOf(t, stolen), 'invalid_dpop_proof')
        t.equal(await errorOf(t, userinfo(client, tokens.access_token, sub)), 'invalid_token')
      })
    }

    flow('a bound token opens a guarded route', async (t, provider) => {
      const party = await provider.client()
      const client = await clientOf(provider, party)
      const key = await newKey(client)
      const target = { scope: 'orders:read', resource: provider.resource }
      const { access_token } = await actForItself(client, target, key)
      t.same(await ask(client, access_token, `${provider.resource}?a=b`, key), { client: party.id })
      const stolen = ask(client, access_token, provider.resource, await newKey(client))
      t.equal(await errorOf(t, stolen), 'invalid_dpop_proof')
      t.equal(await errorOf(t, ask(client, access_token, provider.resource)), 'invalid_token')
    })

    flow('a code is bound to a key, by its thumbprint or sent ahead', async (t, provider) => {
      const client = await clientOf(provider, await provider.client())
      const key = await newKey(client)
      for (const ahead of [false, true]) {
        const request = await authorization(
          client,
          ahead ? {} : { dpop_jkt: await key.calculateThumbprint() },
        )
        const url = ahead
          ? await pushed(client, request.parameters, key)
          : authorizationUrl(client, request.parameters)
        const page = await approve(sharedBrowser(provider), url)
        const answer = oauth.validateAuthResponse(client.as, client.client, page.url, request.state)
        const other = redeem(client, answer, request, await newKey(client))
        t.equal(await errorOf(t, other), 'invalid_grant')
        t.equal((await redeem(client, answer, request, key)).token_type, 'dpop')
      }
    })

    flow("a public client's refresh token is bound as well", async (t, provider) => {
      const client = await clientOf(provider, await provider.client({ type: 'public' }))
      const key = await newKey(client)
      const tokens = await signIn(provider, client, { scope: 'openid offline_access' }, { DPoP: key })
      const other = refresh(client, tokens.refresh_token, {}, await newKey(client))
      t.equal(await errorOf(t, other), 'invalid_grant')
      t.equal((await refresh(client, tokens.refresh_token, {}, key)).token_type, 'dpop')
    })
  },
  () => ({ oauth: { requireDpopNonce: true } }),
)
