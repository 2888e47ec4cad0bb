import { CompactSign } from 'jose'
import t from 'tap'
import { OutboundError } from '../../src/errors.ts'
import type { Client } from '../../src/model/client.ts'
import type { ClientMetadata } from '../../src/model/client-metadata.ts'
import type { Parameters } from '../../src/oauth/parameters.ts'
import { requestedParameters } from '../../src/oauth/request-object.ts'
import { CLIENT, callWith, surroundings } from '../context/surroundings.ts'
import { ISSUER, NOW } from '../installation.ts'
import { type Signer, seconds, sign, signer } from './signer.ts'

const own = await signer('ES256', 'own')
const rsa = await signer('RS256', 'rsa')
const pss = await signer('PS256', 'pss')
const ed = await signer('EdDSA', 'ed')
const foreign = await signer('ES256', 'own')
const KEYS = { keys: [own, rsa, pss, ed].map(({ publicJwk }) => publicJwk) }
const now = seconds(NOW)

/** What every request object of these tests says, unless told otherwise. */
const CLAIMS = {
  iss: CLIENT.id,
  aud: ISSUER,
  exp: now + 300,
  nbf: now,
  client_id: CLIENT.id,
  response_type: 'code',
  scope: 'openid',
  redirect_uri: 'https://shop.example.com/callback',
}

interface Sent {
  readonly profile?: Client['profile']
  readonly metadata?: ClientMetadata
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  readonly key?: Signer
  /** What stands beside the request object. */
  readonly beside?: Parameters
  /** What is at each address that may be fetched. */
  readonly documents?: Readonly<Record<string, string>>
}

async function request({ claims, header, key = own }: Sent): Promise<string> {
  return sign(key, { ...CLAIMS, ...claims }, { typ: 'oauth-authz-req+jwt', ...header })
}

async function requested(sent: Sent, jwt?: string): Promise<Record<string, unknown>> {
  const { profile = 'oauth2.1', metadata, beside = {}, documents = {} } = sent
  const outbound = {
    get: async (url: string) => {
      const body = documents[url]
      if (body === undefined) throw new OutboundError('There is nothing.')
      return { status: 200, headers: {}, body }
    },
    post: async () => ({ status: 500, headers: {}, body: '' }),
    close: async () => {},
  }
  const client = { ...CLIENT, profile, metadata: { jwks: KEYS, ...metadata } }
  const parameters =
    jwt === '' ? beside : { client_id: CLIENT.id, request: jwt ?? (await request(sent)), ...beside }
  return { ...(await requestedParameters({ ...surroundings(), outbound }, callWith(), client, parameters)) }
}

const INVALID = { status: 400, code: 'invalid_request_object' }

t.test('a request without an object stands for itself', async t => {
  t.strictSame(await requested({ beside: { scope: 'openid', state: 'a' } }, ''), {
    scope: 'openid',
    state: 'a',
  })
})

t.test('what is signed is what counts; what stands beside it does not', async t => {
  const beside = {
    redirect_uri: 'https://evil.example',
    state: 'outside',
    scope: 'openid email',
    response_type: 'token',
  }
  t.strictSame(await requested({ beside, claims: { state: 'inside' } }), {
    client_id: CLIENT.id,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: 'https://shop.example.com/callback',
    state: 'inside',
  })
})

t.test('under OpenID Connect what stands beside fills up what is not signed', async t => {
  const beside = {
    redirect_uri: 'https://evil.example',
    state: 'outside',
    scope: 'openid email',
    response_type: 'code',
  }
  const claims = {
    iss: undefined,
    aud: undefined,
    exp: undefined,
    nbf: undefined,
    client_id: undefined,
    scope: undefined,
  }
  t.match(await requested({ profile: 'openid', beside, claims }), {
    response_type: 'code',
    scope: 'openid email',
    redirect_uri: 'https://shop.example.com/callback',
    state: 'outside',
  })
  const other = { response_type: 'token' }
  await t.rejects(requested({ profile: 'openid', beside: other, claims: {} }), INVALID, 'Core section 6.1')
  const strict = { require_signed_request_object: true }
  t.equal((await requested({ profile: 'openid', metadata: strict, beside })).state, undefined)
})

t.test('claims become what a query would have said', async t => {
  const claims = {
    max_age: 86_400,
    claims: { id_token: { acr: null } },
    authorization_details: [{ type: 'payment' }],
    resource: ['https://a.example', 'https://b.example'],
    state: '',
    nonce: null,
    flag: true,
    jti: 'j-1',
    iat: now,
  }
  const { client_id, response_type, scope, redirect_uri, ...rest } = await requested({ claims })
  t.strictSame(rest, {
    max_age: '86400',
    claims: '{"id_token":{"acr":null}}',
    authorization_details: '[{"type":"payment"}]',
    resource: 'https://a.example https://b.example',
    flag: 'true',
  })
  t.equal(
    (await requested({ claims: { resource: 'https://a.example https://b.example' } })).resource,
    'https://a.example%20https://b.example',
  )
  t.equal((await requested({ claims: { claims: '{"userinfo":{}}' } })).claims, '{"userinfo":{}}')
})

t.test(
  'every algorithm of the profile is good, and only that which was registered where one was',
  async t => {
    for (const key of [own, rsa, pss, ed]) t.ok(await requested({ key }), key.alg)
    for (const key of [own, pss, ed]) t.ok(await requested({ key, profile: 'fapi2' }), key.alg)
    await t.rejects(requested({ key: rsa, profile: 'fapi2' }), INVALID, 'FAPI 2.0 knows no RS256')
    const metadata = { request_object_signing_alg: 'PS256' }
    t.ok(await requested({ key: pss, metadata }))
    await t.rejects(requested({ key: own, metadata }), INVALID)
  },
)

t.test('what nobody signed, or somebody else, is refused', async t => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const good = await request({})
  const [header, payload, signature] = good.split('.') as [string, string, string]
  for (const [name, jwt] of Object.entries({
    'alg none': `${part({ alg: 'none' })}.${part(CLAIMS)}.`,
    'alg none in a good one': `${part({ alg: 'none' })}.${payload}.${signature}`,
    'HS256 with the public key': `${part({ alg: 'HS256', kid: 'own' })}.${payload}.${signature}`,
    'another payload': `${header}.${part({ ...CLAIMS, scope: 'email' })}.${signature}`,
    'no signature': `${header}.${payload}.`,
    'an encrypted one': `${header}.a.b.c.d`,
    'no JWT': 'x',
    'an empty part': '..',
    'JSON that is no object': `${part([1])}.${payload}.${signature}`,
  }))
    await t.rejects(requested({}, jwt), INVALID, name)
  await t.rejects(requested({ key: foreign }), INVALID, 'the key of somebody else, under our kid')
  await t.rejects(requested({ metadata: { jwks: { keys: [] } } }), INVALID, 'a client without keys')
  await t.rejects(
    requested({ metadata: { jwks: undefined as never, jwks_uri: 'https://gone.example/jwks' } }),
    INVALID,
  )
})

t.test('what is about somebody else, or is something else, is refused', async t => {
  const table: Sent[] = [
    { claims: { aud: 'https://other.example' } },
    { claims: { aud: [] } },
    { claims: { aud: `${ISSUER}/` } },
    { claims: { iss: 'cl_2' } },
    { claims: { client_id: 'cl_2' } },
    { claims: { client_id: undefined } },
    { claims: { sub: CLIENT.id } },
    { claims: { exp: now - 11 } },
    { claims: { exp: 'soon' } },
    { claims: { nbf: now + 60 } },
    { claims: { request: 'x' } },
    { claims: { request_uri: 'https://shop.example.com/request' } },
    { claims: { request: null } },
    { claims: { state: 'a\0' } },
    { claims: { state: '\ud800' } },
    { claims: { resource: [{ toString: null }] } },
    { claims: { resource: [['https://a.example']] } },
    { claims: { resource: [null] } },
    { header: { typ: 'dpop+jwt' } },
    { header: { typ: 'at+jwt' } },
  ]
  for (const sent of table) await t.rejects(requested(sent), INVALID, JSON.stringify(sent))
  for (const typ of [undefined, 'JWT', 'oauth-authz-req+jwt'])
    t.ok(await requested({ header: { typ } }), String(typ))
  t.ok(await requested({ claims: { aud: ['https://other.example', ISSUER] } }))
})

t.test('FAPI 2.0 wants aud, exp and nbf, and neither more than an hour away', async t => {
  const table: Record<string, unknown>[] = [
    { aud: undefined },
    { exp: undefined },
    { nbf: undefined },
    { exp: now + 3601 },
    { nbf: now - 3700, exp: now + 10 },
    { nbf: now + 30, exp: now + 60 },
    { exp: now - 60 },
  ]
  for (const claims of table)
    await t.rejects(requested({ profile: 'fapi2', claims }), INVALID, JSON.stringify(claims))
  const good: Record<string, unknown>[] = [
    { exp: now + 3600 },
    { nbf: now + 8 },
    { nbf: now - 3500, exp: now + 60 },
    { aud: [ISSUER, 'https://other.example'] },
  ]
  for (const claims of good) t.ok(await requested({ profile: 'fapi2', claims }), JSON.stringify(claims))
  t.ok(
    await requested({ claims: { aud: undefined, exp: undefined, nbf: undefined } }),
    'others may leave them out',
  )
})

t.test('a client that must sign its requests must', async t => {
  const metadata = { require_signed_request_object: true }
  await t.rejects(requested({ metadata, beside: { scope: 'openid' } }, ''), { code: 'invalid_request' })
  t.ok(await requested({ metadata }))
})

t.test('an object is fetched from where it was registered to be', async t => {
  const address = 'https://shop.example.com/request?a=b'
  const documents: Record<string, string> = {
    [address]: `${await request({ claims: { state: 'fetched' } })}\n`,
  }
  const fetched = (request_uri: string, request_uris: string[]) =>
    requested({ metadata: { request_uris }, documents, beside: { client_id: CLIENT.id, request_uri } }, '')
  for (const registered of [address, `${address}#old`]) {
    for (const uri of [address, `${address}#new`])
      t.equal((await fetched(uri, [registered])).state, 'fetched')
  }
  const refused = { status: 400, code: 'invalid_request_uri' }
  await t.rejects(fetched(address, []), refused)
  await t.rejects(fetched(`${address}c`, [address]), refused)
  await t.rejects(fetched('https://shop.example.com/request', [address]), refused)
  await t.rejects(fetched('https://gone.example/', ['https://gone.example/']), refused)
  await t.rejects(fetched('http://shop.example.com/', ['http://shop.example.com/']), refused)
  const shouted = 'HTTPS://SHOP.example.com/request'
  documents[shouted] = documents[address] ?? ''
  t.equal((await fetched(shouted, [shouted])).state, 'fetched', 'whatever may be registered may be used')
  documents['https://shop.example.com/html'] = '<html>'
  await t.rejects(fetched('https://shop.example.com/html', ['https://shop.example.com/html']), INVALID)
  await t.rejects(requested({ beside: { request_uri: address }, metadata: { request_uris: [address] } }), {
    code: 'invalid_request',
  })
})

t.test('JSON that is nested without end is refused, not a failure', async t => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  const payload = JSON.stringify(CLAIMS).replace(/}$/, `,"claims":${deep}}`)
  const jwt = await new CompactSign(Buffer.from(payload))
    .setProtectedHeader({ alg: 'ES256', kid: 'own', typ: 'oauth-authz-req+jwt' })
    .sign(own.privateKey)
  await requested({}, jwt).then(
    ({ claims }) => t.equal(claims, deep, 'whoever reads it refuses it'),
    error => t.match(error, INVALID),
  )
})
