import { onEveryProvider, type Party, type Provider } from '../../conformance/provider.ts'
import { approve, begin, responseOf } from '../../conformance/relying-party.ts'
import { browserBy, type Curl, curlFor, data } from '../../support/curl.ts'
import { decide } from '../../support/device.ts'
import { PAYMENT, withPayments } from '../../support/payments.ts'
import { SHIPMENTS, withShipments } from '../../support/resource-server.ts'
import { sharedBrowser } from '../../support/shared-browser.ts'

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
const GOODBYE = 'https://rp.example.com/goodbye'

const user = ({ id, secret }: Party) => ['-u', `${id}:${secret}`]
const bearer = (token: string) => ['-H', `Authorization: Bearer ${token}`]

/** A person signs in with a browser; answers what curl gets for the code. */
async function signIn(
  curl: Curl,
  provider: Provider,
  party: Party,
  more = {},
  browser = sharedBrowser(provider),
) {
  const { url, parameters, verifier } = begin(provider, party, more)
  const { code } = responseOf(await approve(browser, url))
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
  const { redirect_uri } = parameters
  const own = party.secret === '' ? data({ client_id: party.id }) : user(party)
  return curl(...own, ...data({ ...form, redirect_uri }), `${provider.issuer}/oauth/token`)
}

await onEveryProvider(
  flow => {
    flow('curl is the browser and the client, from discovery to revocation', async (t, provider) => {
      const curl = curlFor(t, provider)
      const discovered = await curl(`${provider.issuer}/.well-known/openid-configuration`)
      const metadata = discovered.body
      t.equal(metadata.issuer, provider.issuer)
      const party = await provider.client()
      const begun = begin(provider, party, { scope: 'openid email offline_access' })
      t.ok(begun.url.href.startsWith(metadata.authorization_endpoint))
      const callback = await approve(browserBy(curl, provider), begun.url)
      const { code, state, iss } = responseOf(callback)
      t.same([state, iss], [begun.state, provider.issuer])

      const redeemed = await curl(
        ...user(party),
        ...data({
          grant_type: 'authorization_code',
          code,
          redirect_uri: party.redirectUri,
          code_verifier: begun.verifier,
        }),
        metadata.token_endpoint,
      )
      t.equal(redeemed.status, 200)
      const refreshed = await curl(
        ...user(party),
        ...data({ grant_type: 'refresh_token', refresh_token: redeemed.body.refresh_token }),
        metadata.token_endpoint,
      )
      t.equal(refreshed.status, 200)
      const { access_token, refresh_token } = refreshed.body
      t.not(refresh_token, redeemed.body.refresh_token)

      const got = await curl(...bearer(access_token), metadata.userinfo_endpoint)
      t.match(got, { status: 200, body: { sub: provider.user.sub, email: 'ada@example.com' } })
      const posted = await curl(...data({ access_token }), metadata.userinfo_endpoint)
      t.same(posted.body, got.body)

      const introspect = () =>
        curl(...user(party), ...data({ token: access_token }), metadata.introspection_endpoint)
      t.match(await introspect(), { status: 200, body: { active: true, client_id: party.id } })
      const revoke = data({ token: refresh_token })
      const revoked = await curl(...user(party), ...revoke, metadata.revocation_endpoint)
      t.equal(revoked.status, 200)
      t.same((await introspect()).body, { active: false })
      const after = await curl(...bearer(access_token), metadata.userinfo_endpoint)
      t.equal(after.status, 401)
      t.match(after.headers.get('www-authenticate'), 'error="invalid_token"')
    })

    flow('curl sends the secret in the body, and an app none at all', async (t, provider) => {
      const curl = curlFor(t, provider)
      const app = await provider.client({ type: 'public', redirectUris: ['com.example.app:/callback'] })
      t.equal((await signIn(curl, provider, app)).status, 200)
      const party = await provider.client({ metadata: { token_endpoint_auth_method: 'client_secret_post' } })
      const token = (client_secret: string) =>
        curl(
          ...data({ grant_type: 'client_credentials', client_id: party.id, client_secret }),
          `${provider.issuer}/oauth/token`,
        )
      t.equal((await token(party.secret)).status, 200)
      t.match(await token('wrong'), { status: 401, body: { error: 'invalid_client' } })
    })

    flow('curl reads the code from a form', async (t, provider) => {
      const curl = curlFor(t, provider)
      const party = await provider.client()
      const tokens = await signIn(curl, provider, party, { response_mode: 'form_post' })
      t.equal(tokens.status, 200)
    })

    flow('curl sends the request ahead, and the browser only its reference', async (t, provider) => {
      const curl = curlFor(t, provider)
      const party = await provider.client()
      const { parameters, verifier } = begin(provider, party)
      const pushed = await curl(...user(party), ...data(parameters), `${provider.issuer}/oauth/par`)
      t.equal(pushed.status, 201)
      const reference = { client_id: party.id, request_uri: pushed.body.request_uri }
      const url = new URL(`${provider.issuer}/oauth/authorize?${new URLSearchParams(reference)}`)
      const { code } = responseOf(await approve(sharedBrowser(provider), url))
      const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
      const redeemed = await curl(
        ...user(party),
        ...data({ ...form, redirect_uri: party.redirectUri }),
        `${provider.issuer}/oauth/token`,
      )
      t.match(redeemed, { status: 200, body: { token_type: 'Bearer' } })
    })

    flow('curl asks for a token for one resource, and for one payment', async (t, provider) => {
      const curl = curlFor(t, provider)
      const party = await provider.client({ metadata: { authorization_details_types: ['payment'] } })
      const { body } = await signIn(curl, provider, party, {
        scope: 'openid orders:read',
        resource: SHIPMENTS,
        authorization_details: JSON.stringify([PAYMENT]),
        claims: '{"id_token":{"email":null}}',
      })
      t.match(body.authorization_details, [PAYMENT])
      const payload = (jwt: string) =>
        JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
      t.match(payload(body.access_token), { aud: SHIPMENTS, scope: 'orders:read' })
      t.equal(payload(body.id_token).email, 'ada@example.com')
    })

    flow('curl is a device that waits for its user', async (t, provider) => {
      const curl = curlFor(t, provider)
      const { id } = await provider.client({
        type: 'public',
        grantTypes: [DEVICE, 'refresh_token'],
        redirectUris: [],
      })
      const begun = await curl(
        ...data({ client_id: id, scope: 'openid email' }),
        `${provider.issuer}/oauth/device_authorization`,
      )
      t.equal(begun.status, 200)
      const { device_code, interval, verification_uri_complete } = begun.body
      const poll = () =>
        curl(...data({ grant_type: DEVICE, client_id: id, device_code }), `${provider.issuer}/oauth/token`)
      t.match(await poll(), { status: 400, body: { error: 'authorization_pending' } })
      t.match(await poll(), { status: 400, body: { error: 'slow_down' } }, 'too soon')
      await decide(sharedBrowser(provider), verification_uri_complete, 'allow')
      provider.passes(interval + 5)
      const got = await poll()
      t.match(got, { status: 200, body: { scope: 'openid email' } })
      const who = await curl(...bearer(got.body.access_token), `${provider.issuer}/oauth/userinfo`)
      t.match(who, { status: 200, body: { sub: provider.user.sub } })
      t.match(await poll(), { status: 400, body: { error: 'invalid_grant' } }, 'once')
    })

    flow('curl signs out', async (t, provider) => {
      const curl = curlFor(t, provider)
      const party = await provider.client({ metadata: { post_logout_redirect_uris: [GOODBYE] } })
      const browser = browserBy(curl, provider)
      const { body } = await signIn(curl, provider, party, {}, browser)
      const query = new URLSearchParams({
        id_token_hint: body.id_token,
        post_logout_redirect_uri: GOODBYE,
        state: 'done',
      })
      const end = await browser.open(`${provider.issuer}/oauth/logout?${query}`)
      t.equal(end.url.href, `${GOODBYE}?state=done`)
      const silent = await browser.open(begin(provider, party, { prompt: 'none' }).url)
      t.equal(responseOf(silent).error, 'login_required')
      const who = await curl(...bearer(body.access_token), `${provider.issuer}/oauth/userinfo`)
      t.equal(who.status, 401, 'its tokens ended with the session')
    })
  },
  provider => ({ oauth: { ...withShipments(provider).oauth, ...withPayments(provider).oauth } }),
)
