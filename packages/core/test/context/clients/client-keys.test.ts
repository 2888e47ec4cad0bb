import t from 'tap'
import { clientKeySet, newerClientKeySet, verifyClientJwt } from '../../../src/context/clients/client-keys.ts'
import type { Context } from '../../../src/context/context.ts'
import { OutboundError } from '../../../src/errors.ts'
import type { ClientMetadata } from '../../../src/model/client-metadata.ts'
import { NOW } from '../../installation.ts'
import { type Signer, sign, signer } from '../../oauth/signer.ts'
import { CLIENT, surroundings } from '../surroundings.ts'

const JWKS_URI = 'https://shop.example.com/jwks.json'
const [first, second, third] = (await Promise.all(['a', 'b', 'c'].map(kid => signer('ES256', kid)))) as [
  Signer,
  Signer,
  Signer,
]

const shop = (metadata: ClientMetadata) => ({ ...CLIENT, metadata })
const byUri = shop({ jwks_uri: JWKS_URI })

/** A context whose clients' keys are at an address. */
function scene(published: readonly Signer[]) {
  let time = NOW.getTime()
  const site = {
    keys: published.map(({ publicJwk }) => publicJwk),
    body: undefined as string | undefined,
    down: false,
    calls: 0,
  }
  const outbound: Context['outbound'] = {
    async get(url) {
      site.calls++
      if (site.down || url !== JWKS_URI) throw new OutboundError('Nobody is there.')
      return { status: 200, headers: {}, body: site.body ?? JSON.stringify({ keys: site.keys }) }
    },
    post: async () => ({ status: 200, headers: {}, body: '' }),
    async close() {},
  }
  const now = () => new Date(time)
  const context: Context = { ...surroundings({ now }), outbound }
  return {
    context,
    site,
    pass(by: number) {
      time += by * 1000
    },
    async verifies(client: typeof byUri, key: Signer, header = {}) {
      const jwt = await sign(key, { iss: client.id }, header)
      return verifyClientJwt(context, client, jwt, { algorithms: [key.alg], currentDate: now() }).then(
        () => true,
        () => false,
      )
    },
  }
}

t.test('a JWT is verified by the client’s registered keys', async t => {
  const { verifies } = scene([])
  const client = shop({ jwks: { keys: [first.publicJwk, second.publicJwk] } })
  t.ok(await verifies(client, first))
  t.ok(await verifies(client, second))
  t.notOk(await verifies(client, third))
  t.notOk(await verifies(client, third, { kid: 'a' }))
  t.notOk(await verifies(shop({}), first))
})

t.test('where a JWT names no key, each that could have signed it is tried', async t => {
  const { verifies } = scene([])
  const client = shop({ jwks: { keys: [first.publicJwk, second.publicJwk] } })
  t.ok(await verifies(client, second, { kid: undefined }))
  t.notOk(await verifies(client, third, { kid: undefined }))
})

t.test('keys at an address are fetched once, and again after some minutes', async t => {
  const { verifies, site, pass } = scene([first])
  t.ok(await verifies(byUri, first))
  t.ok(await verifies(byUri, first))
  t.equal(site.calls, 1)
  pass(299)
  t.ok(await verifies(byUri, first))
  t.equal(site.calls, 1)
  pass(1)
  t.ok(await verifies(byUri, first))
  t.equal(site.calls, 2)
})

t.test('of requests that come at once, one fetches', async t => {
  const { verifies, site } = scene([first])
  t.strictSame(await Promise.all([1, 2, 3].map(() => verifies(byUri, first))), [true, true, true])
  t.equal(site.calls, 1)
})

t.test('a key that is not known is looked for at once, and a flood of them is not', async t => {
  const { verifies, site, pass } = scene([first])
  t.ok(await verifies(byUri, first))
  pass(5)
  site.keys = [second.publicJwk]
  t.strictSame(await Promise.all([1, 2, 3].map(() => verifies(byUri, second))), [true, true, true])
  t.equal(site.calls, 2)
  for (let guess = 0; guess < 10; guess++) t.notOk(await verifies(byUri, third))
  t.equal(site.calls, 2)
  t.ok(await verifies(byUri, second))
  pass(5)
  site.keys = [second.publicJwk, third.publicJwk]
  t.ok(await verifies(byUri, third))
})

t.test('an address that does not answer is asked again, and takes away no keys that are known', async t => {
  const { verifies, site, pass } = scene([first])
  site.down = true
  t.notOk(await verifies(byUri, first))
  site.down = false
  t.ok(await verifies(byUri, first))
  pass(10)
  site.down = true
  t.notOk(await verifies(byUri, second))
  t.ok(await verifies(byUri, first))
})

t.test('what is no JWK Set is none', async t => {
  const { context, site } = scene([])
  for (const body of ['', 'nonsense', '[]', '{}', '{"keys":7}', 'null']) {
    site.body = body
    await t.rejects(clientKeySet(context, byUri), OutboundError, body)
  }
  site.body = JSON.stringify({ keys: [null, 7, first.publicJwk] })
  t.strictSame(await clientKeySet(context, byUri), [first.publicJwk])
})

t.test('keys that were registered by value are as new as they get', async t => {
  const { context } = scene([])
  t.equal(await newerClientKeySet(context, shop({ jwks: { keys: [] } })), undefined)
  t.equal(await newerClientKeySet(context, shop({})), undefined)
  t.equal(await newerClientKeySet(context, byUri), undefined, 'nothing was fetched yet')
})
