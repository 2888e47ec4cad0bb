import * as oauth from 'oauth4webapi'
import { onEveryProvider } from '../../conformance/provider.ts'
import { approve, clientKey } from '../../conformance/relying-party.ts'
import {
  actForItself,
  authorization,
  clientOf,
  errorOf,
  introspect,
  pushed,
  redeem,
  refresh,
  signIn,
} from '../../support/oauth4webapi.ts'
import { PAYMENT, withPayments } from '../../support/payments.ts'
import { sharedBrowser } from '../../support/shared-browser.ts'

const authorization_details = JSON.stringify([PAYMENT])

await onEveryProvider(flow => {
  flow('a payment is approved, and its token says which', async (t, provider) => {
    const metadata = { authorization_details_types: ['payment'] }
    const client = await clientOf(provider, await provider.client({ metadata }))
    const more = { scope: 'openid offline_access', authorization_details }
    const tokens = await signIn(provider, client, more)
    t.match(tokens.authorization_details, [PAYMENT])
    const told = await introspect(client, tokens.access_token)
    t.match(told.authorization_details, [PAYMENT])
    t.match((await refresh(client, tokens.refresh_token)).authorization_details, [PAYMENT])
    t.match((await actForItself(client, { authorization_details })).authorization_details, [PAYMENT])
  })

  flow('a payment is asked for in a signed request that is sent ahead', async (t, provider) => {
    const key = await clientKey()
    const metadata = { authorization_details_types: ['payment'], jwks: { keys: [key.publicJwk] } }
    const client = await clientOf(provider, await provider.client({ metadata }))
    const request = await authorization(client, { authorization_details })
    const jwt = await oauth.issueRequestObject(client.as, client.client, request.parameters, key.privateKey)
    const page = await approve(sharedBrowser(provider), await pushed(client, { request: jwt }))
    const answer = oauth.validateAuthResponse(client.as, client.client, page.url, request.state)
    t.match((await redeem(client, answer, request)).authorization_details, [PAYMENT])
    const unknown = { ...request.parameters, authorization_details: '[{"type":"unknown"}]' }
    t.equal(await errorOf(t, pushed(client, unknown)), 'invalid_authorization_details')
  })
}, withPayments)
