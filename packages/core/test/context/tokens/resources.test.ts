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
