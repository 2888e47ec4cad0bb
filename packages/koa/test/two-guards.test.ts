import Router from '@koa/router'
import { DEFAULT_PLANS, type Plan, updateDomain } from '@xwms/core'
import type Koa from 'koa'
import type { Middleware } from 'koa'
import t, { type Test } from 'tap'
import { OPTIONS } from '../../../test/support/mounted.ts'
import type { Xwms } from '../src/index.ts'
import { mounted } from './listen.ts'

const RESOURCE = 'https://api.example.com/reports'

/** An application in which requests cost something, and all warnings that it gives of two guards. */
async function metering(t: Test, build: (app: Koa, auth: Xwms) => unknown) {
  const told: string[] = []
  const warn = (_fields: object, message: string) => {
    if (message.includes('two guards')) told.push(message)
  }
  const host = await mounted(
    t,
    (app, auth) => {
      app.proxy = true
      build(app, auth)
    },
    {
      logger: { debug() {}, info() {}, warn, error() {} },
      prices: { ...OPTIONS.prices, default: 10, dear: 500 },
      plans: { basic: { ...(DEFAULT_PLANS.basic as Plan), rateLimit: undefined } },
    },
  )
  await updateDomain(host.environment, { clientId: host.client.id, domain: host.domain.id }, { mode: 'live' })
  const call = async (path: string, more: Record<string, string> = {}) => {
    const headers = { ...host.headers, 'x-forwarded-proto': 'https', ...more }
    const response = await fetch(host.url + path, { headers, signal: AbortSignal.timeout(5000) })
    return { status: response.status, body: await response.json() }
  }
  return { ...host, told, call }
}

const answer: Middleware = context => {
  context.body = []
}

t.test('a request under two guards is billed by both, and the log says so once for each pair', async t => {
  const host = await metering(t, (app, auth) => {
    const reports = new Router({ prefix: '/reports' }).use(auth.protect())
    reports.get('/plain', answer)
    reports.get('/dear', auth.protect({ price: 'dear' }), answer)
    reports.get('/named', auth.protect({ price: 'dear', route: 'the dear one' }), answer)
    app.use(reports.routes())
  })
  t.strictSame(await host.call('/reports/plain'), { status: 200, body: [] })
  t.strictSame(host.told, [], 'one guard is nothing to tell')
  for (const path of ['/dear', '/DEAR', '/dear?again', '/named', '/named'])
    t.strictSame(await host.call(`/reports${path}`), { status: 200, body: [] })
  t.strictSame((await host.events()).map(({ route, priceNanoEuro }) => `${route} ${priceNanoEuro}`).sort(), [
    ...Array(3).fill('GET /reports/dear 10'),
    ...Array(3).fill('GET /reports/dear 500'),
    ...Array(2).fill('GET /reports/named 10'),
    'GET /reports/plain 10',
    ...Array(2).fill('the dear one 500'),
  ])
  t.match(host.told, [
    /: GET \/reports\/dear at the price default, then GET \/reports\/dear at the price dear\. Guard the router or each/,
    /: GET \/reports\/named at the price default, then the dear one at the price dear\./,
  ])
  t.equal(host.told.length, 2)
})

t.test('whom the second guard refuses has passed one, and pays for one', async t => {
  const host = await metering(t, (app, auth) => {
    app.use(auth).use(auth.protect())
    app.use(auth.protect({ resource: RESOURCE }))
  })
  t.equal((await host.call('/reports')).status, 401)
  t.match(await host.events(), [{ status: 401, priceNanoEuro: 10 }])
  t.strictSame(host.told, [])
})

t.test('a guard by token around one by headers goes on to work, and each has its caller', async t => {
  const host = await metering(t, (app, auth) => {
    const reports = new Router().use(auth.protect({ resource: RESOURCE }))
    reports.get('/reports/x', auth.protect({ price: 'dear' }), context => {
      const { xwms, xwmsToken } = context
      context.body = [xwmsToken.resource, xwmsToken.client.name, xwms.client.name, xwms.domain.host]
    })
    app.use(auth).use(reports.routes())
  })
  const form = {
    grant_type: 'client_credentials',
    client_id: host.client.id,
    client_secret: host.secret.value,
  }
  const body = new URLSearchParams({ ...form, resource: RESOURCE })
  const issued = await fetch(`${host.url}/oauth/token`, { method: 'POST', body })
  const { access_token } = (await issued.json()) as { access_token: string }
  for (let request = 0; request < 2; request++) {
    t.strictSame(await host.call('/reports/x', { authorization: `Bearer ${access_token}` }), {
      status: 200,
      body: [RESOURCE, 'Paper Shop', 'Paper Shop', 'shop.example.com'],
    })
  }
  t.equal((await host.call('/reports/x')).status, 401, 'the token is asked for')
  t.strictSame((await host.events()).map(({ priceNanoEuro }) => priceNanoEuro).sort(), [10, 10, 500, 500])
  t.match(host.told, [/: GET \/reports\/x at the price default, then GET \/reports\/x at the price dear\./])
  t.equal(host.told.length, 1)
})
