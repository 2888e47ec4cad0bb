import * as oauth from 'oauth4webapi'
import { onEveryProvider } from '../../conformance/provider.ts'
import { clientOf, introspect, refresh, signIn, userinfo } from '../../support/oauth4webapi.ts'

await onEveryProvider(flow => {
  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    flow(`the ID token and userinfo are signed by ${alg}`, async (t, provider) => {
      const metadata = { id_token_signed_response_alg: alg, userinfo_signed_response_alg: alg }
      const client = await clientOf(provider, await provider.client({ metadata }))
      const scope = 'openid profile email offline_access'
      const tokens = await signIn(provider, client, { scope })
      const { sub } = provider.user
      const identity = oauth.getValidatedIdTokenClaims(tokens)
      t.match(identity, { sub, auth_time: Number, sid: String })
      t.match(await userinfo(client, tokens.access_token, sub), { sub, name: 'Ada Lovelace' })
      const refreshed = oauth.getValidatedIdTokenClaims(await refresh(client, tokens.refresh_token))
      t.match(refreshed, { sub, auth_time: identity?.auth_time })
    })
  }

  flow('userinfo is plain where nothing else was registered', async (t, provider) => {
    const client = await clientOf(provider, await provider.client())
    const { access_token } = await signIn(provider, client, { scope: 'openid profile email' })
    const user = await userinfo(client, access_token, provider.user.sub)
    t.match(user, { name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true })
    t.notOk('aud' in user)
  })

  flow('claims go where they were asked to go', async (t, provider) => {
    const client = await clientOf(provider, await provider.client())
    const { sub } = provider.user
    const claims = JSON.stringify({
      id_token: { email: { essential: true }, sub: { value: sub } },
      userinfo: { given_name: null },
    })
    const tokens = await signIn(provider, client, { claims })
    const identity = oauth.getValidatedIdTokenClaims(tokens)
    t.match(identity, { sub, email: 'ada@example.com' })
    t.notOk(identity && 'given_name' in identity)
    const user = await userinfo(client, tokens.access_token, sub)
    t.equal(user.given_name, 'Ada')
    t.notOk('email' in user)
  })

  flow('the time of the sign-in comes to a client that wants it', async (t, provider) => {
    const metadata = { require_auth_time: true, default_max_age: 3600 }
    const client = await clientOf(provider, await provider.client({ metadata }))
    const identity = oauth.getValidatedIdTokenClaims(await signIn(provider, client))
    t.type(identity?.auth_time, 'number')
  })

  flow('a pairwise subject is the same in every answer', async (t, provider) => {
    const metadata = { subject_type: 'pairwise' } as const
    const client = await clientOf(provider, await provider.client({ metadata }))
    const tokens = await signIn(provider, client, { scope: 'openid offline_access' })
    const sub = oauth.getValidatedIdTokenClaims(tokens)?.sub as string
    t.not(sub, provider.user.sub)
    t.equal((await userinfo(client, tokens.access_token, sub)).sub, sub)
    t.equal((await introspect(client, tokens.access_token)).sub, sub)
    const refreshed = await refresh(client, tokens.refresh_token)
    t.equal(oauth.getValidatedIdTokenClaims(refreshed)?.sub, sub)
  })
})
