import { type OutgoingHttpHeaders, request } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { StorageUnavailableError, updateDomain } from '@xwms/core'
import { memory } from '@xwms/storage-memory'
import Koa, { type Context, type Middleware, type Next } from 'koa'
import mount from 'koa-mount'
import t from 'tap'
import { sendTwo, WaitingRoutes } from '../../../test/support/leaving.ts'
import type { Xwms } from '../src/index.ts'
import { ANSWERS, guardedAnswers } from './answers.ts'
import { at, mounted } from './listen.ts'
import { waitingApplication } from './waiting.ts'

t.test('the admitted caller is in ctx.xwms, and the request is metered', async t => {
  const host = await mounted(t, (app, auth) => {
    const guard = auth.protect({ scope: 'orders:read', price: 'orders', route: 'GET /orders' })
    app.use(
      at('/orders', guard, context => {
        const { client, workspace, domain, requestId, concerns } = context.xwms
        concerns('4711')
        context.body = [client.name, workspace.name, domain.host, requestId]
      }),
    )
  })
  const headers = { ...host.headers, 'x-request-id': 'request-0001' }
  const response = await fetch(`${host.url}/orders?page=2`, { headers })
  t.equal(response.headers.get('x-request-id'), 'request-0001')
  t.same(await response.json(), ['Paper Shop', 'Paper Plane', 'shop.example.com', 'request-0001'])
  t.match(await host.events(), [
    { route: 'GET /orders', status: 200, mode: 'test', priceNanoEuro: 0, sub: '4711' },
  ])
})

t.test('a refused caller gets the envelope, and nothing behind the guard runs', async t => {
  const host = await mounted(t, (app, auth) => {
    app.use(auth.protect())
    app.use(() => t.fail('the handler ran'))
  })
  const response = await fetch(`${host.url}/orders`)
  t.equal(response.status, 401)
  t.match(await response.json(), { status: 'error', error: { code: 'credentials_missing' } })
  t.ok(response.headers.get('x-request-id'))
  t.same(await host.events(), [])
})

t.test('a route is named by what routers leave in the context, never by the caller’s path', async t => {
  const routed =
    (marks: object): Middleware =>
    (context, next) => {
      Object.assign(context, marks)
      return next()
    }
  const names: [before: Middleware, route: string][] = [
    [routed({ _matchedRoute: '/orders/:id' }), 'GET /orders/:id'],
    [routed({ routePath: '/orders/:id' }), 'GET /orders/:id'],
    [routed({}), 'GET /*'],
  ]
  for (const [before, route] of names) {
    const host = await mounted(t, (app, auth) => app.use(before).use(auth.protect()))
    await fetch(`${host.url}/orders/7?page=2`, { headers: host.headers })
    t.match(await host.events(), [{ route, status: 404 }])
  }
  const host = await mounted(t, (app, auth) => {
    const guard = auth.protect()
    app.use(async (context: Context, next: Next) => {
      const { path } = context
      context.path = path.slice('/shop'.length)
      await guard(context, next)
      context.path = path
    })
  })
  await fetch(`${host.url}/shop/orders/7`, { headers: host.headers })
  t.match(await host.events(), [{ route: 'GET /shop/*' }], 'below a mount path')
})

t.test('every kind of answer arrives whole, and is metered once with its status', async t => {
  const host = await mounted(t, guardedAnswers)
  for (const [name, [, status]] of Object.entries(ANSWERS)) {
    for (const method of ['GET', 'HEAD']) {
      const request: RequestInit = { method, headers: host.headers, redirect: 'manual' }
      const guarded = await fetch(`${host.url}/guarded/${name}`, request)
      const free = await fetch(`${host.url}/letfree/${name}`, request)
      t.equal(guarded.status, status, `${method} ${name}`)
      t.ok(guarded.headers.get('x-request-id'), `${method} ${name}: the request id`)
      t.equal(await guarded.text(), await free.text(), `${method} ${name}: the same body`)
      for (const field of ['content-length', 'content-type', 'transfer-encoding'])
        t.equal(guarded.headers.get(field), free.headers.get(field), `${method} ${name}: the same ${field}`)
      t.equal((await host.events()).at(-1)?.status, status, `${method} ${name}: its event`)
    }
  }
  t.equal((await host.events()).length, Object.keys(ANSWERS).length * 2)
})

t.test(
  'an application that koa-mount mounts is guarded from without or within, conditional requests too',
  async t => {
    const shop = () =>
      new Koa().use(context => {
        if (context.path !== '/etag') return
        context.body = 'text'
        context.etag = 'one'
        if (context.fresh) context.status = 304
      })
    const ways: [route: string, build: (app: Koa, auth: Xwms) => unknown][] = [
      ['/*', (app, auth) => app.use(auth.protect()).use(mount('/shop', shop()))],
      ['/shop/*', (app, auth) => app.use(mount('/shop', new Koa().use(auth.protect()).use(mount(shop()))))],
    ]
    const asked: [method: string, path: string, condition: OutgoingHttpHeaders, status: number][] = [
      ['GET', '/shop/etag', {}, 200],
      ['GET', '/shop/etag', { 'if-none-match': '"one"' }, 304],
      ['HEAD', '/shop/etag', { 'if-none-match': '"one"' }, 304],
      ['GET', '/shop/etag', { 'if-none-match': '"two"' }, 200],
      ['GET', '/shop/nothing', {}, 404],
    ]
    for (const [route, build] of ways) {
      const host = await mounted(t, build)
      t.equal(await statusOf(`${host.url}/shop/etag`, 'GET', {}), 401)
      for (const [method, path, condition, status] of asked) {
        const url = host.url + path
        t.equal(await statusOf(url, method, { ...host.headers, ...condition }), status, `${method} ${path}`)
      }
      const events = await host.events()
      t.strictSame(
        events.map(({ route, status }) => [route, status]),
        asked.map(([method, , , status]) => [`${method} ${route}`, status]),
      )
    }
  },
)

t.test('the body of a guarded route is the host’s alone', async t => {
  const host = await mounted(t, (app, auth) => {
    app.use(auth.protect())
    app.use(context => {
      t.equal(context.req.readableDidRead, false)
      context.body = context.req
    })
  })
  const response = await fetch(`${host.url}/echo`, { method: 'POST', headers: host.headers, body: 'mine' })
  t.equal(await response.text(), 'mine')
})

t.test('a caller who leaves is metered once', async t => {
  let arrived = () => {}
  const here = new Promise<void>(resolve => {
    arrived = resolve
  })
  const host = await mounted(t, (app, auth) => {
    app.use(auth.protect())
    app.use(async context => {
      arrived()
      await delay(100)
      context.body = 'late'
    })
  })
  const abort = new AbortController()
  const call = fetch(`${host.url}/slow`, { headers: host.headers, signal: abort.signal })
  await here
  abort.abort()
  await t.rejects(call)
  await delay(200)
  t.match(await host.events(), [{ status: 499 }])
  t.equal((await host.events()).length, 1)
})

t.test('who leaves while waiting under a cap is neither let in nor metered', async t => {
  const routes = new WaitingRoutes(t)
  const host = await mounted(t, waitingApplication(t, routes), routes.options)
  await routes.leaveWhileWaiting(t, host, sendTwo(host.port), 2)
})

t.test('when usage cannot be recorded, there is no answer to be had for free', async t => {
  const storage = memory()
  const append = () => Promise.reject(new Error('the disk is full'))
  const host = await mounted(
    t,
    (app, auth) => {
      app.use(auth.protect())
      app.use(context => {
        context.body = context.path === '/whole' ? { secret: 1 } : Readable.from(['some', 'more'])
      })
    },
    { storage: { ...storage, usage: { ...storage.usage, append } } },
  )
  const headers = { ...host.headers, 'x-request-id': 'request-0001' }
  const [whole, begun] = await Promise.all([
    fetch(`${host.url}/whole`, { headers }),
    fetch(`${host.url}/begun`, { headers }).then(response => response.text().catch(() => 'broken off')),
  ])
  t.equal(whole.status, 503)
  t.equal(whole.headers.get('x-request-id'), 'request-0001')
  t.match(await whole.json(), { error: { code: 'storage_unavailable', request_id: 'request-0001' } })
  t.equal(begun, 'broken off')
})

t.test('what are no options at all is refused when the route is guarded', async t => {
  await mounted(t, (_app, auth) => {
    for (const given of [null, 'x', []])
      t.throws(() => auth.protect(given as unknown as undefined), /protect: must be an object$/)
  })
})

t.test('when the storage is away, a guarded route says so', async t => {
  const storage = memory()
  const facts = () => Promise.reject(new StorageUnavailableError('connection refused'))
  const host = await mounted(t, (app, auth) => app.use(auth.protect()), {
    storage: { ...storage, clients: { ...storage.clients, facts } },
  })
  const response = await fetch(`${host.url}/orders`, { headers: host.headers })
  t.equal(response.status, 503)
  t.match(await response.json(), { error: { code: 'storage_unavailable' } })
})

t.test('live mode needs HTTPS, as Koa sees it', async t => {
  const host = await mounted(t, (app, auth) => {
    app.proxy = true
    app.maxIpsCount = 1
    app.use(auth.protect({ price: 'orders' }))
    app.use(context => {
      context.body = { ip: context.ip }
    })
  })
  const target = { clientId: host.client.id, domain: host.domain.id }
  await updateDomain(host.environment, target, { mode: 'live', ipAllowlist: ['203.0.113.0/24'] })
  const call = async (more: Record<string, string>) => {
    const response = await fetch(`${host.url}/orders`, { headers: { ...host.headers, ...more } })
    const body = (await response.json()) as { error?: { code: string }; ip?: string }
    return body.error?.code ?? body.ip
  }
  t.equal(await call({}), 'ip_not_allowed')
  t.equal(await call({ 'x-forwarded-for': '203.0.113.9' }), 'https_required')
  const forwarded = { 'x-forwarded-for': '1.2.3.4, 203.0.113.9', 'x-forwarded-proto': 'https' }
  t.equal(await call(forwarded), '203.0.113.9')
  t.match(await host.events(), [{ mode: 'live', priceNanoEuro: 50_000 }])
})

/** fetch would add Cache-Control: no-cache to a condition, with which nothing is fresh. */
function statusOf(url: string, method: string, headers: OutgoingHttpHeaders): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { method, headers, agent: false }, response => {
      response.resume()
      response.once('end', () => resolve(response.statusCode))
    })
    asking.once('error', reject).end()
  })
}
