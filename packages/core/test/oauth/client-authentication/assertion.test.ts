import t from 'tap'
import type { Context } from '../../../src/context/context.ts'
import { HttpError, OutboundError } from '../../../src/errors.ts'
import type { ClientProfile } from '../../../src/model/client.ts'
import type { ClientMetadata } from '../../../src/model/client-metadata.ts'
import { authenticateClient } from '../../../src/oauth/client-authentication/index.ts'
import { AUDIT, callWith } from '../../context/surroundings.ts'
import { gate } from '../../header-auth/gate.ts'
import { ISSUER, type LogLine } from '../../installation.ts'
import { assertion, type Signer, seconds, sign, signer } from '../signer.ts'

const keys = {
  ES256: await signer('ES256', 'es'),
  RS256: await signer('RS256', 'rs'),
  PS256: await signer('PS256', 'ps'),
  EdDSA: await signer('EdDSA', 'ed'),
}
const stranger = await signer('ES256', 'es')
const TOKEN = `${ISSUER}/oauth/token`

/** A client that authenticates by `private_key_jwt`. */
async function scene(
  metadata: ClientMetadata = {},
  profile: ClientProfile = 'oauth2.1',
  mtlsBaseUrl: string | undefined = undefined,
) {
  const opened = gate(t)
  const { client, value } = await opened.client()
  const jwks = { keys: Object.values(keys).map(({ publicJwk }) => publicJwk) }
  const registered = { token_endpoint_auth_method: 'private_key_jwt' as const, jwks, ...metadata }
  await opened.storage.clients.update(client, { ...client, profile, metadata: registered }, AUDIT)
  const published = { keys: [] as Signer[] }
  const outbound: Context['outbound'] = {
    async get() {
      if (published.keys.length === 0) throw new OutboundError('Nobody is there.')
      const body = JSON.stringify({ keys: published.keys.map(({ publicJwk }) => publicJwk) })
      return { status: 200, headers: {}, body }
    },
    post: async () => ({ status: 200, headers: {}, body: '' }),
    async close() {},
  }
  const config = { ...opened.context.config, oauth: { ...opened.context.config.oauth, mtlsBaseUrl } }
  const context: Context = { ...opened.context, outbound, config }
  return {
    opened,
    id: client.id,
    value,
    published,
    /** `in` with the method, or the code of the refusal. */
    async enter(form: Readonly<Record<string, string>>, path = '/oauth/token', authorization?: string) {
      const request = { method: 'POST', path, headers: { ...(authorization && { authorization }) } }
      try {
        const found = await authenticateClient(context, callWith({ request }), form)
        return found.client.id === client.id ? found.method : 'another client'
      } catch (error) {
        if (!(error instanceof HttpError)) throw error
        if (error.code === 'invalid_client' && error.status !== 401) throw error
        return error.code
      }
    },
  }
}

t.test('a client proves itself by a JWT that its own key signed', async t => {
  const { id, enter } = await scene()
  for (const key of Object.values(keys))
    t.equal(await enter(await assertion(key, id)), 'private_key_jwt', key.alg)
  const withId = { ...(await assertion(keys.ES256, id)), client_id: id }
  t.equal(await enter(withId), 'private_key_jwt', 'the client_id beside it, where it is the same')
  t.equal(
    await enter(await assertion(keys.ES256, id, {}, { kid: undefined })),
    'private_key_jwt',
    'without a kid',
  )
})

t.test('the audience is the issuer, the token endpoint, or the endpoint that is called', async t => {
  const { id, enter } = await scene()
  const good = [ISSUER, TOKEN, [ISSUER], ['https://elsewhere.example', TOKEN], `${ISSUER}/oauth/par`]
  for (const aud of good)
    t.equal(
      await enter(await assertion(keys.ES256, id, { aud }), '/oauth/par'),
      'private_key_jwt',
      String(aud),
    )
  const bad = [undefined, '', 'https://elsewhere.example', [], `${ISSUER}/`, `${ISSUER}/oauth/introspect`, 7]
  for (const aud of bad)
    t.equal(
      await enter(await assertion(keys.ES256, id, { aud }), '/oauth/par'),
      'invalid_client',
      String(aud),
    )
})

t.test('the endpoints may have another address besides; the issuer has one', async t => {
  const mtlsBaseUrl = 'https://mtls.example.com'
  const at = await scene({}, 'oauth2.1', mtlsBaseUrl)
  const enter = async (aud: string) => at.enter(await assertion(keys.ES256, at.id, { aud }), '/oauth/par')
  t.equal(await enter(`${mtlsBaseUrl}/oauth/token`), 'private_key_jwt')
  t.equal(await enter(`${mtlsBaseUrl}/oauth/par`), 'private_key_jwt')
  t.equal(await enter(ISSUER), 'private_key_jwt')
  t.equal(await enter(mtlsBaseUrl), 'invalid_client')
  t.equal(await enter(`${mtlsBaseUrl}/oauth/introspect`), 'invalid_client')
})

t.test('FAPI takes the issuer alone, as one string, and no RS256', async t => {
  const { id, enter } = await scene({}, 'fapi2')
  for (const key of [keys.ES256, keys.PS256, keys.EdDSA])
    t.equal(await enter(await assertion(key, id)), 'private_key_jwt', key.alg)
  t.equal(await enter(await assertion(keys.RS256, id)), 'invalid_client')
  for (const aud of [[ISSUER], TOKEN, [ISSUER, TOKEN], 'https://elsewhere.example'])
    t.equal(await enter(await assertion(keys.ES256, id, { aud })), 'invalid_client', String(aud))
})

t.test('an assertion that is not whole, not in time or not the client’s own is refused', async t => {
  const { opened, id, enter } = await scene()
  const other = await opened.client()
  const now = seconds(opened.now())
  const table: [name: string, form: Record<string, string>][] = [
    ['no iss', await assertion(keys.ES256, id, { iss: undefined })],
    ['no sub', await assertion(keys.ES256, id, { sub: undefined })],
    ['another iss', await assertion(keys.ES256, id, { iss: 'other' })],
    ['another sub', await assertion(keys.ES256, id, { sub: other.client.id })],
    ['no exp', await assertion(keys.ES256, id, { exp: undefined })],
    ['no jti', await assertion(keys.ES256, id, { jti: undefined })],
    ['an empty jti', await assertion(keys.ES256, id, { jti: '' })],
    ['a jti that is no text', await assertion(keys.ES256, id, { jti: 7 })],
    ['expired', await assertion(keys.ES256, id, { exp: now - 60 })],
    ['made in a minute', await assertion(keys.ES256, id, { iat: now + 60 })],
    ['good in a minute', await assertion(keys.ES256, id, { nbf: now + 60 })],
    ['an iat that is no number', await assertion(keys.ES256, id, { iat: 'now' })],
    ['good for a day', await assertion(keys.ES256, id, { exp: now + 86_400 })],
    ['a stranger’s key', await assertion(stranger, id)],
    ['a key that nobody knows', await assertion(stranger, id, {}, { kid: 'unknown' })],
    ['for an unknown client', await assertion(keys.ES256, 'cl_unknown')],
    ['for a client that registered otherwise', await assertion(keys.ES256, other.client.id)],
    ['with another client_id', { ...(await assertion(keys.ES256, id)), client_id: other.client.id }],
    ['no JWT', { ...(await assertion(keys.ES256, id)), client_assertion: 'nonsense' }],
  ]
  for (const [name, form] of table) t.equal(await enter(form), 'invalid_client', name)
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  const [, payload] = (await assertion(keys.ES256, id)).client_assertion?.split('.') ?? []
  const unsigned = { ...(await assertion(keys.ES256, id)), client_assertion: `${none}.${payload}.` }
  t.equal(await enter(unsigned), 'invalid_client', 'alg none')
  const { log } = opened.context as unknown as { readonly log: readonly LogLine[] }
  t.match(
    log,
    [{ level: 'info', message: 'A client could not be authenticated.' }],
    'the operator is told why',
  )
  t.notOk(JSON.stringify(log).includes(payload as string), 'and no proof is logged')
})

t.test('clocks may differ by some seconds', async t => {
  const { opened, id, enter } = await scene()
  const now = seconds(opened.now())
  for (const claims of [
    { iat: now + 8, nbf: now + 8 },
    { exp: now - 8 },
    { exp: now + 3600 },
    { iat: undefined },
  ])
    t.equal(await enter(await assertion(keys.ES256, id, claims)), 'private_key_jwt', JSON.stringify(claims))
})

t.test('an assertion works once; a jti is another client’s to use as well', async t => {
  const { opened, id, enter } = await scene()
  const form = await assertion(keys.ES256, id)
  t.equal(await enter(form), 'private_key_jwt')
  t.equal(await enter(form), 'invalid_client')
  opened.pass(65)
  t.equal(await enter(form), 'invalid_client', 'within the skew, too')
  const raced = await assertion(keys.ES256, id, { exp: seconds(opened.now()) + 60 })
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => enter(raced)))
  t.equal(outcomes.filter(outcome => outcome === 'private_key_jwt').length, 1)
})

t.test('the algorithm that a client registered is the only one', async t => {
  const { id, enter } = await scene({ token_endpoint_auth_signing_alg: 'PS256' })
  t.equal(await enter(await assertion(keys.PS256, id)), 'private_key_jwt')
  t.equal(await enter(await assertion(keys.ES256, id)), 'invalid_client')
})

t.test('a client that has a secret as well may not use it, nor sign with it', async t => {
  const { id, value, enter } = await scene()
  t.equal(await enter({ client_id: id, client_secret: value }), 'invalid_client')
  const { createHmac } = await import('node:crypto')
  const [, payload] = (await assertion(keys.ES256, id)).client_assertion?.split('.') ?? []
  const input = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${payload}`
  const mac = createHmac('sha256', value).update(input).digest('base64url')
  t.equal(
    await enter({ ...(await assertion(keys.ES256, id)), client_assertion: `${input}.${mac}` }),
    'invalid_client',
  )
})

t.test('keys may be at an address, and change there', async t => {
  const { opened, id, enter, published } = await scene({
    jwks: undefined,
    jwks_uri: 'https://shop.example.com/jwks',
  })
  t.equal(await enter(await assertion(keys.ES256, id)), 'invalid_client', 'nobody is there')
  published.keys = [keys.ES256]
  t.equal(await enter(await assertion(keys.ES256, id)), 'private_key_jwt')
  opened.pass(10)
  published.keys = [keys.EdDSA]
  const now = opened.now()
  t.equal(await enter(await assertion(keys.EdDSA, id, {}, {}, now)), 'private_key_jwt')
  t.equal(await enter(await assertion(keys.ES256, id, {}, {}, now)), 'invalid_client')
})

t.test('one proof in each request, and whole', async t => {
  const { id, value, enter } = await scene()
  const form = await assertion(keys.ES256, id)
  const basic = `Basic ${Buffer.from(`${id}:${value}`).toString('base64')}`
  t.equal(await enter({ ...form, client_secret: value }), 'invalid_request')
  t.equal(await enter(form, '/oauth/token', basic), 'invalid_request')
  const { client_assertion = '', client_assertion_type = '' } = form
  t.equal(await enter({ client_assertion }), 'invalid_request')
  t.equal(await enter({ client_id: id, client_assertion_type }), 'invalid_request')
  t.equal(await enter({ client_assertion, client_assertion_type: 'urn:other' }), 'invalid_request')
  t.equal(await enter(form), 'private_key_jwt', 'and none of that spent it')
})

t.test('an id token of ours, or any other JWT without these claims, is no assertion', async t => {
  const { id, enter } = await scene()
  const jwt = await sign(keys.ES256, { iss: ISSUER, sub: id, aud: id })
  t.equal(await enter({ ...(await assertion(keys.ES256, id)), client_assertion: jwt }), 'invalid_client')
})
