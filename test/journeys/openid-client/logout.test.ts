import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import * as oidc from 'openid-client'
import { onEveryProvider } from '../../conformance/provider.ts'
import { eventually } from '../../support/eventually.ts'
import { logoutReceiver } from '../../support/logout-receiver.ts'
import { authorization, discover, errorOf, signIn } from '../../support/openid-client.ts'

const GOODBYE = 'https://rp.example.com/goodbye'

await onEveryProvider(flow => {
  flow('a person signs out, and every client is told', async (t, provider) => {
    const receiver = await logoutReceiver(t, provider.authority)
    const party = await provider.client({
      metadata: {
        post_logout_redirect_uris: [GOODBYE],
        backchannel_logout_uri: receiver.uri,
        backchannel_logout_session_required: true,
      },
    })
    const config = await discover(provider, party)
    const browser = provider.browser()
    const tokens = await signIn(provider, config, party, {}, { browser })
    const end = oidc.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token as string,
      post_logout_redirect_uri: GOODBYE,
      state: 'where-we-were',
    })
    t.equal((await browser.open(end)).url.href, `${GOODBYE}?state=where-we-were`)

    const { parameters, checks } = await authorization(party, { prompt: 'none' })
    const silent = await browser.open(oidc.buildAuthorizationUrl(config, parameters))
    t.equal(await errorOf(t, oidc.authorizationCodeGrant(config, silent.url, checks)), 'login_required')

    // The library reads no logout tokens, so that is left to jose.
    await eventually(
      async () => receiver.tokens.length,
      count => count === 1,
    )
    const { jwks_uri = '' } = config.serverMetadata()
    const keySet = createRemoteJWKSet(new URL(jwks_uri), { [customFetch]: provider.fetch })
    const { payload } = await jwtVerify(receiver.tokens[0] ?? '', keySet, {
      issuer: provider.issuer,
      audience: party.id,
      typ: 'logout+jwt',
    })
    t.match(payload, { sub: provider.user.sub, sid: tokens.claims()?.sid })
    await eventually(
      () => oidc.tokenIntrospection(config, tokens.access_token),
      ({ active }) => !active,
    )
  })

  flow('without a token, the person is asked', async (t, provider) => {
    const party = await provider.client({ metadata: { post_logout_redirect_uris: [GOODBYE] } })
    const config = await discover(provider, party)
    const browser = provider.browser()
    await signIn(provider, config, party, {}, { browser })
    const asked = await browser.open(oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: GOODBYE }))
    t.match(asked.html, 'logout-confirm')
    const done = await browser.press(asked, 'logout-confirm')
    t.equal(done.url.origin, provider.origin, 'and stays here')
    const { parameters } = await authorization(party, { prompt: 'none' })
    const silent = await browser.open(oidc.buildAuthorizationUrl(config, parameters))
    t.equal(silent.url.searchParams.get('error'), 'login_required')
  })
})
