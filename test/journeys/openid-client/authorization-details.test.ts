import * as oidc from 'openid-client'
import { onEveryProvider } from '../../conformance/provider.ts'
import { approve, clientKey } from '../../conformance/relying-party.ts'
import { authorization, discover, errorOf, signIn } from '../../support/openid-client.ts'
import { PAYMENT, withPayments } from '../../support/payments.ts'
import { sharedBrowser } from '../../support/shared-browser.ts'

const authorization_details = JSON.stringify([PAYMENT])

await onEveryProvider(flow => {
  flow('a payment is approved, and its token says which', async (t, provider) => {
    const party = await provider.client({ metadata: { authorization_details_types: ['payment'] } })
    const config = await discover(provider, party)
    t.same(config.serverMetadata().authorization_details_types_supported, ['payment'])
    const more = { scope: 'openid offline_access', authorization_details }
    const tokens = await signIn(provider, config, party, more)
    t.match(tokens.authorization_details, [PAYMENT])
    const { authorization_details: told } = await oidc.tokenIntrospection(config, tokens.access_token)
    t.match(told, [PAYMENT])
    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token as string)
    t.match(refreshed.authorization_details, [PAYMENT])
    const own = await oidc.clientCredentialsGrant(config, { authorization_details })
    t.match(own.authorization_details, [PAYMENT])
  })

  flow('a payment is asked for in a signed request that is sent ahead', async (t, provider) => {
    const key = await clientKey()
    const party = await provider.client({
      metadata: { authorization_details_types: ['payment'], jwks: { keys: [key.publicJwk] } },
    })
    const config = await discover(provider, party)
    const { parameters, checks } = await authorization(party, { authorization_details })
    const signed = await oidc.buildAuthorizationUrlWithJAR(config, parameters, key.privateKey)
    const url = await oidc.buildAuthorizationUrlWithPAR(config, signed.searchParams)
    const page = await approve(sharedBrowser(provider), url)
    const tokens = await oidc.authorizationCodeGrant(config, page.url, checks)
    t.match(tokens.authorization_details, [PAYMENT])
    const unknown = { ...parameters, authorization_details: '[{"type":"unknown"}]' }
    const refused = oidc.buildAuthorizationUrlWithPAR(config, unknown)
    t.equal(await errorOf(t, refused), 'invalid_authorization_details')
  })
}, withPayments)
