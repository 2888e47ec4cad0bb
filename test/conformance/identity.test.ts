import type { ClientMetadata } from '@xwms/core'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import type { Browser } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { logoutReceiver } from '../support/logout-receiver.ts'
import { addGrace } from '../support/seed.ts'
import { conformance, type Party, type Provider } from './provider.ts'
import {
  approve,
  begin,
  idTokenClaims,
  introspect,
  redeem,
  responseOf,
  signIn,
  token,
  userinfo,
} from './relying-party.ts'

const ALL = 'openid profile email address phone'
const OFFLINE = { scope: 'openid offline_access orders:read', prompt: 'consent' }
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const JWT_RESOURCE = 'https://jwt.example.com/'

/** Who the user is, by every token that a client gets and every answer about one. */
async function subjectsTold(
  provider: Provider,
  party: Party,
  browser: Browser,
): Promise<Readonly<Record<string, unknown>>> {
  const subOf = (jwt: string | undefined) => decodeJwt(jwt ?? '').sub
  const tokens = await signIn(provider, party, OFFLINE, { browser })
  const forResource = await signIn(provider, party, { ...OFFLINE, resource: JWT_RESOURCE }, { browser })
  const { text, body } = await userinfo(provider, tokens.access_token)
  const about = (value: string | undefined, headers = {}) =>
    introspect(provider, party, { token: value }, headers)
  const signed = await about(tokens.access_token, { accept: 'application/token-introspection+jwt' })
  const refreshed = await token(provider, party, {
    grant_type: 'refresh_token',
    refresh_token: forResource.refresh_token,
  })
  const exchanged = await token(provider, party, {
    grant_type: EXCHANGE,
    subject_token: forResource.access_token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    resource: JWT_RESOURCE,
  })
  return {
    'ID token': subOf(tokens.id_token),
    userinfo: body?.sub ?? subOf(text),
    introspection: (await about(tokens.access_token)).body.sub,
    'introspection, signed': (decodeJwt(signed.text).token_introspection as { sub?: unknown }).sub,
    'introspection of a refresh token': (await about(tokens.refresh_token)).body.sub,
    'JWT access token': subOf(forResource.access_token),
    'introspection of a JWT access token': (await about(forResource.access_token)).body.sub,
    'ID token, refreshed': subOf(refreshed.body.id_token),
    'JWT access token, refreshed': subOf(refreshed.body.access_token),
    'JWT access token, exchanged': subOf(exchanged.body.access_token),
  }
}

await conformance(
  statement => {
    statement(
      'ID-1',
      'The ID token has the standard claims, the nonce and sid, and no profile claims that were not asked for',
      async (t, provider) => {
        const party = await provider.client()
        const begun = begin(provider, party, { scope: ALL })
        const { code } = responseOf(await approve(provider.browser(), begun.url))
        const { body } = await redeem(provider, party, begun, code)
        const claims = decodeJwt(body.id_token)
        t.match(claims, { iss: provider.issuer, sub: provider.user.sub, aud: party.id, nonce: begun.nonce })
        t.type(claims.sid, 'string')
        t.type(claims.auth_time, 'number')
        t.ok((claims.sub?.length ?? 256) <= 255)
        t.ok((claims.exp ?? 0) > (claims.iat ?? 0))
        for (const name of ['name', 'email', 'address', 'phone_number', 'birthdate'])
          t.notOk(name in claims, name)
      },
    )

    statement(
      'ID-2',
      'Userinfo answers GET, POST with a header and POST with a body',
      async (t, provider) => {
        const { access_token } = await signIn(provider, await provider.client(), { scope: 'openid email' })
        const byGet = await userinfo(provider, access_token)
        t.match(byGet, { status: 200, body: { sub: provider.user.sub, email: 'ada@example.com' } })
        const byHeader = await provider.ask('/oauth/userinfo', {
          method: 'POST',
          headers: { authorization: `Bearer ${access_token}` },
        })
        const byBody = await provider.ask('/oauth/userinfo', { form: { access_token } })
        t.same(byHeader.body, byGet.body)
        t.same(byBody.body, byGet.body)
      },
    )

    statement(
      'ID-3',
      'Userinfo answers signed where the client registered so, with the same sub',
      async (t, provider) => {
        for (const alg of ['RS256', 'ES256', 'EdDSA']) {
          const party = await provider.client({ metadata: { userinfo_signed_response_alg: alg } })
          const { access_token, id_token } = await signIn(provider, party, { scope: 'openid email' })
          const { headers, text } = await userinfo(provider, access_token)
          t.match(headers.get('content-type'), /^application\/jwt/)
          const { body: jwks } = await provider.ask('/.well-known/jwks.json')
          const { payload, protectedHeader } = await jwtVerify(text, createLocalJWKSet(jwks), {
            issuer: provider.issuer,
            audience: party.id,
            currentDate: provider.now(),
          })
          t.equal(protectedHeader.alg, alg)
          t.equal(payload.sub, decodeJwt(id_token ?? '').sub)
          t.equal(payload.email, 'ada@example.com')
        }
      },
    )

    statement(
      'ID-4',
      'Claims of profile, email, address and phone are typed as the specification says',
      async (t, provider) => {
        const user = await addGrace(provider.kit)
        const expected = {
          sub: user.sub,
          name: 'Grace B. Hopper',
          given_name: 'Grace',
          family_name: 'Hopper',
          picture: 'https://example.com/grace.png',
          gender: 'female',
          birthdate: '1906-12-09',
          locale: 'en-US',
          updated_at: Math.floor(user.updatedAt.getTime() / 1000),
          email: 'grace@example.com',
          email_verified: true,
          address: {
            street_address: 'South Joyce Street 1400',
            locality: 'Arlington',
            postal_code: '22202',
            country: 'US',
          },
          phone_number: '+12025550123',
          phone_number_verified: false,
        }
        const { body: metadata } = await provider.ask('/.well-known/openid-configuration')
        const ofTokens = ['iss', 'aud', 'exp', 'iat', 'auth_time', 'acr', 'amr', 'nonce', 'sid', 'at_hash']
        t.strictSame(
          Object.keys(expected).sort(),
          metadata.claims_supported.filter((name: string) => !ofTokens.includes(name)).sort(),
          'all that there are',
        )

        const browser = provider.browser()
        const asked = { browser, login: user.email }
        const plain = await signIn(provider, await provider.client(), { scope: ALL }, asked)
        t.strictSame((await userinfo(provider, plain.access_token)).body, expected)
        const party = await provider.client({ metadata: { userinfo_signed_response_alg: 'ES256' } })
        const { access_token } = await signIn(provider, party, { scope: ALL }, asked)
        const { text } = await userinfo(provider, access_token)
        t.strictSame(
          decodeJwt(text),
          { ...expected, iss: provider.issuer, aud: party.id },
          'and where it is signed',
        )
        const names = Object.keys(expected).filter(name => name !== 'sub')
        const claims = JSON.stringify({ id_token: Object.fromEntries(names.map(name => [name, null])) })
        const { id_token } = await signIn(provider, party, { claims }, asked)
        t.match(
          await idTokenClaims(provider, id_token),
          expected,
          'and in an ID token that was asked for them',
        )
      },
    )

    statement('ID-5', 'A token in the query is never accepted', async (t, provider) => {
      const { access_token } = await signIn(provider, await provider.client())
      const query = new URLSearchParams({ access_token })
      t.equal((await provider.ask(`/oauth/userinfo?${query}`)).status, 401)
      t.equal((await provider.ask(`${provider.resource}?${query}`)).status, 401)
    })

    statement(
      'ID-6',
      'Pairwise subjects differ by sector and stay the same within one, in every token and answer',
      async (t, provider) => {
        const receiver = await logoutReceiver(t, provider.authority)
        const pairwise = (host: string, metadata: ClientMetadata = {}) =>
          provider.client({
            grantTypes: ['authorization_code', 'refresh_token', EXCHANGE],
            redirectUris: [`https://${host}/callback`],
            metadata: { subject_type: 'pairwise', backchannel_logout_uri: receiver.uri, ...metadata },
          })
        const parties = [
          await pairwise('one.example'),
          await pairwise('one.example', { userinfo_signed_response_alg: 'ES256' }),
          await pairwise('two.example'),
        ]
        const browser = provider.browser()
        const told: Record<string, unknown>[] = []
        for (const party of parties) told.push(await subjectsTold(provider, party, browser))
        const logout = await browser.open(`${provider.issuer}/oauth/logout`)
        await browser.press(logout, 'logout-confirm')
        await eventually(
          async () => receiver.tokens.length,
          length => length === parties.length,
        )
        const logoutTokens = receiver.tokens.map(token => decodeJwt(token))

        const subs = parties.map(({ id }, index) => {
          const sub = told[index]?.['ID token']
          const logoutToken = logoutTokens.find(({ aud }) => aud === id)?.sub
          for (const [place, other] of Object.entries({ ...told[index], 'logout token': logoutToken }))
            t.equal(other, sub, `${place} of client ${index}`)
          t.match(sub, /^[\w-]{43}$/, 'which tells nothing of the account')
          return sub
        })
        t.equal(subs[0], subs[1], 'one sector')
        t.not(subs[0], subs[2], 'another one')
        const bobs = await signIn(provider, parties[0] as Party, {}, { login: 'bob@example.com' })
        t.not(decodeJwt(bobs.id_token ?? '').sub, subs[0], 'another user')
      },
    )
  },
  () => ({
    oauth: {
      tokenExchange: true,
      resources: { [JWT_RESOURCE]: { name: 'The other shop', tokenFormat: 'jwt' } },
    },
  }),
)
