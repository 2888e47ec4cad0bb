import t from 'tap'
import { createResources } from '../../../src/context/tokens/resources.ts'
import { surroundings } from '../surroundings.ts'

const ORDERS = 'https://api.example.com/orders'

function resources(configured: Parameters<typeof surroundings>[0] = {}) {
  return createResources(surroundings(configured).config)
}

t.test('a resource of the configuration has its defaults filled in', async t => {
  const { find } = resources({ oauth: { resources: { [ORDERS]: { name: 'Orders' } } } })
  t.strictSame(find(ORDERS), {
    identifier: ORDERS,
    name: 'Orders',
    scopes: undefined,
    clientId: undefined,
    tokenFormat: 'opaque',
    signingAlgorithm: 'ES256',
    accessTokenSeconds: undefined,
    requireSenderConstraint: false,
    exchangedFrom: [],
  })
})

t.test('identifiers are compared as they are written, but for the slash of an empty path', async t => {
  const { find, add } = resources()
  add(ORDERS, { name: 'Orders' })
  add('https://api.example.com', { name: 'Everything' })
  add('urn:example:stock', { name: 'Stock' })
  t.equal(find('https://api.example.com/')?.identifier, 'https://api.example.com')
  t.equal(find('urn:example:stock')?.name, 'Stock')
  for (const other of [`${ORDERS}/`, `${ORDERS}?a`, ORDERS.toUpperCase(), 'https://api.example.com//', ''])
    t.equal(find(other), undefined, other)
})

t.test('what the configuration says of a resource stands, whatever a route adds', async t => {
  const configured = { name: 'Orders', tokenFormat: 'jwt', clientId: 'cl_1', scopes: ['openid'] } as const
  const { find, add } = resources({ oauth: { resources: { [ORDERS]: configured } } })
  const before = find(ORDERS)
  t.match(before, configured)
  add(ORDERS, { name: 'XWMS' })
  t.equal(find(ORDERS), before)
})

t.test('the management API is a resource from the start, as the configuration has it', async t => {
  const identifier = 'https://id.example.com/manage/v1'
  const { find, management } = resources()
  t.equal(find(identifier), management)
  t.match(management, { identifier, tokenFormat: 'opaque', scopes: ['manage:read', 'manage'] })
  const strict = { name: 'Management', requireSenderConstraint: true, accessTokenSeconds: 60 }
  t.match(resources({ oauth: { resources: { [identifier]: strict } } }).management, { identifier, ...strict })
  t.equal(find('http://localhost:3000/manage/v1'), undefined, 'with an issuer nothing else is it')
})

t.test('without an issuer it is found at each address of this machine', async t => {
  const { find, management } = resources({ issuer: undefined } as object)
  for (const base of ['http://localhost:3000', 'http://127.0.0.1/auth', 'https://[::1]:8443'])
    t.equal(find(`${base}/manage/v1`), management, base)
  for (const other of [
    'https://example.com/manage/v1',
    'http://localhost.example.com/manage/v1',
    'http://localhost/manage/v1/',
    'http://localhost/manage/v2',
    'ftp://localhost/manage/v1',
    'localhost/manage/v1',
    '/manage/v1',
  ])
    t.equal(find(other), undefined, other)
})
