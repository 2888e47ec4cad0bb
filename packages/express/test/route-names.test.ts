import { fileURLToPath } from 'node:url'
import express, { type Express, type Request, type Response } from 'express'
import t from 'tap'
import { UNLIMITED } from '../../../test/support/mounted.ts'
import { isOneRouteBySpellings, nameOf } from '../../../test/support/route-names.ts'
import type { Xwms } from '../src/index.ts'
import { mounted } from './listen.ts'

t.test('a route is named by its pattern, never by the caller’s path', async t => {
  const files = fileURLToPath(new URL('.', import.meta.url))
  const host = await mounted(t, (app, auth) => {
    const answer = (_request: Request, response: Response) => void response.end()
    app.all('/plain/:id', auth.protect(), answer)
    app.get('/named/:id', auth.protect({ route: 'orders' }), answer)
    app.get(['/one', '/other'], auth.protect(), answer)
    const inner = express.Router().get('/:id', answer)
    const outer = express.Router().use(auth.protect()).use('/inner', inner)
    outer.get('/fails', () => {
      throw new Error('no')
    })
    app.use('/outer', outer)
    app.use('/files', auth.protect(), express.static(files))
  })
  const calls: [method: string, path: string, route: string][] = [
    ['GET', '/plain/1?a=b', 'GET /plain/:id'],
    ['DELETE', '/plain/2', 'DELETE /plain/:id'],
    ['HEAD', '/plain/3', 'HEAD /plain/:id'],
    ['GET', '/named/4', 'orders'],
    ['GET', '/other', 'GET /one,/other'],
    ['GET', '/outer/inner/5', 'GET /outer/inner/:id'],
    ['GET', '/outer/fails', 'GET /outer/fails'],
    ['GET', '/outer/nothing/6', 'GET /outer/*'],
    ['GET', '/files/listen.ts', 'GET /files/*'],
  ]
  for (const [method, path, route] of calls) {
    await (await fetch(host.url + path, { method, headers: host.headers })).text()
    t.equal((await host.events()).at(-1)?.route, route, `${method} ${path}`)
  }
})

t.test(
  "a segment of the caller's making, however long, is metered under so much of it as is kept",
  async t => {
    const host = await mounted(t, (app, auth) => {
      const router = express.Router()
      router.use(auth.protect(), (_request, response) => response.json([]))
      app.use('/shops/:shop', router)
    })
    const response = await fetch(`${host.url}/shops/${'x'.repeat(3000)}`, { headers: host.headers })
    t.equal(response.status, 200)
    t.match(await host.events(), [{ route: `GET /shops/${'x'.repeat(501)}` }])
  },
)

const answer = (_request: Request, response: Response) => void response.end()

t.test('a mounted route has one name, however the caller spells the path of its mount', async t => {
  const build = (app: Express, { protect }: Xwms) => {
    const inner = express.Router().get('/x', protect(), answer)
    const daily = express().get('/x', protect(), answer)
    const reports = express.Router().get('/x', protect(), answer).get('/', protect(), answer)
    reports.use('/inner', inner).use('/daily', daily)
    app.use('/Reports', reports)
    app.use('/files', protect(), answer)
    app.use('/caf%C3%A9', inner)
    app.use('/shops/:shop', inner)
  }
  const spellings: [route: string, ...paths: string[]][] = [
    [
      '/reports/x',
      '/Reports/x',
      '/reports/x',
      '/REPORTS/X',
      '/rEpOrTs/x/',
      '/REPORTS/x?page=2',
      '/REPORTS/x#y',
    ],
    ['/reports/x', 'http://elsewhere.example/REPORTS/x', 'HTTP://elsewhere.example/reports/x?a=//b'],
    ['/reports/', '/Reports', '/REPORTS/', '/reports//', '/REPORTS?a'],
    ['/reports/inner/x', '/Reports/inner/x', '/reports/INNER/x', '/REPORTS/iNnEr/X/'],
    ['/reports/daily/x', '/reports/daily/x', '/rEPORTS/DAILY/x'],
    ['/files/*', '/files', '/FILES/', '/Files/a/b', '/fileS//', '/files//x', '/files/%2e%2e/x'],
    ['/caf%c3%a9/x', '/caf%C3%A9/x', '/CAF%c3%a9/x'],
    ['/shops/a@b!/x', '/shops/a@b!/x', '/shops/A%40b%21/x', '/SHOPS/%61%40%42!/X'],
    ['/shops/%c3%bc/x', '/shops/%C3%BC/x', '/SHOPS/%c3%bc/x'],
    ['/shops/a%2fb%23%3f%25/x', '/shops/a%2Fb%23%3F%25/x', '/shops/%61%2fb%23%3f%25/x'],
    ['/shops/%0a%20/x', '/shops/%0a%20/x', '/shops/%0A%20/x'],
  ]
  const host = await mounted(t, build, UNLIMITED)
  for (const [route, ...paths] of spellings) {
    for (const path of paths) t.equal(await nameOf(host, path), `GET ${route}`, path)
  }
  for (const path of ['/%72eports/x', '//reports/x', '/reports//x', '/reports/%78', '/reports\\x']) {
    t.equal(await nameOf(host, path), undefined, `${path} is another path to Express`)
  }
})

t.test('a caller makes no second route of one by 128 spellings of its mount', async t => {
  for (const sensitive of [false, true]) {
    const host = await mounted(
      t,
      (app, auth) => {
        app.set('case sensitive routing', sensitive)
        const inner = express.Router().get('/x', auth.protect(), answer)
        app.use('/v1', express.Router().use('/reports', inner))
      },
      UNLIMITED,
    )
    await isOneRouteBySpellings(t, host)
  }
})

t.test('a route has its own name wherever its guard stands, and also where it fails', async t => {
  const fails = () => {
    throw new Error('no')
  }
  const routes = (router: express.IRouter) =>
    router.get('/:id', answer).get('/:id/fails', fails).get('/all/*rest', answer).get('/wild/*rest', fails)
  const ways: [build: (app: Express, auth: Xwms) => unknown, names: Record<string, string>][] = [
    [
      (app, auth) =>
        app.use('/orders', auth.protect()).get('/orders/:id', answer).get('/orders/:id/fails', fails),
      {
        '/orders/7': '/orders/:id',
        '/orders/7/': '/orders/:id',
        '/ORDERS/7/fails': '/orders/:id/fails',
        '/orders': '/orders/*',
      },
    ],
    [
      (app, auth) => app.use('/:shop/orders', auth.protect()).get('/:shop/orders/:id', answer),
      { '/ada/orders/7': '/:shop/orders/:id', '/bob/orders/7': '/:shop/orders/:id' },
    ],
    [
      (app, auth) => {
        const api = express.Router().use('/orders', auth.protect()).get('/orders/:id', answer)
        app.use('/api', api.get('/orders/:id/fails', fails))
      },
      { '/api/orders/7': '/api/orders/:id', '/API/orders/7/fails?a': '/api/orders/:id/fails' },
    ],
    [
      (app, auth) => app.use(auth.protect()).use('/orders', routes(express.Router())).get('/x', answer),
      {
        '/orders/7': '/orders/:id',
        '/Orders/7/fails/': '/orders/:id/fails',
        '/orders/all/1/2': '/orders/all/*rest',
        '/x': '/x',
        '/y/z': '/*',
      },
    ],
    [
      (app, auth) => app.use('/orders', routes(express.Router().use(auth.protect()))),
      {
        '/orders/7': '/orders/:id',
        '/orders/7/fails': '/orders/:id/fails',
        '/orders/wild/1/2': '/orders/wild/*rest',
      },
    ],
  ]
  const handler: express.ErrorRequestHandler = (_error, _request, response, _next) =>
    void response.status(500).end()
  for (const [build, names] of ways) {
    for (const ending of ['of Express', 'of the host']) {
      const host = await mounted(
        t,
        (app, auth) => {
          build(app, auth)
          if (ending === 'of the host') app.use(handler)
        },
        UNLIMITED,
      )
      for (const [path, name] of Object.entries(names))
        t.equal(await nameOf(host, path), `GET ${name}`, `${path}, errors to the handler ${ending}`)
    }
  }
})
