import { createLocalJWKSet, jwtVerify } from 'jose'
import { eventually } from '../support/eventually.ts'
import { conformance, type Provider } from './provider.ts'
import { basic, begin, responseOf, signIn } from './relying-party.ts'

const DAY_SECONDS = 86_400

async function metadataOf(provider: Provider) {
  const { body } = await provider.ask('/.well-known/openid-configuration')
  return body
}

/** The keys as a verifier has them that asks now. */
async function keysOf(provider: Provider): Promise<{ keys: { kid: string; alg: string; kty: string }[] }> {
  const { body } = await provider.ask('/.well-known/jwks.json')
  return body
}

async function verify(provider: Provider, jwt: string | undefined, jwks: Awaited<ReturnType<typeof keysOf>>) {
  const options = { currentDate: provider.now(), issuer: provider.issuer }
  const { protectedHeader } = await jwtVerify(jwt ?? '', createLocalJWKSet(jwks), options)
  return protectedHeader
}

await conformance(statement => {
  statement(
    'META-1',
    'OpenID discovery answers 200 with JSON, and its issuer is the address it was found under',
    async (t, provider) => {
      const { status, headers, body } = await provider.ask('/.well-known/openid-configuration')
      t.equal(status, 200)
      t.match(headers.get('content-type'), /^application\/json/)
      t.equal(body.issuer, provider.issuer)
    },
  )

  statement(
    'META-2',
    "RFC 8414 metadata is found behind the host, before the issuer's path, and says the same",
    async (t, provider) => {
      const { pathname } = new URL(provider.issuer)
      const { status, body } = await provider.ask(
        `${provider.origin}/.well-known/oauth-authorization-server${pathname}`,
      )
      t.equal(status, 200)
      t.same(body, await metadataOf(provider))
    },
  )

  statement(
    'META-3',
    'The issuer, the jwks_uri and every endpoint are https and inside the issuer',
    async (t, provider) => {
      const metadata = await metadataOf(provider)
      const addresses = Object.entries<string>(metadata).filter(([name]) =>
        /_endpoint$|^jwks_uri$/.test(name),
      )
      t.ok(addresses.length >= 9)
      for (const [name, address] of addresses) {
        t.ok(address.startsWith(`${provider.issuer}/`), name)
        t.ok(address.startsWith('https://'))
        t.equal(new URL(address).hash, '')
      }
    },
  )

  statement(
    'META-5',
    'Support for claims, request and request_uri is stated explicitly',
    async (t, provider) => {
      const metadata = await metadataOf(provider)
      t.equal(metadata.claims_parameter_supported, true)
      t.equal(metadata.request_parameter_supported, true)
      t.equal(metadata.request_uri_parameter_supported, true)
      t.equal(metadata.require_request_uri_registration, true)
      t.ok(metadata.claims_supported.includes('email'))
    },
  )

  statement(
    'META-6',
    'PKCE methods, iss in responses, DPoP, pushed requests, mTLS and logout are advertised',
    async (t, provider) => {
      const metadata = await metadataOf(provider)
      t.same(metadata.code_challenge_methods_supported, ['S256'])
      t.equal(metadata.authorization_response_iss_parameter_supported, true)
      t.ok(metadata.dpop_signing_alg_values_supported.includes('ES256'))
      t.type(metadata.pushed_authorization_request_endpoint, 'string')
      t.equal(metadata.require_pushed_authorization_requests, false)
      t.equal(metadata.tls_client_certificate_bound_access_tokens, true)
      for (const name of ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'])
        t.ok(metadata.token_endpoint_auth_methods_supported.includes(name), name)
      t.type(metadata.end_session_endpoint, 'string')
      t.equal(metadata.backchannel_logout_supported, true)
      t.equal(metadata.backchannel_logout_session_supported, true)
    },
  )

  statement(
    'META-7',
    'ID tokens can be signed with RS256, PS256, ES256 and EdDSA, and each verifies against the JWKS',
    async (t, provider) => {
      const { id_token_signing_alg_values_supported } = await metadataOf(provider)
      const browser = provider.browser()
      for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
        t.ok(id_token_signing_alg_values_supported.includes(alg))
        const party = await provider.client({ metadata: { id_token_signed_response_alg: alg } })
        const { id_token } = await signIn(provider, party, {}, { browser })
        t.equal((await verify(provider, id_token, await keysOf(provider))).alg, alg)
      }
      t.notOk(id_token_signing_alg_values_supported.includes('none'))
    },
  )

  statement('META-8', 'No two keys share a kid, and no private member is published', async (t, provider) => {
    const { keys } = await keysOf(provider)
    t.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length)
    for (const key of keys) {
      for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'jwe'])
        t.notOk(name in key, `${key.kid} ${name}`)
      t.match(key, { use: 'sig', alg: String, kty: String })
    }
  })

  statement(
    'META-12',
    'Token exchange is off unless configured: it is not advertised, and refused',
    async (t, provider) => {
      const grant_type = 'urn:ietf:params:oauth:grant-type:token-exchange'
      const { grant_types_supported } = await metadataOf(provider)
      t.notOk(grant_types_supported.includes(grant_type))
      const party = await provider.client({ grantTypes: [grant_type] })
      const { status, body } = await provider.ask('/oauth/token', {
        headers: basic(party),
        form: { grant_type },
      })
      t.equal(status, 400)
      t.match(body.error, /^un(supported|authorized)_/)
    },
  )

  statement('META-11', 'Errors and tokens carry the same iss as the metadata', async (t, provider) => {
    const party = await provider.client()
    const failed = responseOf(await provider.browser().open(begin(provider, party, { prompt: 'none' }).url))
    const { issuer } = await metadataOf(provider)
    t.equal(failed.iss, issuer)
    const { id_token } = await signIn(provider, party)
    t.ok(await verify(provider, id_token, await keysOf(provider)))
  })

  statement(
    'META-9',
    'Rotation publishes the next key before it signs, and keeps the previous one until its tokens have expired',
    async (t, provider) => {
      const party = await provider.client({ metadata: { id_token_signed_response_alg: 'ES256' } })
      const tokenNow = async () => (await signIn(provider, party)).id_token
      const first = await verify(provider, await tokenNow(), await keysOf(provider))
      const kids = async () =>
        (await keysOf(provider)).keys.filter(({ alg }) => alg === 'ES256').map(({ kid }) => kid)
      t.same(await kids(), [first.kid])

      provider.passes(89 * DAY_SECONDS + 3600)
      const [, next] = await eventually(kids, published => published.length === 2)
      t.ok(next, 'the next key is published')
      const last = await tokenNow()
      t.equal((await verify(provider, last, await keysOf(provider))).kid, first.kid, 'and does not sign yet')

      provider.passes(DAY_SECONDS)
      await keysOf(provider)
      t.equal((await verify(provider, await tokenNow(), await keysOf(provider))).kid, next, 'now it signs')
      t.ok((await kids()).includes(first.kid as string), 'beside the previous one')

      // The longest that anything signed is good for: a session, which an ID token ends by being its hint.
      provider.passes(15 * DAY_SECONDS)
      t.notOk((await kids()).includes(first.kid as string), 'which goes when its tokens have expired')
    },
  )

  statement(
    'META-10',
    'Whoever believes a JWKS for a day verifies every token across a rotation',
    async (t, provider) => {
      const party = await provider.client({ metadata: { id_token_signed_response_alg: 'EdDSA' } })
      let believed = await keysOf(provider)
      const seen = new Set<string | undefined>()
      for (let hour = 0; hour < 100 * 24; hour += 12) {
        if (hour % 24 === 0) believed = await keysOf(provider)
        if (hour % (24 * 5) === 0 || hour > 85 * 24) {
          const { id_token } = await signIn(provider, party)
          seen.add((await verify(provider, id_token, believed)).kid)
        }
        provider.passes(12 * 3600)
      }
      t.ok(seen.size >= 2, 'there was a rotation')
    },
  )
})
