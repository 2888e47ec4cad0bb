import * as oidc from 'openid-client'
import { onEveryProvider, type Provider } from '../../conformance/provider.ts'
import { decide } from '../../support/device.ts'
import { discover, errorOf } from '../../support/openid-client.ts'
import { sharedBrowser } from '../../support/shared-browser.ts'

const GRANT_TYPES = ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token']

/** A device that waits hardly at all, while the provider's clock goes on after each of its questions. */
async function device(provider: Provider, afterQuestion: (times: number) => Promise<void>) {
  const party = await provider.client({ type: 'public', grantTypes: GRANT_TYPES, redirectUris: [] })
  let questions = 0
  const fetch = async (url: string, init: RequestInit) => {
    const response = await provider.fetch(url, init)
    if (String(init.body).includes('device_code=')) {
      questions += 1
      await afterQuestion(questions)
      provider.passes(5)
    }
    return response
  }
  const config = await discover(provider, party, { fetch: fetch as typeof globalThis.fetch })
  const begun = await oidc.initiateDeviceAuthorization(config, { scope: 'openid email offline_access' })
  return {
    config,
    begun,
    poll: (options?: oidc.DPoPOptions) =>
      oidc.pollDeviceAuthorizationGrant(config, { ...begun, interval: 0.01 }, undefined, options),
    asked: () => questions,
  }
}

await onEveryProvider(flow => {
  flow('a device waits until its user has allowed it', async (t, provider) => {
    const { config, begun, poll, asked } = await device(provider, async times => {
      if (times === 2) await decide(sharedBrowser(provider), begun.verification_uri_complete ?? '', 'allow')
    })
    t.match(begun, { verification_uri: `${provider.issuer}/device`, interval: 5, user_code: /^\w{4}-\w{4}$/ })
    const options = { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair()) }
    const tokens = await poll(options)
    t.equal(asked(), 3)
    t.equal(tokens.token_type, 'dpop')
    t.equal(tokens.claims()?.sub, provider.user.sub)
    const user = await oidc.fetchUserInfo(config, tokens.access_token, provider.user.sub, options)
    t.equal(user.email, 'ada@example.com')
    const refreshed = oidc.refreshTokenGrant(config, tokens.refresh_token as string, {}, options)
    t.equal((await refreshed).claims()?.sub, provider.user.sub)
    t.equal(await errorOf(t, poll(options)), 'invalid_grant', 'once')
  })

  flow('a device hears that its user refused', async (t, provider) => {
    const { begun, poll } = await device(provider, async () => {})
    await decide(sharedBrowser(provider), begun.verification_uri_complete ?? '', 'deny')
    t.equal(await errorOf(t, poll()), 'access_denied')
  })

  flow('a device hears that nobody came in time', async (t, provider) => {
    const { begun, poll } = await device(provider, async () => {})
    provider.passes(begun.expires_in + 1)
    t.equal(await errorOf(t, poll()), 'expired_token')
  })
})
