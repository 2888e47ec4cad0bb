import * as oidc from 'openid-client'
import { onEveryProvider } from '../../conformance/provider.ts'
import { discover, signIn } from '../../support/openid-client.ts'

await onEveryProvider(flow => {
  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    flow(`the ID token and userinfo are signed by ${alg}`, async (t, provider) => {
      const party = await provider.client({
        metadata: { id_token_signed_response_alg: alg, userinfo_signed_response_alg: alg },
      })
      const config = await discover(provider, party)
      oidc.enableNonRepudiationChecks(config)
      const scope = 'openid profile email offline_access'
      const tokens = await signIn(provider, config, party, { scope })
      const { sub } = provider.user
      t.match(tokens.claims(), { sub, aud: party.id, iss: provider.issuer })
      t.match(await oidc.fetchUserInfo(config, tokens.access_token, sub), {
        iss: provider.issuer,
        aud: party.id,
        name: 'Ada Lovelace',
        email: 'ada@example.com',
      })
      const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token as string)
      t.match(refreshed.claims(), { sub, auth_time: tokens.claims()?.auth_time })
    })
  }

  flow('userinfo is plain where nothing else was registered', async (t, provider) => {
    const party = await provider.client()
    const config = await discover(provider, party)
    const { access_token } = await signIn(provider, config, party, { scope: 'openid profile email' })
    const user = await oidc.fetchUserInfo(config, access_token, provider.user.sub)
    t.match(user, { name: 'Ada Lovelace', email: 'ada@example.com', birthdate: '1815-12-10' })
    t.notOk('aud' in user)
  })

  flow('claims go where they were asked to go', async (t, provider) => {
    const party = await provider.client()
    const config = await discover(provider, party)
    const { sub } = provider.user
    const claims = JSON.stringify({
      id_token: { email: { essential: true }, auth_time: null, sub: { value: sub } },
      userinfo: { given_name: null },
    })
    const tokens = await signIn(provider, config, party, { claims })
    const identity = tokens.claims()
    t.match(identity, { sub, email: 'ada@example.com', auth_time: Number })
    t.notOk(identity && 'given_name' in identity)
    const user = await oidc.fetchUserInfo(config, tokens.access_token, sub)
    t.equal(user.given_name, 'Ada')
    t.notOk('email' in user)
  })

  flow('a pairwise subject is the same in every answer', async (t, provider) => {
    const party = await provider.client({ metadata: { subject_type: 'pairwise' } })
    const config = await discover(provider, party)
    const tokens = await signIn(provider, config, party, { scope: 'openid offline_access' })
    const sub = tokens.claims()?.sub as string
    t.not(sub, provider.user.sub)
    t.equal((await oidc.fetchUserInfo(config, tokens.access_token, sub)).sub, sub)
    t.equal((await oidc.tokenIntrospection(config, tokens.access_token)).sub, sub)
    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token as string)
    t.equal(refreshed.claims()?.sub, sub)
  })
})
