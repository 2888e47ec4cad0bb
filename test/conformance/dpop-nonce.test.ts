import { conformance } from './provider.ts'
import { approve, begin, clientKey, dpop, redeem, responseOf, token } from './relying-party.ts'

await conformance(
  statement => {
    statement(
      'DPOP-9',
      'Where the server asks for a nonce, it says so, gives one, and accepts it',
      async (t, provider) => {
        const party = await provider.client()
        const key = await clientKey()
        const request = { method: 'POST', url: `${provider.issuer}/oauth/token` }
        const grant = { grant_type: 'client_credentials', resource: provider.resource, scope: 'orders:read' }
        const refused = await token(provider, party, grant, { headers: await dpop(provider, key, request) })
        t.match(refused, { status: 400, body: { error: 'use_dpop_nonce' } })
        const nonce = refused.headers.get('dpop-nonce') ?? ''
        t.ok(nonce)
        const accepted = await token(provider, party, grant, {
          headers: await dpop(provider, key, request, { nonce }),
        })
        t.equal(accepted.status, 200)
        const wrong = await token(provider, party, grant, {
          headers: await dpop(provider, key, request, { nonce: `${nonce}x` }),
        })
        t.match(wrong, { status: 400, body: { error: 'use_dpop_nonce' } })

        const accessToken = accepted.body.access_token
        const atResource = { method: 'GET', url: provider.resource, accessToken }
        const authorization = `DPoP ${accessToken}`
        const ask = async (over: object) =>
          provider.ask(provider.resource, {
            headers: { authorization, ...(await dpop(provider, key, atResource, { ...over })) },
          })
        const challenged = await ask({})
        t.equal(challenged.status, 401)
        t.match(challenged.headers.get('www-authenticate'), 'error="use_dpop_nonce"')
        t.equal((await ask({ nonce: challenged.headers.get('dpop-nonce') })).status, 200)

        const begun = begin(provider, party, { dpop_jkt: key.thumbprint })
        const { code } = responseOf(await approve(provider.browser(), begun.url))
        const first = await redeem(
          provider,
          party,
          begun,
          code,
          {},
          { headers: await dpop(provider, key, request) },
        )
        t.equal(first.body.error, 'use_dpop_nonce')
        const headers = await dpop(provider, key, request, { nonce: first.headers.get('dpop-nonce') })
        const second = await redeem(provider, party, begun, code, {}, { headers })
        t.equal(second.status, 200, 'the code was not spent by the refusal')
      },
    )
  },
  () => ({ oauth: { requireDpopNonce: true } }),
)
