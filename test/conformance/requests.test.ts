import { randomUUID } from 'node:crypto'
import { publish } from '../support/site.ts'
import { conformance, type Party, type Provider } from './provider.ts'
import {
  approve,
  assertingParty,
  assertion,
  basic,
  begin,
  type ClientKey,
  clientKey,
  dpop,
  redeem,
  referenceUrl,
  responseOf,
  signed,
  signIn,
} from './relying-party.ts'

const seconds = (provider: Provider) => Math.floor(provider.now().getTime() / 1000)

/** A client with a key for its request objects. */
async function signingParty(provider: Provider, metadata = {}): Promise<{ party: Party; key: ClientKey }> {
  const key = await clientKey('ES256')
  const party = await provider.client({ metadata: { jwks: { keys: [key.publicJwk] }, ...metadata } })
  return { party, key }
}

/** The claims of an ordinary request object. */
function claimsOf(provider: Provider, party: Party, parameters: object, over: object = {}) {
  return {
    iss: party.id,
    aud: provider.issuer,
    nbf: seconds(provider),
    exp: seconds(provider) + 300,
    jti: randomUUID(),
    ...parameters,
    ...over,
  }
}

/** An authorization request that is its request object. */
function byValue(provider: Provider, party: Party, request: string): URL {
  const url = new URL(`${provider.issuer}/oauth/authorize`)
  url.search = new URLSearchParams({
    client_id: party.id,
    response_type: 'code',
    scope: 'openid',
    request,
  }).toString()
  return url
}

/** Pushes a request of an ordinary client. */
function push(provider: Provider, party: Party, form: Record<string, string>, headers = {}) {
  return provider.ask('/oauth/par', { headers: { ...basic(party), ...headers }, form })
}

/** Pushes a request of a strict client. */
async function pushStrict(
  provider: Provider,
  { party, key }: { party: Party; key: ClientKey },
  form: Record<string, string>,
  headers = {},
) {
  const parameters = { ...form, ...(await assertion(provider, party, key)) }
  return provider.ask('/oauth/par', { headers, form: parameters })
}

await conformance(statement => {
  statement(
    'REQ-1',
    'A signed request object by value is processed, and its values win over those outside',
    async (t, provider) => {
      const { party, key } = await signingParty(provider)
      const begun = begin(provider, party)
      const request = await signed(key, claimsOf(provider, party, begun.parameters))
      const url = byValue(provider, party, request)
      url.searchParams.set('state', 'outside')
      url.searchParams.set('redirect_uri', 'https://evil.example/')
      const page = await approve(provider.browser(), url)
      t.ok(page.url.href.startsWith(party.redirectUri))
      const response = responseOf(page)
      t.equal(response.state, begun.state)
      t.equal((await redeem(provider, party, begun, response.code)).status, 200)
    },
  )

  statement(
    'REQ-2',
    'A registered request_uri is fetched and processed, whatever its fragment; another is refused',
    async (t, provider) => {
      const documents: Record<string, string> = {}
      const site = await publish(t, provider.authority, documents)
      const uri = `${site}/request.jwt#v1`
      const { party, key } = await signingParty(provider, { request_uris: [uri] })
      const begun = begin(provider, party)
      documents['/request.jwt'] = await signed(key, claimsOf(provider, party, begun.parameters))
      documents['/other.jwt'] = documents['/request.jwt']
      const browser = provider.browser()
      for (const given of [uri, `${site}/request.jwt#v2`, `${site}/request.jwt`]) {
        const response = responseOf(await approve(browser, referenceUrl(provider, party, given)))
        t.equal(response.state, begun.state)
        t.ok(response.code)
      }
      for (const other of [`${site}/other.jwt`, `${site}/request.jwt?v=2`]) {
        const page = await browser.open(referenceUrl(provider, party, other))
        t.match(page.url.searchParams.get('error') ?? page.html, 'invalid_request_uri', other)
        t.notOk(page.url.searchParams.has('code'))
      }
    },
  )

  statement(
    'REQ-3',
    "alg none, a bad signature, and another client's key are invalid_request_object",
    async (t, provider) => {
      const { party, key } = await signingParty(provider)
      const { parameters } = begin(provider, party)
      const good = await signed(key, claimsOf(provider, party, parameters))
      const [, payload = '', signature = ''] = good.split('.')
      const none = Buffer.from('{"alg":"none"}').toString('base64url')
      const foreign = await signed(
        await clientKey('ES256', key.publicJwk.kid),
        claimsOf(provider, party, parameters),
      )
      const flipped = `${good.slice(0, -signature.length)}${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
      for (const request of [`${none}.${payload}.`, flipped, foreign, 'nonsense']) {
        const pushed = await push(provider, party, { request })
        t.match(pushed, { status: 400, body: { error: 'invalid_request_object' } })
        const url = byValue(provider, party, request)
        const { redirect_uri = '' } = parameters
        url.searchParams.set('redirect_uri', redirect_uri)
        const page = await provider.browser().open(url)
        t.match(page.url.searchParams.get('error') ?? page.html, 'invalid_request_object')
      }
    },
  )

  statement(
    'REQ-4',
    'Strict clients: RS256, a wrong audience, a missing exp or nbf, and either more than 60 minutes away are refused',
    async (t, provider) => {
      const strict = await assertingParty(provider, 'ES256', 'fapi2')
      const { parameters } = begin(provider, strict.party)
      const now = seconds(provider)
      for (const over of [
        { aud: 'https://elsewhere.example' },
        { aud: undefined },
        { exp: undefined },
        { nbf: undefined },
        { exp: now + 3700 },
        { exp: now - 60 },
        { nbf: now - 3700 },
        { nbf: now + 120 },
      ]) {
        const request = await signed(strict.key, claimsOf(provider, strict.party, parameters, over))
        const pushed = await pushStrict(provider, strict, { request })
        t.match(pushed, { status: 400, body: { error: 'invalid_request_object' } }, JSON.stringify(over))
      }
      const rsa = await clientKey('RS256')
      const party = await provider.client({
        profile: 'fapi2',
        metadata: {
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: { keys: [strict.key.publicJwk, { ...rsa.publicJwk, alg: undefined as never }] },
        },
      })
      const request = await signed(rsa, claimsOf(provider, party, begin(provider, party).parameters))
      const pushed = await pushStrict(provider, { party, key: strict.key }, { request })
      t.match(pushed, { status: 400, body: { error: 'invalid_request_object' } })
    },
  )

  statement(
    'REQ-5',
    'Strict clients: an audience list that contains the issuer, and an nbf 8 seconds ahead, are accepted',
    async (t, provider) => {
      const strict = await assertingParty(provider, 'PS256', 'fapi2')
      const { parameters } = begin(provider, strict.party)
      for (const over of [
        { aud: ['https://elsewhere.example', provider.issuer] },
        { nbf: seconds(provider) + 8 },
      ]) {
        const request = await signed(strict.key, claimsOf(provider, strict.party, parameters, over))
        t.equal((await pushStrict(provider, strict, { request })).status, 201, JSON.stringify(over))
      }
    },
  )

  statement('REQ-6', 'A request object inside a request object is refused', async (t, provider) => {
    const { party, key } = await signingParty(provider)
    const { parameters } = begin(provider, party)
    for (const over of [{ request: 'x.y.z' }, { request_uri: 'urn:ietf:params:oauth:request_uri:x' }]) {
      const request = await signed(key, claimsOf(provider, party, parameters, over))
      const pushed = await push(provider, party, { request })
      t.match(pushed, { status: 400, body: { error: 'invalid_request_object' } })
    }
  })

  statement(
    'REQ-7',
    'A pushed request answers 201 with a request_uri that cannot be guessed and a sane expires_in',
    async (t, provider) => {
      const party = await provider.client()
      const answers = await Promise.all(
        [1, 2, 3].map(() => push(provider, party, begin(provider, party).parameters)),
      )
      for (const { status, body, headers } of answers) {
        t.equal(status, 201)
        t.match(body.request_uri, /^urn:ietf:params:oauth:request_uri:[\w-]{22,}$/)
        t.ok(body.expires_in >= 5 && body.expires_in <= 600)
        t.match(headers.get('cache-control'), 'no-store')
      }
      t.equal(new Set(answers.map(({ body }) => body.request_uri)).size, 3)
    },
  )

  statement('REQ-8', 'Pushing needs the client authentication of the token endpoint', async (t, provider) => {
    const party = await provider.client()
    const { parameters } = begin(provider, party)
    for (const headers of [{}, basic({ ...party, secret: 'wrong' })]) {
      const refused = await provider.ask('/oauth/par', { form: parameters, headers })
      t.match(refused, { status: 401, body: { error: 'invalid_client' } })
    }
    const strict = await assertingParty(provider, 'ES256', 'fapi2')
    t.equal((await pushStrict(provider, strict, begin(provider, strict.party).parameters)).status, 201)
  })

  statement('REQ-9', 'Other methods than POST get 405', async (t, provider) => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { status, headers } = await provider.ask('/oauth/par', { method })
      t.equal(status, 405)
      t.match(headers.get('allow'), 'POST')
    }
  })

  statement('REQ-10', 'A pushed request that carries a request_uri is refused', async (t, provider) => {
    const party = await provider.client()
    const { parameters } = begin(provider, party, { request_uri: 'urn:ietf:params:oauth:request_uri:x' })
    const { status, body } = await push(provider, party, parameters)
    t.strictSame([status, body.error], [400, 'invalid_request'])
  })

  statement('REQ-11', 'A pushed request belongs to its client and expires', async (t, provider) => {
    const party = await provider.client()
    const other = await provider.client()
    const { body } = await push(provider, party, begin(provider, party).parameters)
    const browser = provider.browser()
    const theirs = await browser.open(referenceUrl(provider, other, body.request_uri))
    t.match(theirs.html, 'invalid_request_uri')
    provider.passes(body.expires_in - 1)
    const inTime = await browser.open(referenceUrl(provider, party, body.request_uri))
    t.match(inTime.html, 'login-submit', 'as long as it was said to live')
    provider.passes(1)
    const late = await provider.browser().open(referenceUrl(provider, party, body.request_uri))
    t.match(late.html, 'invalid_request_uri', 'and no longer')
  })

  statement(
    'REQ-12',
    'A pushed request is spent when the authorization completes, not when a page is shown',
    async (t, provider) => {
      const party = await provider.client()
      const begun = begin(provider, party)
      const { body } = await push(provider, party, begun.parameters)
      const url = referenceUrl(provider, party, body.request_uri)
      const browser = provider.browser()
      t.match((await browser.open(url)).html, 'login-submit')
      const page = await browser.open(url)
      t.match(page.html, 'login-submit', 'after a reload')
      const { code } = responseOf(await approve(browser, page))
      t.equal((await redeem(provider, party, begun, code)).status, 200)
      t.match((await browser.open(url)).html, 'invalid_request_uri', 'once it is completed')
    },
  )

  statement('REQ-13', 'The browser needs client_id and request_uri only', async (t, provider) => {
    const party = await provider.client()
    const begun = begin(provider, party)
    const { body } = await push(provider, party, begun.parameters)
    const url = referenceUrl(provider, party, body.request_uri)
    url.searchParams.set('state', 'outside')
    url.searchParams.set('scope', 'openid email')
    const response = responseOf(await approve(provider.browser(), url))
    t.equal(response.state, begun.state, 'what stands beside them changes nothing')
    const { body: tokens } = await redeem(provider, party, begun, response.code)
    t.equal(tokens.scope, 'openid')
  })

  statement('REQ-14', "Strict clients' requests that were not pushed are refused", async (t, provider) => {
    const { party, key } = await assertingParty(provider, 'ES256', 'fapi2')
    const begun = begin(provider, party)
    const plain = responseOf(await provider.browser().open(begun.url))
    t.equal(plain.error, 'invalid_request')
    const request = await signed(key, claimsOf(provider, party, begun.parameters))
    const url = byValue(provider, party, request)
    url.searchParams.set('redirect_uri', party.redirectUri)
    const byObject = responseOf(await provider.browser().open(url))
    t.equal(byObject.error, 'invalid_request')
    const careful = await provider.client({ metadata: { require_pushed_authorization_requests: true } })
    t.equal(responseOf(await provider.browser().open(begin(provider, careful).url)).error, 'invalid_request')
  })

  statement(
    'REQ-15',
    'A DPoP proof or dpop_jkt at the pushed request binds the code',
    async (t, provider) => {
      const party = await provider.client()
      const key = await clientKey()
      const other = await clientKey()
      const request = { method: 'POST', url: `${provider.issuer}/oauth/token` }
      const atPar = { method: 'POST', url: `${provider.issuer}/oauth/par` }
      for (const how of ['proof', 'dpop_jkt']) {
        for (const [given, status] of [
          [other, 400],
          [undefined, 400],
          [key, 200],
        ] as const) {
          const begun = begin(provider, party, how === 'proof' ? {} : { dpop_jkt: key.thumbprint })
          const proof = how === 'proof' ? await dpop(provider, key, atPar) : {}
          const { body } = await push(provider, party, begun.parameters, proof)
          const page = await approve(provider.browser(), referenceUrl(provider, party, body.request_uri))
          const headers = given ? await dpop(provider, given, request) : {}
          const redeemed = await redeem(provider, party, begun, responseOf(page).code, {}, { headers })
          t.equal(redeemed.status, status)
          if (status === 200) t.equal(redeemed.body.token_type, 'DPoP')
          else t.match(redeemed.body.error, /^invalid_(grant|dpop_proof)$/)
        }
      }
      const contradicting = begin(provider, party, { dpop_jkt: other.thumbprint })
      const refused = await push(provider, party, contradicting.parameters, await dpop(provider, key, atPar))
      t.equal(refused.status, 400)
      t.ok(await signIn(provider, party))
    },
  )
})
