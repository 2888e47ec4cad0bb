import { get } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { StorageUnavailableError, updateDomain } from '@xwms/core'
import { memory } from '@xwms/storage-memory'
import express, { type NextFunction, type Request, type Response } from 'express'
import t from 'tap'
import { sendTwo, WaitingRoutes } from '../../../test/support/leaving.ts'
import { mounted } from './listen.ts'

t.test(
  'the admitted caller is in req.xwms, and the request is metered at the price of the route',
  async t => {
    const host = await mounted(t, (app, auth) => {
      const guard = auth.protect({ scope: 'orders:read', price: 'orders' })
      app.get('/orders/:id', guard, (request, response) => {
        const { client, workspace, domain, requestId, concerns } = request.xwms
        concerns('4711')
        response.json([client.name, workspace.name, domain.host, requestId, request.params.id])
      })
    })
    const headers = { ...host.headers, 'x-request-id': 'request-0001' }
    const response = await fetch(`${host.url}/orders/7?page=2`, { headers })
    t.equal(response.headers.get('x-request-id'), 'request-0001')
    t.same(await response.json(), ['Paper Shop', 'Paper Plane', 'shop.example.com', 'request-0001', '7'])
    t.match(await host.events(), [
      { route: 'GET /orders/:id', status: 200, mode: 'test', priceNanoEuro: 0, sub: '4711' },
    ])
  },
)

t.test('a refused caller gets the envelope, and the handler never runs', async t => {
  const host = await mounted(t, (app, auth) => {
    app.get('/orders', auth.protect(), () => t.fail('the handler ran'))
  })
  const response = await fetch(`${host.url}/orders`)
  t.equal(response.status, 401)
  t.match(await response.json(), { status: 'error', error: { code: 'credentials_missing' } })
  t.ok(response.headers.get('x-request-id'))
  t.same(await host.events(), [])
})

t.test('what the configuration does not know is refused at start', async t => {
  await mounted(t, (_app, auth) => {
    t.throws(() => auth.protect({ scope: 'nonsense' }), /no scope named nonsense/)
    t.throws(() => auth.protect({ price: 'nonsense' }), /no price named nonsense/)
    t.throws(() => auth.protect({ nonsense: true } as object), /protect.nonsense: is not an option/)
  })
})

t.test('every kind of answer arrives whole, and is metered once with its status', async t => {
  const file = fileURLToPath(new URL('listen.ts', import.meta.url))
  const answers: Record<
    string,
    [handler: (request: Request, response: Response, next: NextFunction) => unknown, status: number]
  > = {
    json: [(_, response) => response.status(201).json({ a: 1 }), 201],
    text: [(_, response) => response.send('text'), 200],
    nothing: [(_, response) => response.sendStatus(204), 204],
    redirect: [(_, response) => response.redirect('/elsewhere'), 302],
    file: [(_, response) => response.sendFile(file), 200],
    download: [(_, response) => response.download(file), 200],
    stream: [(_, response) => Readable.from(['a', 'b', 'c']).pipe(response), 200],
    end: [(_, response) => response.end('YQ==', 'base64', () => {}), 200],
    missing: [(_, _response, next) => next(), 404],
    thrown: [
      () => {
        throw Object.assign(new Error('gone'), { status: 410 })
      },
      410,
    ],
    rejected: [() => Promise.reject(new Error('broken')), 500],
  }
  const host = await mounted(t, (app, auth) => {
    for (const [name, [handler]] of Object.entries(answers)) {
      app.get(`/guarded/${name}`, auth.protect(), handler)
      app.get(`/free/${name}`, handler)
    }
  })
  for (const [name, [, status]] of Object.entries(answers)) {
    for (const method of ['GET', 'HEAD']) {
      const request: RequestInit = { method, headers: host.headers, redirect: 'manual' }
      const guarded = await fetch(`${host.url}/guarded/${name}`, request)
      const free = await fetch(`${host.url}/free/${name}`, request)
      t.equal(guarded.status, status, `${method} ${name}`)
      const [body, expected] = [await guarded.text(), await free.text()]
      // An error's page shows its stack, which differs.
      if (status < 400) {
        t.equal(body.replaceAll('/guarded/', '/free/'), expected, `${method} ${name}: the same body`)
        for (const field of ['content-length', 'content-type', 'etag', 'transfer-encoding'])
          t.equal(guarded.headers.get(field), free.headers.get(field), `${method} ${name}: the same ${field}`)
      }
      const events = await host.events()
      t.equal(events.at(-1)?.status, status, `${method} ${name}: its event`)
      t.ok(guarded.headers.get('x-request-id'))
    }
  }
  t.equal((await host.events()).length, Object.keys(answers).length * 2)
})

t.test('a conditional request is answered 304', async t => {
  const host = await mounted(t, (app, auth) => {
    app.get('/etag', auth.protect(), (_request, response) => response.send('text'))
  })
  const first = await fetch(`${host.url}/etag`, { headers: host.headers })
  const etag = first.headers.get('etag') ?? ''
  // fetch would add Cache-Control: no-cache beside it, with which nothing is fresh.
  const status = await new Promise(resolve =>
    get(
      `${host.url}/etag`,
      { headers: { ...host.headers, 'if-none-match': etag }, agent: false },
      response => {
        response.resume()
        resolve(response.statusCode)
      },
    ),
  )
  t.equal(status, 304)
  t.same(
    (await host.events()).map(event => event.status),
    [200, 304],
  )
})

t.test('the body of a guarded route is the host’s alone', async t => {
  const host = await mounted(t, (app, auth) => {
    app.post('/orders', auth.protect(), (request, response, next) => {
      t.equal(request.readableDidRead, false)
      t.equal(request.body, undefined)
      express.json()(request, response, next)
    })
    app.post('/orders', (request, response) => void response.json(request.body))
  })
  const response = await fetch(`${host.url}/orders`, {
    method: 'POST',
    headers: { ...host.headers, 'content-type': 'application/json' },
    body: '{"a":1}',
  })
  t.same(await response.json(), { a: 1 })
})

t.test('an error handler that asks headersSent leaves the first answer alone', async t => {
  const host = await mounted(t, (app, auth) => {
    app.get('/twice', auth.protect(), (_request, response) => {
      response.json({ answer: 1 })
      throw new Error('after the answer')
    })
    app.use((_error: Error, _request: Request, response: Response, _next: NextFunction) => {
      if (!response.headersSent) response.status(500).json({ answer: 2 })
    })
  })
  const response = await fetch(`${host.url}/twice`, { headers: host.headers })
  t.equal(response.status, 200)
  t.same(await response.json(), { answer: 1 })
  t.equal((await host.events()).length, 1)
})

t.test('a caller who leaves is metered once', async t => {
  let arrived = () => {}
  const here = new Promise<void>(resolve => {
    arrived = resolve
  })
  const host = await mounted(t, (app, auth) => {
    app.get('/slow', auth.protect(), async (_request, response) => {
      arrived()
      await delay(100)
      response.send('late')
    })
  })
  const abort = new AbortController()
  const call = fetch(`${host.url}/slow`, { headers: host.headers, signal: abort.signal })
  await here
  abort.abort()
  await t.rejects(call)
  await delay(200)
  t.match(await host.events(), [{ status: 499, route: 'GET /slow' }])
})

t.test('who leaves while waiting under a cap is neither let in nor metered', async t => {
  const routes = new WaitingRoutes(t)
  const host = await mounted(
    t,
    (app, auth) => {
      app.set('trust proxy', 'loopback')
      app.use((request, _response, next) => {
        routes.comes(request)
        next()
      })
      app.get('/:path', auth.protect(), async (request, response) => {
        await routes.handle(request.path)
        response.json({})
      })
      app.use((error: unknown, _request: Request, _response: Response, _next: NextFunction) => {
        t.fail('something failed', { error })
      })
    },
    routes.options,
  )
  await routes.leaveWhileWaiting(t, host, sendTwo(host.port), 2)
})

t.test('when usage cannot be recorded, there is no answer to be had for free', async t => {
  const storage = memory()
  const host = await mounted(
    t,
    (app, auth) => {
      app.get('/whole', auth.protect(), (_request, response) => response.json({ secret: 1 }))
      app.get('/begun', auth.protect(), (_request, response) => {
        response.write('some')
        setTimeout(() => response.end('more'), 20)
      })
    },
    {
      storage: {
        ...storage,
        usage: { ...storage.usage, append: () => Promise.reject(new Error('the disk is full')) },
      },
    },
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
  const host = await mounted(t, (app, auth) => app.get('/orders', auth.protect()), {
    storage: {
      ...storage,
      clients: {
        ...storage.clients,
        facts: () => Promise.reject(new StorageUnavailableError('connection refused')),
      },
    },
  })
  const response = await fetch(`${host.url}/orders`, { headers: host.headers })
  t.equal(response.status, 503)
  t.match(await response.json(), { error: { code: 'storage_unavailable' } })
})

t.test('live mode needs HTTPS, as Express sees it', async t => {
  const host = await mounted(t, (app, auth) => {
    app.set('trust proxy', 'loopback')
    app.get(
      '/orders',
      auth.protect({ price: 'orders' }),
      (request, response) => void response.json(request.ip),
    )
  })
  const target = { clientId: host.client.id, domain: host.domain.id }
  await updateDomain(host.environment, target, { mode: 'live', ipAllowlist: ['203.0.113.0/24'] })
  const call = async (more: Record<string, string>) => {
    const response = await fetch(`${host.url}/orders`, { headers: { ...host.headers, ...more } })
    const body = (await response.json()) as { error?: { code: string } }
    return body.error?.code ?? body
  }
  t.equal(await call({}), 'ip_not_allowed')
  t.equal(await call({ 'x-forwarded-for': '203.0.113.9' }), 'https_required')
  t.equal(await call({ 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' }), '203.0.113.9')
  t.match(await host.events(), [{ mode: 'live', priceNanoEuro: 50_000 }])
})

t.test('a connection in the middle of a request does not keep anything when it breaks', async t => {
  const host = await mounted(t, (app, auth) => {
    app.post('/upload', auth.protect(), async (request, response) => {
      for await (const _ of request);
      response.end()
    })
  })
  const fields = Object.entries({ host: 'localhost', ...host.headers, 'content-length': '100' })
  const head = fields.map(field => field.join(': ')).join('\r\n')
  const socket = connect(host.port, '127.0.0.1', () =>
    socket.write(`POST /upload HTTP/1.1\r\n${head}\r\n\r\nsome`),
  )
  await delay(50)
  socket.destroy()
  await delay(100)
  t.match(await host.events(), [{ status: 499 }])
  t.equal((await host.events()).length, 1)
})
