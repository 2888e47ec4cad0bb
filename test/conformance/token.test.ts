import { updateClient } from '@xwms/core'
import { createLocalJWKSet, decodeJwt, exportJWK, jwtVerify } from 'jose'
import type { Test } from 'tap'
import { selfSigned } from '../support/certificate.ts'
import { PAYMENTS } from '../support/payments.ts'
import { site } from '../support/site.ts'
import { type Answer, conformance, type Party, type Provider } from './provider.ts'
import {
  approve,
  assertion,
  basic,
  begin,
  type ClientKey,
  clientKey,
  dpop,
  redeem,
  responseOf,
  signIn,
  token,
  userinfo,
} from './relying-party.ts'

const OWN = { grant_type: 'client_credentials', scope: 'orders:read' }
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' }
const JWT_RESOURCE = 'https://jwt.example.com/'

const seconds = (provider: Provider) => Math.floor(provider.now().getTime() / 1000)

/** A client that signs its assertions; a strict one where `profile` says so. */
async function assertingParty(
  provider: Provider,
  alg = 'ES256',
  profile: 'oauth2.1' | 'fapi2' = 'oauth2.1',
): Promise<{ party: Party; key: ClientKey }> {
  const key = await clientKey(alg)
  const party = await provider.client({
    profile,
    metadata: { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.publicJwk] } },
  })
  return { party: { ...party, secret: '' }, key }
}

function isInvalidClient(t: Test, answer: Answer, what: string): void {
  t.match(answer, { status: 401, body: { error: 'invalid_client' } }, what)
}

async function introspect(provider: Provider, party: Party, form: Record<string, string>, headers = {}) {
  return provider.ask('/oauth/introspect', { headers: { ...basic(party), ...headers }, form })
}

async function jwksOf(provider: Provider) {
  const { body } = await provider.ask('/.well-known/jwks.json')
  return createLocalJWKSet(body)
}

await conformance(
  statement => {
    statement('TOKEN-1', 'client_secret_basic decodes id and secret as form values', async (t, provider) => {
      const party = await provider.client()
      const encoded = (text: string) =>
        Array.from(text, char => `%${char.charCodeAt(0).toString(16)}`).join('')
      for (const id of [party.id, encoded(party.id)]) {
        for (const secret of [party.secret, encoded(party.secret)]) {
          const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
          const answer = await provider.ask('/oauth/token', { headers: { authorization }, form: OWN })
          t.equal(answer.status, 200, `${id}:${secret}`)
        }
      }
      const wrong = await provider.ask('/oauth/token', {
        headers: basic({ ...party, secret: `${party.secret}x` }),
        form: OWN,
      })
      isInvalidClient(t, wrong, 'a wrong secret')
      t.match(wrong.headers.get('www-authenticate'), /^Basic /)
    })

    statement('TOKEN-2', 'client_secret_post works', async (t, provider) => {
      const { id, secret } = await provider.client()
      const form = { ...OWN, client_id: id, client_secret: secret }
      t.equal((await provider.ask('/oauth/token', { form })).status, 200)
      isInvalidClient(
        t,
        await provider.ask('/oauth/token', { form: { ...form, client_secret: 'x' } }),
        'a wrong secret',
      )
    })

    statement(
      'TOKEN-3',
      'private_key_jwt works with jwks and with jwks_uri, which is fetched anew for an unknown kid',
      async (t, provider) => {
        for (const alg of ['ES256', 'PS256', 'RS256', 'EdDSA']) {
          const { party, key } = await assertingParty(provider, alg)
          const form = { ...OWN, ...(await assertion(provider, party, key)) }
          t.equal((await token(provider, party, form)).status, 200, alg)
        }
        let keys = [await clientKey()]
        let fetched = 0
        const origin = await site(t, provider.authority, (_request, response) => {
          fetched++
          response.setHeader('content-type', 'application/jwk-set+json')
          response.end(JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) }))
        })
        const party = await provider.client({
          metadata: {
            token_endpoint_auth_method: 'private_key_jwt',
            jwks_uri: `${origin}/jwks`,
          },
        })
        const attempt = async (key: ClientKey) =>
          token(provider, { ...party, secret: '' }, { ...OWN, ...(await assertion(provider, party, key)) })
        const [first] = keys as [ClientKey]
        t.equal((await attempt(first)).status, 200)
        t.equal((await attempt(first)).status, 200)
        t.equal(fetched, 1, 'kept')
        const second = await clientKey()
        keys = [second]
        provider.passes(60)
        t.equal((await attempt(second)).status, 200)
        t.equal(fetched, 2, 'fetched anew')
        isInvalidClient(t, await attempt(await clientKey()), 'a key that nobody published')
      },
    )

    statement(
      'TOKEN-4',
      'tls_client_auth and self_signed_tls_client_auth work with the certificate that the host passes',
      async (t, provider) => {
        const certificate = await provider.authority.client('O=Example, CN=rp')
        const stranger = await provider.authority.client('O=Example, CN=stranger')
        const party = await provider.client({
          metadata: {
            token_endpoint_auth_method: 'tls_client_auth',
            tls_client_auth_subject_dn: 'CN=rp, O=Example',
          },
        })
        const form = { ...OWN, client_id: party.id }
        t.equal((await provider.ask('/oauth/token', { form, certificate })).status, 200)
        isInvalidClient(t, await provider.ask('/oauth/token', { form }), 'no certificate')
        isInvalidClient(t, await provider.ask('/oauth/token', { form, certificate: stranger }), 'another')

        const own = await selfSigned('CN=self')
        const { X509Certificate } = await import('node:crypto')
        const x509 = new X509Certificate(own.cert)
        const jwk = await exportJWK(x509.publicKey)
        const selfMade = await provider.client({
          metadata: {
            token_endpoint_auth_method: 'self_signed_tls_client_auth',
            jwks: { keys: [{ ...jwk, kty: 'EC', x5c: [x509.raw.toString('base64')] }] },
          },
        })
        const selfForm = { ...OWN, client_id: selfMade.id }
        t.equal((await provider.ask('/oauth/token', { form: selfForm, certificate: own })).status, 200)
        const other = await selfSigned('CN=self')
        isInvalidClient(
          t,
          await provider.ask('/oauth/token', { form: selfForm, certificate: other }),
          'the same name, another key',
        )
      },
    )

    statement(
      'TOKEN-5',
      "A client_id that is not the credentials' is invalid_client",
      async (t, provider) => {
        const party = await provider.client()
        const other = await provider.client()
        isInvalidClient(t, await token(provider, party, { ...OWN, client_id: other.id }), 'basic')
        const { party: asserting, key } = await assertingParty(provider)
        const form = { ...OWN, ...(await assertion(provider, asserting, key)), client_id: other.id }
        isInvalidClient(t, await token(provider, { ...asserting, secret: '' }, form), 'an assertion')
      },
    )

    statement('TOKEN-6', 'Two methods at once are invalid_request', async (t, provider) => {
      const party = await provider.client()
      const both = { ...OWN, client_id: party.id, client_secret: party.secret }
      const { status, body } = await token(provider, party, both)
      t.strictSame([status, body.error], [400, 'invalid_request'])
    })

    statement(
      'TOKEN-7',
      'An assertion lacking iss, sub, aud or exp is invalid_client; so is a replayed one',
      async (t, provider) => {
        const { party, key } = await assertingParty(provider)
        for (const name of ['iss', 'sub', 'aud', 'exp']) {
          const parameters = await assertion(provider, party, key, { [name]: undefined })
          isInvalidClient(t, await token(provider, party, { ...OWN, ...parameters }), `no ${name}`)
        }
        for (const over of [{ iss: 'other' }, { sub: 'other' }, { aud: 'https://elsewhere.example' }]) {
          const parameters = await assertion(provider, party, key, over)
          isInvalidClient(t, await token(provider, party, { ...OWN, ...parameters }), JSON.stringify(over))
        }
        const parameters = await assertion(provider, party, key)
        t.equal((await token(provider, party, { ...OWN, ...parameters })).status, 200)
        isInvalidClient(t, await token(provider, party, { ...OWN, ...parameters }), 'a replay')
      },
    )

    statement(
      'TOKEN-8',
      'Ordinary clients may address an assertion to the token endpoint or the issuer',
      async (t, provider) => {
        const { party, key } = await assertingParty(provider)
        const endpoint = `${provider.issuer}/oauth/token`
        for (const aud of [provider.issuer, endpoint, [provider.issuer], ['https://x.example', endpoint]]) {
          const parameters = await assertion(provider, party, key, { aud })
          t.equal((await token(provider, party, { ...OWN, ...parameters })).status, 200, JSON.stringify(aud))
        }
      },
    )

    statement(
      'TOKEN-9',
      'Strict clients address it to the issuer alone, as a string; RS256, expired, and 60 seconds ahead are refused, 8 seconds tolerated',
      async (t, provider) => {
        const { party, key } = await assertingParty(provider, 'ES256', 'fapi2')
        const now = seconds(provider)
        const attempt = async (over: Record<string, unknown>, by = key) => {
          const proof = await dpop(provider, await clientKey(), {
            method: 'POST',
            url: `${provider.issuer}/oauth/token`,
          })
          const parameters = await assertion(provider, party, by, over)
          return token(provider, party, { ...OWN, ...parameters }, { headers: proof })
        }
        for (const over of [
          { aud: `${provider.issuer}/oauth/token` },
          { aud: [provider.issuer] },
          { aud: [provider.issuer, 'https://x.example'] },
          { exp: now - 60 },
          { iat: now + 60, nbf: now + 60 },
        ])
          isInvalidClient(t, await attempt(over), JSON.stringify(over))
        t.equal((await attempt({})).status, 200)
        t.equal((await attempt({ iat: now + 8, nbf: now + 8 })).status, 200)
        const rsa = await clientKey('RS256')
        await updateClient(provider.environment, party.id, {
          metadata: {
            token_endpoint_auth_method: 'private_key_jwt',
            jwks: { keys: [key.publicJwk, { ...rsa.publicJwk, alg: 'PS256' }] },
          },
        })
        isInvalidClient(t, await attempt({}, rsa), 'RS256')
      },
    )

    statement(
      'TOKEN-10',
      'Codes have at least 128 bits, and live at most 60 seconds for strict clients',
      async (t, provider) => {
        const party = await provider.client()
        const browser = provider.browser()
        await signIn(provider, party, {}, { browser })
        const begun = begin(provider, party)
        const { code = '' } = responseOf(await browser.open(begun.url))
        t.match(code, /^[\w-]{22,}$/)
        provider.passes(61)
        const { party: strict, key } = await assertingParty(provider, 'ES256', 'fapi2')
        const request = begin(provider, strict)
        const pushed = await provider.ask('/oauth/par', {
          form: { ...request.parameters, ...(await assertion(provider, strict, key)) },
        })
        const url = new URL(`${provider.issuer}/oauth/authorize`)
        url.search = new URLSearchParams({
          client_id: strict.id,
          request_uri: pushed.body.request_uri,
        }).toString()
        const { code: late } = responseOf(await approve(browser, url))
        provider.passes(61)
        const headers = await dpop(provider, await clientKey(), {
          method: 'POST',
          url: `${provider.issuer}/oauth/token`,
        })
        const form = await assertion(provider, strict, key)
        const refused = await redeem(provider, strict, request, late, form, { headers })
        t.match(refused, { status: 400, body: { error: 'invalid_grant' } })
      },
    )

    statement(
      'TOKEN-11',
      'A code is redeemed once, by its client; a second time is invalid_grant and revokes what it gave',
      async (t, provider) => {
        const party = await provider.client()
        const other = await provider.client()
        const begun = begin(provider, party)
        const { code } = responseOf(await approve(provider.browser(), begun.url))
        const stolen = await redeem(provider, other, begun, code)
        t.match(stolen, { status: 400, body: { error: 'invalid_grant' } })
        const { status, body } = await redeem(provider, party, begun, code)
        t.equal(status, 200)
        const again = await redeem(provider, party, begun, code)
        t.match(again, { status: 400, body: { error: 'invalid_grant' } })
        t.equal((await userinfo(provider, body.access_token)).status, 401)
      },
    )

    statement(
      'TOKEN-12',
      'Answers are JSON, no-store, with token_type and a positive expires_in',
      async (t, provider) => {
        const { headers, body } = await token(provider, await provider.client(), OWN)
        t.match(headers.get('content-type'), /^application\/json/)
        t.match(headers.get('cache-control'), 'no-store')
        t.match(body.token_type, /^bearer$/i)
        t.ok(Number.isInteger(body.expires_in) && body.expires_in > 0)
        t.match(body.access_token, /^[\w-]{22,}$/)
      },
    )

    statement('TOKEN-13', 'Refresh keeps sub, iss, aud and auth_time', async (t, provider) => {
      const party = await provider.client()
      const first = await signIn(provider, party, OFFLINE)
      provider.passes(30)
      const { body } = await token(provider, party, {
        grant_type: 'refresh_token',
        refresh_token: first.refresh_token,
      })
      const before = decodeJwt(first.id_token as string)
      const after = decodeJwt(body.id_token)
      for (const name of ['sub', 'iss', 'aud', 'auth_time'] as const) t.same(after[name], before[name], name)
      t.notOk('nonce' in after)
      t.ok((after.iat as number) > (before.iat as number))
    })

    statement(
      'TOKEN-14',
      'A refresh token belongs to its client, and the client authenticates',
      async (t, provider) => {
        const party = await provider.client()
        const { refresh_token } = await signIn(provider, party, OFFLINE)
        const form = { grant_type: 'refresh_token', refresh_token }
        const theirs = await token(provider, await provider.client(), form)
        t.match(theirs, { status: 400, body: { error: 'invalid_grant' } })
        isInvalidClient(t, await token(provider, { ...party, secret: '' }, form), 'without a secret')
        t.equal((await token(provider, party, form)).status, 200)
      },
    )

    statement(
      'TOKEN-15',
      'Refresh tokens rotate; a repeat within seconds gets the same successor; a later replay ends the family',
      async (t, provider) => {
        const party = await provider.client()
        const { refresh_token } = await signIn(provider, party, OFFLINE)
        const form = { grant_type: 'refresh_token', refresh_token }
        const first = await token(provider, party, form)
        t.not(first.body.refresh_token, refresh_token)
        const repeat = await token(provider, party, form)
        t.equal(repeat.body.refresh_token, first.body.refresh_token)
        provider.passes(11)
        t.equal((await token(provider, party, form)).body.error, 'invalid_grant')
        const successor = { ...form, refresh_token: first.body.refresh_token }
        t.equal((await token(provider, party, successor)).body.error, 'invalid_grant')
        t.equal((await userinfo(provider, first.body.access_token)).status, 401)
      },
    )

    statement(
      'TOKEN-16',
      "Strict clients' refresh tokens do not rotate, and take a new DPoP key",
      async (t, provider) => {
        const { party, key } = await assertingParty(provider, 'ES256', 'fapi2')
        const request = begin(provider, party, OFFLINE)
        const pushed = await provider.ask('/oauth/par', {
          form: { ...request.parameters, ...(await assertion(provider, party, key)) },
        })
        const url = new URL(`${provider.issuer}/oauth/authorize`)
        url.search = new URLSearchParams({
          client_id: party.id,
          request_uri: pushed.body.request_uri,
        }).toString()
        const { code } = responseOf(await approve(provider.browser(), url))
        const endpoint = { method: 'POST', url: `${provider.issuer}/oauth/token` }
        const redeemed = await redeem(provider, party, request, code, await assertion(provider, party, key), {
          headers: await dpop(provider, await clientKey(), endpoint),
        })
        const { refresh_token } = redeemed.body
        t.type(refresh_token, 'string')
        for (const wait of [0, 30, 30]) {
          provider.passes(wait)
          const refreshed = await token(
            provider,
            party,
            { grant_type: 'refresh_token', refresh_token, ...(await assertion(provider, party, key)) },
            { headers: await dpop(provider, await clientKey(), endpoint) },
          )
          t.match(refreshed, { status: 200, body: { token_type: 'DPoP' } })
          t.ok([undefined, refresh_token].includes(refreshed.body.refresh_token))
        }
      },
    )

    statement(
      'TOKEN-17',
      'Client credentials give a token without user and without refresh token',
      async (t, provider) => {
        const party = await provider.client()
        const { body } = await token(provider, party, OWN)
        t.notOk('refresh_token' in body || 'id_token' in body)
        t.equal((await userinfo(provider, body.access_token)).status, 401)
        t.equal((await token(provider, party, { ...OWN, scope: 'openid' })).body.error, 'invalid_scope')
      },
    )

    statement(
      'TOKEN-18',
      'A device gets its tokens once its user has approved: pending, slow_down, denied and expired are told apart',
      async (t, provider) => {
        const party = await provider.client({
          type: 'public',
          grantTypes: [DEVICE, 'refresh_token'],
          redirectUris: [],
        })
        const ask = async () => {
          const { body } = await provider.ask('/oauth/device_authorization', {
            form: { client_id: party.id, scope: 'openid email' },
          })
          t.match(body.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
          t.equal(body.verification_uri, `${provider.issuer}/device`)
          t.ok(body.interval >= 1 && body.expires_in > 0)
          const poll = () => token(provider, party, { grant_type: DEVICE, device_code: body.device_code })
          return { ...body, poll }
        }
        const decide = async (device: { verification_uri_complete: string }, button: string) => {
          const browser = provider.browser()
          let page = await browser.open(device.verification_uri_complete)
          page = await browser.press(page, 'device-submit')
          if (page.html.includes('login-submit'))
            page = await browser.press(page, 'login-submit', {
              login: 'ada@example.com',
              password: 'correct horse battery staple',
            })
          return browser.press(page, button)
        }
        const device = await ask()
        t.equal((await device.poll()).body.error, 'authorization_pending')
        t.equal((await device.poll()).body.error, 'slow_down')
        await decide(device, 'consent-allow')
        provider.passes(15)
        const got = await device.poll()
        t.equal(got.status, 200)
        t.equal((await userinfo(provider, got.body.access_token)).body.email, 'ada@example.com')
        t.equal((await device.poll()).body.error, 'invalid_grant')

        const denied = await ask()
        await decide(denied, 'consent-deny')
        t.equal((await denied.poll()).body.error, 'access_denied')

        const late = await ask()
        provider.passes(late.expires_in + 1)
        t.equal((await late.poll()).body.error, 'expired_token')
      },
    )

    statement(
      'TOKEN-19',
      'Token exchange impersonates and delegates within granted scopes',
      async (t, provider) => {
        const off = await provider.client()
        const { body: own } = await token(provider, off, OWN)
        const form = (subject_token: string) => ({
          grant_type: EXCHANGE,
          subject_token,
          subject_token_type: ACCESS_TOKEN,
        })
        t.equal((await token(provider, off, form(own.access_token))).body.error, 'unauthorized_client')

        const party = await provider.client({
          grantTypes: ['authorization_code', 'client_credentials', EXCHANGE],
        })
        const { access_token } = await signIn(provider, party, { scope: 'openid email orders:read' })
        const impersonated = await token(provider, party, { ...form(access_token), scope: 'orders:read' })
        t.match(impersonated, {
          status: 200,
          body: { issued_token_type: ACCESS_TOKEN, scope: 'orders:read', token_type: 'Bearer' },
        })
        const wider = await token(provider, party, { ...form(access_token), scope: 'orders:write' })
        t.equal(wider.body.error, 'invalid_scope')

        const actor = await token(provider, party, OWN)
        const delegated = await token(provider, party, {
          ...form(access_token),
          actor_token: actor.body.access_token,
          actor_token_type: ACCESS_TOKEN,
        })
        t.equal(delegated.status, 200)
        const { body } = await introspect(provider, party, { token: delegated.body.access_token })
        t.match(body, { active: true, sub: provider.user.sub, act: { sub: party.id } })
        t.equal((await token(provider, party, form('nonsense'))).body.error, 'invalid_request')
      },
    )

    statement(
      'TOKEN-20',
      'JWT access tokens are as RFC 9068 says, and verify against the JWKS',
      async (t, provider) => {
        const party = await provider.client()
        const { access_token } = await signIn(provider, party, {
          scope: 'openid orders:read',
          resource: JWT_RESOURCE,
        })
        const { payload, protectedHeader } = await jwtVerify(access_token, await jwksOf(provider), {
          issuer: provider.issuer,
          audience: JWT_RESOURCE,
          typ: 'at+jwt',
          currentDate: provider.now(),
          requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
        })
        t.equal(protectedHeader.alg, 'ES256')
        t.match(payload, { sub: provider.user.sub, client_id: party.id, scope: 'openid orders:read' })
        const own = await token(provider, party, { ...OWN, resource: JWT_RESOURCE })
        t.match(decodeJwt(own.body.access_token), {
          sub: party.id,
          client_id: party.id,
          scope: 'orders:read',
        })
      },
    )

    statement(
      'TOKEN-21',
      'A revoked token is refused everywhere; an unknown one revokes silently',
      async (t, provider) => {
        const party = await provider.client()
        const other = await provider.client()
        const revoke = (by: Party, value: string | undefined) =>
          provider.ask('/oauth/revoke', { headers: basic(by), form: { token: value } })
        const tokens = await signIn(provider, party, OFFLINE)
        await revoke(other, tokens.access_token)
        t.equal((await userinfo(provider, tokens.access_token)).status, 200, 'not by another client')
        t.equal((await revoke(party, tokens.access_token)).status, 200)
        t.equal((await userinfo(provider, tokens.access_token)).status, 401)
        const refreshed = await token(provider, party, {
          grant_type: 'refresh_token',
          refresh_token: tokens.refresh_token,
        })
        t.equal(refreshed.status, 200, 'the refresh token lives on')
        t.equal((await revoke(party, refreshed.body.refresh_token)).status, 200)
        t.equal((await userinfo(provider, refreshed.body.access_token)).status, 401)
        t.equal((await revoke(party, 'nonsense')).status, 200)
        t.equal((await revoke(party, undefined)).body.error, 'invalid_request')
        isInvalidClient(t, await revoke({ ...party, secret: 'x' }, 'nonsense'), 'a wrong secret')
      },
    )

    statement(
      'TOKEN-22',
      'Introspection tells an entitled client about a token, and everybody else that it is inactive',
      async (t, provider) => {
        const party = await provider.client({ scopes: ['openid', 'offline_access', 'orders:read'] })
        const other = await provider.client({ scopes: ['openid', 'orders:read'] })
        const tokens = await signIn(provider, party, OFFLINE)
        const { body } = await introspect(provider, party, { token: tokens.access_token })
        t.match(body, {
          active: true,
          client_id: party.id,
          sub: provider.user.sub,
          iss: provider.issuer,
          scope: 'openid offline_access',
          token_type: 'Bearer',
        })
        t.ok(body.exp > seconds(provider) && body.iat <= seconds(provider))
        const refresh = { token: tokens.refresh_token ?? '' }
        t.equal((await introspect(provider, party, refresh)).body.active, true)
        t.same((await introspect(provider, other, { token: tokens.access_token })).body, { active: false })
        t.same((await introspect(provider, party, { token: 'nonsense' })).body, { active: false })
        const anonymous = await provider.ask('/oauth/introspect', { form: { token: tokens.access_token } })
        isInvalidClient(t, anonymous, 'nobody')
        provider.passes(body.exp - body.iat + 1)
        t.same((await introspect(provider, party, { token: tokens.access_token })).body, { active: false })
      },
    )

    statement(
      'TOKEN-24',
      'An exchanged token reaches no resource that its user did not approve, and ends with the grant that it came from',
      async (t, provider) => {
        const party = await provider.client({
          grantTypes: ['authorization_code', 'refresh_token', EXCHANGE],
        })
        const over = { ...OFFLINE, scope: `${OFFLINE.scope} orders:read`, resource: provider.resource }
        const tokens = await signIn(provider, party, over)
        const exchange = (resource: string | undefined) =>
          token(provider, party, {
            grant_type: EXCHANGE,
            subject_token: tokens.access_token,
            subject_token_type: ACCESS_TOKEN,
            resource,
          })
        t.equal((await exchange(JWT_RESOURCE)).body.error, 'invalid_target')
        const { body } = await exchange(undefined)
        t.equal((await userinfo(provider, body.access_token)).status, 401, 'nor does it lose its audience')
        const ask = () =>
          provider.ask(provider.resource, { headers: { authorization: `Bearer ${body.access_token}` } })
        t.equal((await ask()).status, 200)
        await provider.ask('/oauth/revoke', {
          headers: basic(party),
          form: { token: tokens.refresh_token },
        })
        t.equal((await ask()).status, 401)
      },
    )

    statement('TOKEN-23', 'Introspection answers as a signed JWT when asked so', async (t, provider) => {
      const party = await provider.client()
      const { access_token } = await signIn(provider, party)
      const answer = await introspect(
        provider,
        party,
        { token: access_token },
        { accept: 'application/token-introspection+jwt' },
      )
      t.match(answer.headers.get('content-type'), /^application\/token-introspection\+jwt/)
      const { payload } = await jwtVerify(answer.text, await jwksOf(provider), {
        issuer: provider.issuer,
        audience: party.id,
        typ: 'token-introspection+jwt',
        currentDate: provider.now(),
      })
      t.match(payload.token_introspection, { active: true, sub: provider.user.sub })
      t.notOk('sub' in payload || 'exp' in payload)
    })

    statement(
      'TOKEN-25',
      'Authorization details are narrowed at refresh: the token, its introspection and a JWT say to which; wider ones are refused',
      async (t, provider) => {
        const party = await provider.client({ metadata: { authorization_details_types: ['payment'] } })
        const [small, large] = [
          { type: 'payment', amount: '1.00' },
          { type: 'payment', amount: '99.00' },
        ]
        const both = { authorization_details: JSON.stringify([small, large]) }
        for (const resource of [undefined, JWT_RESOURCE]) {
          const asked = { scope: 'openid offline_access orders:read', ...both, ...(resource && { resource }) }
          let { refresh_token } = await signIn(provider, party, asked)
          const refresh = async (details: unknown) => {
            const answer = await token(provider, party, {
              grant_type: 'refresh_token',
              refresh_token: refresh_token ?? '',
              authorization_details: JSON.stringify(details),
            })
            refresh_token = answer.body.refresh_token ?? refresh_token
            return answer
          }
          const { body } = await refresh([small])
          t.strictSame(body.authorization_details, [small])
          const told = await introspect(provider, party, { token: body.access_token })
          t.strictSame(told.body.authorization_details, [small])
          if (resource) t.strictSame(decodeJwt(body.access_token).authorization_details, [small])
          for (const wider of [
            [small, { ...large, amount: '100.00' }],
            [small, small],
            [{ type: 'other' }],
            'all',
          ]) {
            const refused = { status: 400, body: { error: 'invalid_authorization_details' } }
            t.match(await refresh(wider), refused, JSON.stringify(wider))
          }
          t.strictSame((await refresh([large, small])).body.authorization_details, [large, small])
        }
      },
    )
  },
  () => ({
    oauth: {
      ...PAYMENTS,
      tokenExchange: true,
      resources: { [JWT_RESOURCE]: { name: 'The other shop', tokenFormat: 'jwt' } },
    },
  }),
)
