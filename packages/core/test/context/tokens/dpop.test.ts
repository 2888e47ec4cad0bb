import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { KitOptions } from '../../../src/config/options.ts'
import type { Context } from '../../../src/context/context.ts'
import {
  type DpopRequest,
  dpopNonce,
  nextNonceField,
  verifyDpopProof,
} from '../../../src/context/tokens/dpop.ts'
import { HttpError } from '../../../src/errors.ts'
import type { HttpHeaders } from '../../../src/http/request.ts'
import { ISSUER, NOW } from '../../installation.ts'
import { proof, seconds, signer } from '../../oauth/signer.ts'
import { surroundings } from '../surroundings.ts'

const key = await signer('ES256')
const other = await signer('ES256')

/** A context with a clock that only the test moves. */
function scene(options: Partial<KitOptions> = {}) {
  let time = NOW.getTime()
  const now = () => new Date(time)
  const base = surroundings({ now, ...options })
  const keys = { ...base.keys, secret: async (name: string) => Buffer.alloc(32, name) }
  const context: Context = { ...base, keys }
  return {
    context,
    now,
    pass(by: number) {
      time += by * 1000
    },
    /** The thumbprint, or the code of the refusal. */
    async verify(dpop: string | readonly string[] | undefined, over: Partial<DpopRequest> = {}) {
      const request = { headers: { dpop }, method: 'POST', url: `${ISSUER}/oauth/token`, ...over }
      try {
        return await verifyDpopProof(context, request)
      } catch (error) {
        if (!(error instanceof HttpError)) throw error
        if (error.status !== 400) throw error
        return error.code
      }
    },
  }
}

t.test('a proof proves its key, whatever algorithm it is of', async t => {
  for (const alg of ['ES256', 'PS256', 'RS256', 'EdDSA', 'Ed25519']) {
    const signing = await signer(alg)
    t.equal(await scene().verify(await proof(signing)), signing.jkt, alg)
  }
})

t.test('a request without a proof proves nothing, and is no error', async t => {
  t.equal(await scene().verify(undefined), undefined)
})

t.test('a proof may say more than it has to', async t => {
  const more = {
    iss: 'cl_1',
    exp: 1,
    nbf: seconds(NOW) + 1000,
    aud: 'https://elsewhere.example',
    extra: { a: [1] },
  }
  t.equal(await scene().verify(await proof(key, more)), key.jkt)
})

t.test('a proof that is not as RFC 9449 section 4.3 wants it is refused', async t => {
  const { n, e, kty, crv, x, y } = key.publicJwk
  const publicJwk = { n, e, kty, crv, x, y }
  const good = await proof(key)
  const table: [name: string, dpop: string | readonly string[]][] = [
    ['two header fields, joined', `${good}, ${await proof(key)}`],
    ['two header fields', [good, await proof(key)]],
    ['an empty field', ''],
    ['no JWT', 'nonsense'],
    ['another typ', await proof(key, {}, { typ: 'JWT' })],
    ['no typ', await proof(key, {}, { typ: undefined })],
    ['no jwk', await proof(key, {}, { jwk: undefined })],
    ['a jwk that is no object', await proof(key, {}, { jwk: 'key' })],
    ['another key in the header', await proof(other, {}, { jwk: publicJwk })],
    ['a private key in the header', await proof(key, {}, { jwk: { ...key.privateJwk } })],
    ['a key of another kind', await proof(key, {}, { jwk: { kty: 'oct', k: 'AAAA' } })],
    ['no jti', await proof(key, { jti: undefined })],
    ['an empty jti', await proof(key, { jti: '' })],
    ['a jti that is no text', await proof(key, { jti: 7 })],
    ['another method', await proof(key, { htm: 'GET' })],
    ['the method in another case', await proof(key, { htm: 'post' })],
    ['no method', await proof(key, { htm: undefined })],
    ['another address', await proof(key, { htu: `${ISSUER}/oauth/par` })],
    ['another host', await proof(key, { htu: 'https://evil.example/oauth/token' })],
    ['no address', await proof(key, { htu: undefined })],
    ['no time', await proof(key, { iat: undefined })],
    ['a time that is no number', await proof(key, { iat: String(seconds(NOW)) })],
    ['made an hour ago', await proof(key, { iat: seconds(NOW) - 3600 })],
    ['made in an hour', await proof(key, { iat: seconds(NOW) + 3600 })],
    ['a signature that was cut off', good.slice(0, good.lastIndexOf('.') + 1)],
    ['no algorithm', `${Buffer.from('{"alg":"none","typ":"dpop+jwt"}').toString('base64url')}.e30.`],
  ]
  for (const [name, dpop] of table) t.equal(await scene().verify(dpop), 'invalid_dpop_proof', name)
  const rsa = await proof(await signer('RS256'))
  t.equal(
    await scene().verify(rsa, { algorithms: ['ES256'] }),
    'invalid_dpop_proof',
    'an algorithm that is not allowed',
  )
})

t.test('a symmetric key is none, even where the signature is good', async t => {
  const header = {
    alg: 'HS256',
    typ: 'dpop+jwt',
    jwk: { kty: 'oct', k: Buffer.alloc(32).toString('base64url') },
  }
  const { createHmac } = await import('node:crypto')
  const claims = { jti: '1', htm: 'POST', htu: `${ISSUER}/oauth/token`, iat: seconds(NOW) }
  const input = [header, claims]
    .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const mac = createHmac('sha256', Buffer.alloc(32)).update(input).digest('base64url')
  t.equal(await scene().verify(`${input}.${mac}`), 'invalid_dpop_proof')
})

t.test('clocks may differ by ten seconds, and the address be written otherwise', async t => {
  for (const over of [
    { iat: seconds(NOW) - 10 },
    { iat: seconds(NOW) + 10 },
    { htu: `${ISSUER}/oauth/token?a=b#c` },
    { htu: 'HTTPS://ID.example.com:443/oauth/token' },
  ])
    t.equal(await scene().verify(await proof(key, over)), key.jkt, JSON.stringify(over))
})

t.test('a proof works once; the same jti by another key is another one', async t => {
  const { verify, pass } = scene()
  const jti = randomUUID()
  t.equal(await verify(await proof(key, { jti })), key.jkt)
  t.equal(await verify(await proof(key, { jti })), 'invalid_dpop_proof')
  t.equal(await verify(await proof(other, { jti })), other.jkt)
  pass(59)
  t.equal(
    await verify(await proof(key, { jti })),
    'invalid_dpop_proof',
    'for as long as it could be replayed',
  )
})

t.test('of many that bring one proof at once, one is believed', async t => {
  const { verify } = scene()
  const dpop = await proof(key)
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => verify(dpop)))
  t.equal(outcomes.filter(outcome => outcome === key.jkt).length, 1)
})

t.test('with an access token, the proof is about that token', async t => {
  const accessToken = 'xwms_at_1'
  const { verify } = scene()
  t.equal(await verify(await proof(key, { accessToken }), { accessToken }), key.jkt)
  for (const dpop of [
    await proof(key),
    await proof(key, { accessToken: 'xwms_at_2' }),
    await proof(key, { ath: 7 }),
  ])
    t.equal(await verify(dpop, { accessToken }), 'invalid_dpop_proof')
})

t.test('where nonces are demanded, a proof without one is told one, which then works', async t => {
  const { context, verify } = scene({ oauth: { requireDpopNonce: true } })
  const refusal = await verifyDpopProof(context, {
    headers: { dpop: await proof(key) },
    method: 'POST',
    url: `${ISSUER}/oauth/token`,
  }).then(
    () => undefined,
    (error: HttpError) => error,
  )
  t.match(refusal, { status: 400, code: 'use_dpop_nonce' })
  const nonce = refusal?.headers['dpop-nonce']
  t.match(nonce, /^[\x21\x23-\x5B\x5D-\x7E]+$/, 'in the characters of RFC 9449 section 8.1')
  t.equal(await verify(await proof(key, { nonce })), key.jkt)
  t.equal(await verify(await proof(key, { nonce })), key.jkt, 'for more than one proof')
  t.equal(await verify(await proof(key), { nonceRequired: false }), key.jkt, 'a caller may ask for less')
})

t.test('a nonce that is given must be good, wanted or not', async t => {
  const { context, verify, pass, now } = scene()
  const nonce = await dpopNonce(context)
  t.equal(await verify(await proof(key, { nonce })), key.jkt)
  t.equal(await verify(await proof(key, { nonce: `${nonce}x` })), 'use_dpop_nonce')
  t.equal(await verify(await proof(key, { nonce: 'made-up' })), 'use_dpop_nonce')
  t.equal(await verify(await proof(key, { nonce: 7 })), 'use_dpop_nonce')
  pass(120)
  t.equal(await verify(await proof(key, { nonce, iat: seconds(now()) })), key.jkt)
  pass(240)
  t.equal(await verify(await proof(key, { nonce, iat: seconds(now()) })), 'use_dpop_nonce')
})

t.test('with a nonce, the client’s clock does not matter, and the proof works once all the same', async t => {
  const { context, verify, pass } = scene()
  const dpop = await proof(key, { nonce: await dpopNonce(context), iat: seconds(NOW) - 3600 })
  t.equal(await verify(dpop), key.jkt)
  for (const wait of [0, 60, 60, 60]) {
    pass(wait)
    t.not(await verify(dpop), key.jkt)
  }
})

t.test('processes with the same secret take each other’s nonces, and nobody else’s', async t => {
  const [here, there] = [scene(), scene()]
  t.equal(await there.verify(await proof(key, { nonce: await dpopNonce(here.context) })), key.jkt)
  const foreign: Context = {
    ...here.context,
    keys: { ...here.context.keys, secret: async () => Buffer.alloc(32, 'other') },
  }
  t.equal(await there.verify(await proof(key, { nonce: await dpopNonce(foreign) })), 'use_dpop_nonce')
})

t.test('an answer carries a nonce where the client uses them, or has to', async t => {
  const plain = scene().context
  const strict = scene({ oauth: { requireDpopNonce: true } }).context
  const without = { dpop: await proof(key) }
  const withOne = { dpop: await proof(key, { nonce: 'n' }) }
  const offers = async (context: Context, headers: HttpHeaders) =>
    (await nextNonceField(context, headers))?.['dpop-nonce'] === (await dpopNonce(context))
  t.equal(await offers(plain, {}), false)
  t.equal(await offers(plain, without), false)
  t.equal(await offers(plain, withOne), true)
  t.equal(await offers(plain, { dpop: 'nonsense' }), false)
  t.equal(await offers(strict, {}), false)
  t.equal(await offers(strict, without), true)
})

t.test('the address may be the one where clients show certificates, of our own endpoints alone', async t => {
  const mtlsBaseUrl = 'https://mtls.example.com/id'
  const { verify } = scene({ oauth: { mtlsBaseUrl } })
  const htu = `${mtlsBaseUrl}/oauth/token`
  t.equal(await verify(await proof(key, { htu })), key.jkt)
  t.equal(await verify(await proof(key)), key.jkt, 'or the ordinary one')
  t.equal(await verify(await proof(key, { htu: `${mtlsBaseUrl}/oauth/par` })), 'invalid_dpop_proof')
  const orders = { url: 'https://api.example.com/oauth/token' }
  t.equal(await verify(await proof(key, { htu }), orders), 'invalid_dpop_proof')
  t.equal(await scene().verify(await proof(key, { htu })), 'invalid_dpop_proof')
})
