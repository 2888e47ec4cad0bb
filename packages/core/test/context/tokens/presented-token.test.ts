import t from 'tap'
import type { Context, KnownToken } from '../../../src/context/context.ts'
import {
  authenticateToken,
  insufficientScope,
  type TokenRequest,
} from '../../../src/context/tokens/presented-token.ts'
import { HttpError } from '../../../src/errors.ts'
import { sha256 } from '../../../src/lib/hash.ts'
import { OTHER_CERTIFICATE, SHOP_CERTIFICATE, SHOP_THUMBPRINT } from '../../certificates.ts'
import { proof, signer } from '../../oauth/signer.ts'
import { CLIENT, surroundings } from '../surroundings.ts'

const URL = 'https://api.example.com/orders'
const METADATA = 'https://api.example.com/.well-known/oauth-protected-resource/orders'
const key = await signer()
const other = await signer()

/** Tokens by their value, each bound to what stands here. */
const TOKENS: Readonly<Record<string, Readonly<Record<string, string>> | undefined>> = {
  free: undefined,
  bound: { jkt: key.jkt },
  certified: { 'x5t#S256': SHOP_THUMBPRINT },
  both: { jkt: key.jkt, 'x5t#S256': SHOP_THUMBPRINT },
}

function scene(options: Parameters<typeof surroundings>[0] = {}) {
  const base = surroundings(options)
  const context: Context = {
    ...base,
    keys: { ...base.keys, secret: async (name: string) => Buffer.alloc(32, name) },
    accessTokens: {
      async find(hash) {
        const value = Object.keys(TOKENS).find(name => sha256(name) === hash)
        if (value === undefined) return undefined
        return { client: CLIENT, token: { hash, confirmation: TOKENS[value] } } as unknown as KnownToken
      },
      close() {},
    },
  }
  /** The hash of the token that was found, or how it was refused. */
  async function authenticate(headers: TokenRequest['headers'], over: Partial<TokenRequest> = {}) {
    try {
      return (await authenticateToken(context, { headers, method: 'GET', url: URL, ...over })).token.hash
    } catch (error) {
      if (!(error instanceof HttpError)) throw error
      return { status: error.status, code: error.code, headers: error.headers }
    }
  }
  return { context, authenticate }
}

const dpopOf = async (accessToken: string, by = key, over = {}) =>
  proof(by, { htm: 'GET', htu: URL, accessToken, ...over })

t.test('a token comes in the header, whatever the case of its scheme, or in a form', async t => {
  const { authenticate } = scene()
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer '])
    t.equal(await authenticate({ authorization: `${scheme} free` }), sha256('free'))
  const form = new URLSearchParams({ access_token: 'free' })
  t.equal(await authenticate({}, { form }), sha256('free'))
})

t.test('it comes in one way and once', async t => {
  const { authenticate } = scene()
  const form = new URLSearchParams({ access_token: 'free' })
  const twice = new URLSearchParams('access_token=free&access_token=free')
  for (const refused of [
    await authenticate({ authorization: 'Bearer free' }, { form }),
    await authenticate({ authorization: 'Basic eDp5' }, { form }),
    await authenticate({}, { form: twice }),
  ])
    t.match(refused, { status: 400, code: 'invalid_request' })
  const inQuery = await authenticate({}, { url: `${URL}?access_token=free` })
  t.match(inQuery, { status: 401 }, 'and never in the query')
})

t.test('whoever brings none is told the schemes, and where to ask, and nothing more', async t => {
  const { authenticate } = scene()
  for (const authorization of [undefined, '', 'Basic eDp5', 'Bearer', 'Bearer a b', 'free', 'DPoPfree']) {
    const refused = await authenticate(
      { authorization },
      { resourceMetadata: METADATA, scope: 'orders:read' },
    )
    t.match(refused, {
      status: 401,
      headers: {
        'www-authenticate': `Bearer realm="XWMS", scope="orders:read", resource_metadata="${METADATA}", DPoP realm="XWMS", algs="RS256 PS256 ES256 EdDSA Ed25519"`,
      },
    })
  }
})

t.test('a token that nobody knows is refused in the words of RFC 6750', async t => {
  const { authenticate } = scene()
  const refused = await authenticate({ authorization: 'Bearer unknown' })
  t.match(refused, { status: 401, code: 'invalid_token' })
  t.match(refused, {
    headers: {
      'www-authenticate':
        /^Bearer realm="XWMS", error="invalid_token", error_description="[^"\\]+", DPoP realm="XWMS", algs="/,
    },
  })
})

t.test('a token that is bound to a key needs its proof, and is no bearer token', async t => {
  const { authenticate } = scene()
  const authorization = 'DPoP bound'
  t.equal(await authenticate({ authorization, dpop: await dpopOf('bound') }), sha256('bound'))
  t.equal(await authenticate({ authorization: 'dpop bound', dpop: await dpopOf('bound') }), sha256('bound'))

  const dpop = await dpopOf('bound')
  const invalid = { status: 401, code: 'invalid_token' }
  t.match(await authenticate({ authorization: 'Bearer bound' }), invalid)
  t.match(await authenticate({ authorization: 'Bearer bound', dpop }), invalid)
  t.match(await authenticate({ authorization: 'DPoP free', dpop: await dpopOf('free') }), invalid)

  const refused = {
    status: 401,
    code: 'invalid_dpop_proof',
    headers: { 'www-authenticate': /^DPoP realm="XWMS", algs="[^"]+", error="invalid_dpop_proof"/ },
  }
  t.match(await authenticate({ authorization }), refused, 'none')
  for (const [what, bad] of Object.entries({
    'another key': await dpopOf('bound', other),
    'another token': await dpopOf('free'),
    'another method': await dpopOf('bound', key, { htm: 'POST' }),
    'another address': await dpopOf('bound', key, { htu: 'https://api.example.com/' }),
    nonsense: 'nonsense',
  }))
    t.match(await authenticate({ authorization, dpop: bad }), refused, what)
  const once = await dpopOf('bound')
  t.equal(await authenticate({ authorization, dpop: once }), sha256('bound'))
  t.match(await authenticate({ authorization, dpop: once }), refused, 'a replay')
})

t.test('where nonces are demanded, the refusal brings one', async t => {
  const { authenticate } = scene({ oauth: { requireDpopNonce: true } })
  const authorization = 'DPoP bound'
  const refused = await authenticate({ authorization, dpop: await dpopOf('bound') })
  t.match(refused, {
    status: 401,
    code: 'use_dpop_nonce',
    headers: { 'www-authenticate': /error="use_dpop_nonce"/, 'dpop-nonce': String },
  })
  if (typeof refused === 'string') throw new Error('It was accepted.')
  const nonce = refused.headers['dpop-nonce']
  t.equal(await authenticate({ authorization, dpop: await dpopOf('bound', key, { nonce }) }), sha256('bound'))
})

t.test('a token that is bound to a certificate needs that certificate', async t => {
  const { authenticate } = scene()
  const bearer = { authorization: 'Bearer certified' }
  t.equal(await authenticate(bearer, { certificate: SHOP_CERTIFICATE }), sha256('certified'))
  for (const certificate of [undefined, OTHER_CERTIFICATE, 'nonsense'])
    t.match(await authenticate(bearer, { certificate }), { status: 401, code: 'invalid_token' })
})

t.test('a token that is bound to both needs both', async t => {
  const { authenticate } = scene()
  const authorization = 'DPoP both'
  const certificate = SHOP_CERTIFICATE
  const come = async (over: Partial<TokenRequest>) =>
    authenticate({ authorization, dpop: await dpopOf('both') }, over)
  t.equal(await come({ certificate }), sha256('both'))
  t.match(await come({}), { status: 401 })
  t.match(await authenticate({ authorization }, { certificate }), { status: 401 })
})

t.test('a missing scope is named', async t => {
  const request = { headers: { authorization: 'Bearer free' }, method: 'GET', url: URL }
  const { status, code, headers } = insufficientScope(
    { ...request, resourceMetadata: METADATA },
    'orders:write',
  )
  t.equal(status, 403)
  t.equal(code, 'insufficient_scope')
  t.match(headers['www-authenticate'], 'error="insufficient_scope"')
  t.match(headers['www-authenticate'], `scope="orders:write", resource_metadata="${METADATA}"`)
})
