import { updateDomain } from '@xwms/core'
import { REDIRECT_URI } from '../support/seed.ts'
import { onEveryStack, type Stack } from '../support/stack.ts'

// Every admitted request is one usage event: what was called, in which mode, how it ended, what it costs.

const LIVE = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' }

async function live(stack: Stack): Promise<void> {
  await updateDomain(
    stack.environment,
    { clientId: stack.client.id, domain: stack.domain.id },
    { mode: 'live' },
  )
}

/** Route, status and price of every event, in the order of the requests. */
async function billed(stack: Stack): Promise<[route: string, status: number, priceNanoEuro: number][]> {
  return (await stack.events()).map(({ route, status, priceNanoEuro }) => [route, status, priceNanoEuro])
}

onEveryStack(
  'each admitted request is one event, at the price of what was called',
  async (t, stack) => {
    await live(stack)
    await stack.kit.config.storage.clientUsers.approve(
      stack.client.id,
      stack.user.sub,
      { scopes: ['useraddresses'], claims: [], resources: [], authorizationDetails: [] },
      new Date(),
    )
    const headers = { ...stack.headers, ...LIVE }
    const { sub } = stack.user
    const expected: [route: string, status: number, priceNanoEuro: number][] = []
    const api = async (path: string, body: object, status: number, price: number) => {
      t.equal((await stack.post(path, body, headers)).status, status, path)
      expected.push([`POST ${path}`, status, price])
    }
    await api('/api/global/countries', {}, 200, 10_000)
    await api('/api/sign-token', { redirect_url: REDIRECT_URI }, 200, 0)
    await api('/api/sign-token', { redirect_url: 'elsewhere' }, 422, 0)
    await api('/api/sign-token-verify', { token: 'nonsense' }, 400, 0)
    await api('/api/get/user/info', { sub }, 200, 10_000)
    await api('/api/get/user/info', { sub: 1 }, 404, 10_000)
    await api('/api/get/user/address', { sub }, 200, 10_000)
    await api('/api/user/address', { sub, action: 'list' }, 200, 10_000)
    const own = async (path: string, method: string, status: number) => {
      const response = await fetch(stack.origin + path, { method, headers })
      await response.text()
      t.equal(response.status, status, path)
      expected.push(['GET /orders', status, 50_000])
    }
    await own('/orders?page=2', 'GET', 200)
    await own('/orders', 'HEAD', 200)
    await own(`/orders?sub=${sub}`, 'GET', 200)
    await own('/orders?fails', 'GET', 410)
    t.same(await billed(stack), expected)

    const events = await stack.events()
    t.ok(events.every(({ mode, clientId }) => mode === 'live' && clientId === stack.client.id))
    t.equal(new Set(events.map(({ id }) => id)).size, events.length)
    t.same(
      events.filter(event => event.sub === sub).map(({ route }) => route),
      ['POST /api/get/user/info', 'POST /api/get/user/address', 'POST /api/user/address', 'GET /orders'],
      'it is known whom a request was about',
    )

    const query = { workspaceId: stack.workspace.id, from: new Date(0), to: new Date('2999-01-01') }
    const counters = await stack.kit.config.storage.usage.counters(query)
    const total = counters.reduce((sum, { requests }) => sum + requests, 0n)
    const price = counters.reduce(
      (sum, { requests, unitPriceNanoEuro }) => sum + requests * BigInt(unitPriceNanoEuro),
      0n,
    )
    t.equal(total, BigInt(expected.length), 'the counters agree')
    t.equal(price, BigInt(expected.reduce((sum, [, , each]) => sum + each, 0)))
  },
  { behindProxy: true },
)

onEveryStack('test mode is metered apart, and costs nothing', async (t, stack) => {
  await stack.post('/api/global/countries')
  await (await fetch(`${stack.origin}/orders`, { headers: stack.headers })).text()
  t.match(await stack.events(), [
    { route: 'POST /api/global/countries', mode: 'test', priceNanoEuro: 0 },
    { route: 'GET /orders', mode: 'test', priceNanoEuro: 0 },
  ])
})

onEveryStack('what is not admitted is not metered', async (t, stack) => {
  const wrong = { ...stack.headers, 'x-client-secret': 'xwms_sk_wrong' }
  await stack.post('/api/global/countries', {}, wrong)
  await stack.post('/api/global/countries', {}, {})
  await fetch(`${stack.origin}/orders`)
  await fetch(`${stack.origin}/host`, { headers: stack.headers })
  await fetch(`${stack.url}/api/info`, { headers: stack.headers })
  t.same(await stack.events(), [])
})

onEveryStack('of many requests at once, none is lost and none is counted twice', async (t, stack) => {
  const statuses = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const path = index % 2 === 0 ? `${stack.origin}/orders` : `${stack.url}/api/global/countries`
      const method = index % 2 === 0 ? 'GET' : 'POST'
      const response = await fetch(path, { method, headers: stack.headers })
      await response.text()
      return response.status
    }),
  )
  t.ok(statuses.every(status => status === 200))
  // The answers have arrived, so the events are committed: nothing has to be waited for.
  t.equal((await stack.events()).length, 60)
})
