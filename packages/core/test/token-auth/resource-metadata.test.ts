import t from 'tap'
import { type Asked, type Installation, ISSUER, installation } from '../installation.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

async function documentAt({ ask }: Installation, path: string, asked: Asked = {}) {
  const { status, headers, body } = await ask('GET', path, asked)
  return { status, headers, body: JSON.parse(body) }
}

t.test('a guarded resource is described where RFC 9728 has it, as soon as it is guarded', async t => {
  const xwms = installation({
    application: { name: 'Paper Plane', documentationUrl: 'https://docs.example.com' },
  })
  t.equal(xwms.kit.match(`${WELL_KNOWN}/orders`, ''), undefined)
  xwms.kit.protect({ resource: '/orders', scope: 'orders:read' })
  const { status, headers, body } = await documentAt(xwms, `${WELL_KNOWN}/orders`)
  t.equal(status, 200)
  t.match(headers, {
    'content-type': /^application\/json/,
    'cache-control': 'public, max-age=300',
    'access-control-allow-origin': '*',
  })
  t.strictSame(body, {
    resource: `${ISSUER}/orders`,
    authorization_servers: [ISSUER],
    scopes_supported: ['orders:read'],
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'],
    tls_client_certificate_bound_access_tokens: true,
    resource_name: 'Paper Plane',
    resource_documentation: 'https://docs.example.com',
  })
})

t.test('it stands before the whole path, outside of where the kit is mounted', async t => {
  const issuer = 'https://id.example.com/auth'
  const xwms = installation({ issuer })
  xwms.kit.protect({ resource: '/api/orders' })
  const { body } = await documentAt(xwms, `${WELL_KNOWN}/api/orders`)
  t.match(body, { resource: 'https://id.example.com/api/orders', authorization_servers: [issuer] })
  t.notOk('scopes_supported' in body)
  for (const path of [`/auth${WELL_KNOWN}/api/orders`, WELL_KNOWN, `${WELL_KNOWN}/`, `${WELL_KNOWN}/api`])
    t.equal(xwms.kit.match(path, ''), undefined, path)
})

t.test('a resource that is a whole host has its document at the root', async t => {
  const xwms = installation()
  xwms.kit.protect({ resource: '/' })
  t.equal((await documentAt(xwms, WELL_KNOWN)).body.resource, `${ISSUER}/`)
})

t.test('routes of one resource are one document, with the scopes of all', async t => {
  const xwms = installation()
  xwms.kit.protect({ resource: '/orders', scope: 'orders:read' })
  xwms.kit.protect({ resource: '/orders', scope: 'orders:write' })
  xwms.kit.protect({ resource: `${ISSUER}/orders`, scope: 'orders:read' })
  t.strictSame((await documentAt(xwms, `${WELL_KNOWN}/orders`)).body.scopes_supported, [
    'orders:read',
    'orders:write',
  ])
})

t.test('what the configuration says of the resource stands', async t => {
  const resources = { [`${ISSUER}/orders`]: { name: 'Orders', scopes: ['orders:write'] } }
  const xwms = installation({ oauth: { resources } })
  xwms.kit.protect({ resource: '/orders', scope: 'orders:read' })
  t.match((await documentAt(xwms, `${WELL_KNOWN}/orders`)).body, {
    resource_name: 'Orders',
    scopes_supported: ['orders:write'],
  })
})

t.test('resources of several hosts are told apart by the host that is asked', async t => {
  const xwms = installation()
  const other = 'https://api.example.com:8443'
  xwms.kit.protect({ resource: '/orders' })
  xwms.kit.protect({ resource: `${other}/orders` })
  const about = async (origin: string) =>
    (await documentAt(xwms, `${WELL_KNOWN}/orders`, { origin })).body.resource
  t.equal(await about(ISSUER), `${ISSUER}/orders`)
  t.equal(await about(other), `${other}/orders`)
  t.equal(await about('http://API.example.com:8443'), `${other}/orders`)
  t.equal(await about('http://10.0.0.1'), `${ISSUER}/orders`, 'whoever asks by another name gets the first')
})

t.test('resources of several queries are told apart by the query that is asked', async t => {
  const xwms = installation()
  xwms.kit.protect({ resource: '/orders?shop=1' })
  xwms.kit.protect({ resource: '/orders?shop=2' })
  const about = async (query: string) =>
    (await documentAt(xwms, `${WELL_KNOWN}/orders`, { query })).body.resource
  t.equal(await about('shop=2'), `${ISSUER}/orders?shop=2`)
  t.equal(await about('shop=1'), `${ISSUER}/orders?shop=1`)
  t.equal(await about('shop=3'), `${ISSUER}/orders?shop=1`, 'whose client sees that it is another one')
})

t.test('the kinds of authorization details are named, where there are any', async t => {
  const type = { describe: () => 'A payment', problem: () => undefined }
  const xwms = installation({ oauth: { authorizationDetails: { payment: type } } })
  xwms.kit.protect({ resource: '/orders' })
  const { body } = await documentAt(xwms, `${WELL_KNOWN}/orders`)
  t.strictSame(body.authorization_details_types_supported, ['payment'])
})

t.test('pages of other origins may read it, and nothing but reading is possible', async t => {
  const xwms = installation()
  xwms.kit.protect({ resource: '/orders' })
  const preflight = await xwms.ask('OPTIONS', `${WELL_KNOWN}/orders`)
  t.match(preflight, { status: 204, headers: { 'access-control-allow-methods': 'GET' } })
  t.equal((await xwms.ask('POST', `${WELL_KNOWN}/orders`)).status, 405)
  t.equal((await xwms.ask('HEAD', `${WELL_KNOWN}/orders`)).status, 200)
})
