import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { PAYMENTS } from '../support/payments.ts'
import { conformance, type Party, type Provider } from './provider.ts'
import { basic, introspect, isInvalidClient, signIn, token, userinfo } from './relying-party.ts'

const OWN = { grant_type: 'client_credentials', scope: 'orders:read' }
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' }
const JWT_RESOURCE = 'https://jwt.example.com/'

const seconds = (provider: Provider) => Math.floor(provider.now().getTime() / 1000)

async function jwksOf(provider: Provider) {
  const { body } = await provider.ask('/.well-known/jwks.json')
  return createLocalJWKSet(body)
}

await conformance(
  statement => {
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
        const party = await provider.client({ grantTypes: ['authorization_code', 'refresh_token', EXCHANGE] })
        const other = await provider.client()
        const revoke = (by: Party, value: string | undefined) =>
          provider.ask('/oauth/revoke', { headers: basic(by), form: { token: value } })
        const isActive = async (value: string) =>
          (await introspect(provider, party, { token: value })).body.active
        const refresh = (refresh_token: string | undefined) =>
          token(provider, party, { grant_type: 'refresh_token', refresh_token })
        /** What is answered wherever somebody takes access tokens. */
        const everywhere = async (accessToken: string) => {
          const authorization = `Bearer ${accessToken}`
          const exchanged = await token(provider, party, {
            grant_type: EXCHANGE,
            subject_token: accessToken,
            subject_token_type: ACCESS_TOKEN,
          })
          return {
            active: await isActive(accessToken),
            exchange: exchanged.status,
            userinfo: (await userinfo(provider, accessToken)).status,
            route: (await provider.ask(provider.resource, { headers: { authorization } })).status,
          }
        }
        const refused = { active: false, exchange: 400, userinfo: 401, route: 401 }

        const browser = provider.browser()
        for (const [resource, accepted] of [
          [undefined, { ...refused, active: true, exchange: 200, userinfo: 200 }],
          [provider.resource, { ...refused, active: true, exchange: 200, route: 200 }],
          [JWT_RESOURCE, { ...refused, active: true, exchange: 200 }],
        ] as const) {
          const asked = { ...OFFLINE, scope: `${OFFLINE.scope} orders:read`, resource }
          const tokens = await signIn(provider, party, asked, { browser })
          await revoke(other, tokens.access_token)
          t.strictSame(await everywhere(tokens.access_token), accepted, `${resource}: not by another client`)
          const revoked = await revoke(party, tokens.access_token)
          t.strictSame([revoked.status, revoked.text], [200, ''])
          t.strictSame(await everywhere(tokens.access_token), refused, `${resource}: by its own`)

          const { status, body: successors } = await refresh(tokens.refresh_token)
          t.equal(status, 200, 'the refresh token lives on')
          t.strictSame(await everywhere(successors.access_token), accepted)
          t.equal((await revoke(party, successors.refresh_token)).status, 200)
          t.equal(await isActive(successors.refresh_token), false)
          t.match(await refresh(successors.refresh_token), { status: 400, body: { error: 'invalid_grant' } })
          t.strictSame(await everywhere(successors.access_token), refused, `${resource}: with its grant`)
        }
        for (const unknown of ['nonsense', `xwms_at_${'x'.repeat(43)}`]) {
          const { status, text } = await revoke(party, unknown)
          t.strictSame([status, text], [200, ''], unknown)
        }
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
