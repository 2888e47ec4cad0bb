import * as oauth from 'oauth4webapi'
import { onEveryProvider, type Provider } from '../../conformance/provider.ts'
import { decide } from '../../support/device.ts'
import { clientOf, errorOf, refresh, userinfo } from '../../support/oauth4webapi.ts'
import { sharedBrowser } from '../../support/shared-browser.ts'

const GRANT_TYPES = ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token']

/** A television, whose user finds a link on its screen. */
async function television(provider: Provider, type: 'public' | 'confidential' = 'public') {
  const party = await provider.client({ type, grantTypes: GRANT_TYPES, redirectUris: [] })
  const of = await clientOf(provider, party)
  const { as, client, authentication, reach } = of
  const parameters = { scope: 'openid email offline_access' }
  const response = await oauth.deviceAuthorizationRequest(as, client, authentication, parameters, reach)
  const begun = await oauth.processDeviceAuthorizationResponse(as, client, response)
  return {
    of,
    begun,
    async poll() {
      const asked = await oauth.deviceCodeGrantRequest(as, client, authentication, begun.device_code, reach)
      const tokens = await oauth.processDeviceCodeResponse(as, client, asked)
      await oauth.validateApplicationLevelSignature(as, asked, reach)
      return tokens
    },
    decide: (decision: 'allow' | 'deny') =>
      decide(sharedBrowser(provider), begun.verification_uri_complete ?? '', decision),
  }
}

await onEveryProvider(flow => {
  for (const type of ['public', 'confidential'] as const) {
    flow(`a ${type} device waits until its user has allowed it`, async (t, provider) => {
      const { of, begun, poll, decide } = await television(provider, type)
      t.equal(await errorOf(t, poll()), 'authorization_pending')
      t.equal(await errorOf(t, poll()), 'slow_down', 'too soon')
      await decide('allow')
      provider.passes((begun.interval ?? 5) + 5)
      const tokens = await poll()
      const { sub } = provider.user
      t.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, sub)
      t.match(await userinfo(of, tokens.access_token, sub), { email: 'ada@example.com' })
      t.ok((await refresh(of, tokens.refresh_token)).access_token)
      t.equal(await errorOf(t, poll()), 'invalid_grant', 'once')
    })
  }

  flow('a device hears that its user refused, or did not come', async (t, provider) => {
    const refused = await television(provider)
    await refused.decide('deny')
    t.equal(await errorOf(t, refused.poll()), 'access_denied')
    const alone = await television(provider)
    provider.passes(alone.begun.expires_in + 1)
    t.equal(await errorOf(t, alone.poll()), 'expired_token')
  })
})
