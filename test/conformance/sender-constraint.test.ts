import { randomUUID } from 'node:crypto'
import { exportJWK, type JWK, SignJWT } from 'jose'
import { conformance, type Party, type Provider } from './provider.ts'
import {
  approve,
  assertion,
  begin,
  type ClientKey,
  clientKey,
  dpop,
  redeem,
  responseOf,
  signIn,
  token,
} from './relying-party.ts'

/** The token endpoint's other address has no port, as that of a server on the internet. */
const MTLS_BASE_URL = 'https://mtls.example.com/op'

const GRANT = { grant_type: 'client_credentials', scope: 'orders:read' }

const atToken = (provider: Provider) => ({ method: 'POST', url: `${provider.issuer}/oauth/token` })

/** A token of the client's own for the guarded route, bound to a key. */
async function boundToken(provider: Provider, party: Party, key: ClientKey): Promise<string> {
  const headers = await dpop(provider, key, atToken(provider))
  const { status, body } = await token(
    provider,
    party,
    { ...GRANT, resource: provider.resource },
    { headers },
  )
  if (status !== 200 || body.token_type !== 'DPoP') throw new Error(JSON.stringify(body))
  return body.access_token
}

/** Asks the guarded route with a token and a proof. */
async function present(
  provider: Provider,
  accessToken: string,
  key: ClientKey,
  over: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
) {
  const request = { method: 'GET', url: provider.resource, accessToken }
  const proof = await dpop(provider, key, request, over, header)
  return provider.ask(provider.resource, { headers: { authorization: `DPoP ${accessToken}`, ...proof } })
}

await conformance(
  statement => {
    statement(
      'DPOP-1',
      'A proof at the token endpoint binds the token; userinfo and guarded routes ask for the same key',
      async (t, provider) => {
        const party = await provider.client()
        const key = await clientKey()
        const headers = await dpop(provider, key, atToken(provider))
        const tokens = await signIn(provider, party, {}, { asked: { headers } })
        t.equal(tokens.token_type, 'DPoP')
        const url = `${provider.issuer}/oauth/userinfo`
        const authorization = `DPoP ${tokens.access_token}`
        const ask = async (by: ClientKey) =>
          provider.ask(url, {
            headers: {
              authorization,
              ...(await dpop(provider, by, { method: 'GET', url, accessToken: tokens.access_token })),
            },
          })
        t.match(await ask(key), { status: 200, body: { sub: provider.user.sub } })
        const other = await clientKey()
        t.equal((await ask(other)).status, 401)
        const own = await boundToken(provider, party, key)
        t.equal((await present(provider, own, key)).status, 200)
        const refused = await present(provider, own, other)
        t.equal(refused.status, 401)
        t.match(refused.headers.get('www-authenticate'), /DPoP .*error="invalid_(token|dpop_proof)"/)
      },
    )

    statement(
      'DPOP-2',
      'Exactly one proof; typ, alg, a public-only jwk, and the signature are checked',
      async (t, provider) => {
        const party = await provider.client()
        const key = await clientKey()
        const one = await dpop(provider, key, atToken(provider))
        const two = await dpop(provider, key, atToken(provider))
        const { d } = await exportJWK(key.privateKey)
        const { kid: _, use: __, alg: ___, ...jwk } = key.publicJwk
        const shared = new TextEncoder().encode('x'.repeat(32))
        const symmetric = await new SignJWT({ jti: randomUUID(), htm: 'POST', htu: atToken(provider).url })
          .setProtectedHeader({ typ: 'dpop+jwt', alg: 'HS256', jwk: { kty: 'oct', k: 'eHh4' } as JWK })
          .setIssuedAt(Math.floor(provider.now().getTime() / 1000))
          .sign(shared)
        const foreign = await clientKey()
        const { kid: ____, use: _____, alg: ______, ...foreignJwk } = foreign.publicJwk
        for (const [what, headers] of [
          ['two proofs', { dpop: `${one.dpop}, ${two.dpop}` }],
          ['no typ', await dpop(provider, key, atToken(provider), {}, { typ: undefined })],
          ['another typ', await dpop(provider, key, atToken(provider), {}, { typ: 'JWT' })],
          ['a symmetric alg', { dpop: symmetric }],
          ['a private key', await dpop(provider, key, atToken(provider), {}, { jwk: { ...jwk, d } })],
          ['no key', await dpop(provider, key, atToken(provider), {}, { jwk: undefined })],
          ['a foreign key', await dpop(provider, key, atToken(provider), {}, { jwk: foreignJwk })],
          ['nonsense', { dpop: 'nonsense' }],
        ] as const) {
          const refused = await token(provider, party, GRANT, { headers: headers as Record<string, string> })
          t.match(refused, { status: 400, body: { error: 'invalid_dpop_proof' } }, what)
        }
        t.equal((await token(provider, party, GRANT, { headers: one })).status, 200)
      },
    )

    statement(
      'DPOP-3',
      "htm and htu must be the request's; query, fragment, case and default port do not matter",
      async (t, provider) => {
        const party = await provider.client()
        const key = await clientKey()
        const { url } = atToken(provider)
        const portless = (address: string, port = '') => address.replace(/:\d+(?=\/)/, port)
        const elsewhere = `${MTLS_BASE_URL}/oauth/token`
        const attempt = async (over: Record<string, unknown>) =>
          token(provider, party, GRANT, { headers: await dpop(provider, key, atToken(provider), over) })
        for (const over of [
          { htm: 'GET' },
          { htm: undefined },
          { htu: `${url}/` },
          { htu: `${provider.issuer}/oauth/userinfo` },
          { htu: url.replace('https:', 'http:') },
          { htu: portless(url) },
          { htu: portless(url, ':443') },
          { htu: portless(url, ':1') },
          { htu: elsewhere.replace('.com/', '.com:8443/') },
          { htu: elsewhere.replace('.com/', '.com:80/') },
          { htu: elsewhere.replace('https:', 'http:') },
          { htu: 'nonsense' },
          { htu: undefined },
        ]) {
          t.match(
            await attempt(over),
            { status: 400, body: { error: 'invalid_dpop_proof' } },
            JSON.stringify(over),
          )
        }
        for (const htu of [
          `${url}?a=b`,
          `${url}#fragment`,
          url.replace('https://localhost', 'HTTPS://LOCALHOST'),
          elsewhere,
          elsewhere.replace('.com/', '.com:443/'),
          elsewhere.replace('https://mtls.example.com/', 'HTTPS://MTLS.Example.com:443/'),
        ]) {
          t.equal((await attempt({ htu })).status, 200, htu)
        }

        const accessToken = await boundToken(provider, party, key)
        for (const over of [
          { htm: 'POST' },
          { htu: `${provider.resource}/7` },
          { htu: portless(provider.resource) },
          { htu: portless(provider.resource, ':443') },
        ])
          t.equal((await present(provider, accessToken, key, over)).status, 401, JSON.stringify(over))
        for (const htu of [`${provider.resource}?a=b#c`, provider.resource.replace('localhost', 'LocalHost')])
          t.equal((await present(provider, accessToken, key, { htu })).status, 200, htu)
      },
    )

    statement('DPOP-4', 'iat may be 10 seconds off; an hour is refused', async (t, provider) => {
      const party = await provider.client()
      const key = await clientKey()
      const now = Math.floor(provider.now().getTime() / 1000)
      for (const [iat, status] of [
        [now - 10, 200],
        [now + 10, 200],
        [now - 3600, 400],
        [now + 3600, 400],
        [undefined, 400],
      ] as const) {
        const headers = await dpop(provider, key, atToken(provider), { iat })
        const answer = await token(provider, party, GRANT, { headers })
        t.equal(answer.status, status, `${iat}`)
        if (status === 400) t.equal(answer.body.error, 'invalid_dpop_proof')
      }
    })

    statement('DPOP-5', 'A jti works once', async (t, provider) => {
      const party = await provider.client()
      const key = await clientKey()
      const headers = await dpop(provider, key, atToken(provider))
      t.equal((await token(provider, party, GRANT, { headers })).status, 200)
      const replayed = await token(provider, party, GRANT, { headers })
      t.match(replayed, { status: 400, body: { error: 'invalid_dpop_proof' } })
      const accessToken = await boundToken(provider, party, key)
      const jti = randomUUID()
      t.equal((await present(provider, accessToken, key, { jti })).status, 200)
      t.equal((await present(provider, accessToken, key, { jti })).status, 401)
    })

    statement('DPOP-6', "ath must be the token's", async (t, provider) => {
      const party = await provider.client()
      const key = await clientKey()
      const accessToken = await boundToken(provider, party, key)
      const other = await dpop(provider, key, { ...atToken(provider), accessToken: 'other' })
      const [, payload = ''] = other.dpop.split('.')
      const { ath } = JSON.parse(Buffer.from(payload, 'base64url').toString())
      for (const over of [{ ath: undefined }, { ath }, { ath: 1 }])
        t.equal((await present(provider, accessToken, key, over)).status, 401)
    })

    statement(
      'DPOP-7',
      "A bound token is not a bearer token, and the scheme's case does not matter",
      async (t, provider) => {
        const party = await provider.client()
        const key = await clientKey()
        const accessToken = await boundToken(provider, party, key)
        const request = { method: 'GET', url: provider.resource, accessToken }
        const asBearer = { authorization: `Bearer ${accessToken}` }
        t.equal((await provider.ask(provider.resource, { headers: asBearer })).status, 401)
        const withProof = { ...asBearer, ...(await dpop(provider, key, request)) }
        t.equal((await provider.ask(provider.resource, { headers: withProof })).status, 401)
        const withoutProof = { authorization: `DPoP ${accessToken}` }
        t.equal((await provider.ask(provider.resource, { headers: withoutProof })).status, 401)
        for (const scheme of ['dpop', 'DPOP', 'dPoP']) {
          const headers = {
            authorization: `${scheme} ${accessToken}`,
            ...(await dpop(provider, key, request)),
          }
          t.equal((await provider.ask(provider.resource, { headers })).status, 200, scheme)
        }
        const plain = await token(provider, party, { ...GRANT, resource: provider.resource })
        const upgraded = await present(provider, plain.body.access_token, key)
        t.equal(upgraded.status, 401, 'nor is a bearer token a bound one')
      },
    )

    statement('DPOP-8', 'Further claims in a proof are tolerated', async (t, provider) => {
      const key = await clientKey()
      const headers = await dpop(provider, key, atToken(provider), { extra: { a: 1 }, nbf: 1, exp: 4e9 })
      t.equal((await token(provider, await provider.client(), GRANT, { headers })).status, 200)
    })

    statement(
      'DPOP-10',
      'A code bound by dpop_jkt or at the pushed request needs that key',
      async (t, provider) => {
        const party = await provider.client()
        const key = await clientKey()
        for (const [by, status] of [
          [await clientKey(), 400],
          [undefined, 400],
          [key, 200],
        ] as const) {
          const begun = begin(provider, party, { dpop_jkt: key.thumbprint })
          const { code } = responseOf(await approve(provider.browser(), begun.url))
          const headers = by ? await dpop(provider, by, atToken(provider)) : {}
          t.equal((await redeem(provider, party, begun, code, {}, { headers })).status, status)
        }
      },
    )

    statement(
      'MTLS-1',
      'A certificate-bound token is refused without its certificate and with another',
      async (t, provider) => {
        const certificate = await provider.authority.client('O=Example, CN=rp')
        const other = await provider.authority.client('O=Example, CN=other')
        const party = await provider.client({
          metadata: {
            token_endpoint_auth_method: 'tls_client_auth',
            tls_client_auth_subject_dn: 'CN=rp, O=Example',
            tls_client_certificate_bound_access_tokens: true,
          },
        })
        const form = { client_id: party.id, ...GRANT, resource: provider.resource }
        const { status, body } = await provider.ask('/oauth/token', { form, certificate })
        t.equal(status, 200)
        const headers = { authorization: `Bearer ${body.access_token}` }
        t.equal((await provider.ask(provider.resource, { headers, certificate })).status, 200)
        t.equal((await provider.ask(provider.resource, { headers })).status, 401)
        t.equal((await provider.ask(provider.resource, { headers, certificate: other })).status, 401)
      },
    )

    statement('BIND-1', 'Strict clients get no token without DPoP or certificate', async (t, provider) => {
      const key = await clientKey()
      const party = {
        ...(await provider.client({
          profile: 'fapi2',
          metadata: { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.publicJwk] } },
        })),
        secret: '',
      }
      const attempt = async (headers: Record<string, string>) =>
        token(provider, party, { ...GRANT, ...(await assertion(provider, party, key)) }, { headers })
      t.match(await attempt({}), { status: 400, body: { error: /^invalid_(dpop_proof|request)$/ } })
      t.match(await attempt(await dpop(provider, key, atToken(provider))), {
        status: 200,
        body: { token_type: 'DPoP' },
      })
    })
  },
  () => ({ oauth: { mtlsBaseUrl: MTLS_BASE_URL } }),
)
