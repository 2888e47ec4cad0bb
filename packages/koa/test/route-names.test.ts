import Router from '@koa/router'
import Koa, { type Middleware } from 'koa'
import mount from 'koa-mount'
import t from 'tap'
import { UNLIMITED } from '../../../test/support/mounted.ts'
import { isOneRouteBySpellings, nameOf } from '../../../test/support/route-names.ts'
import { mounted } from './listen.ts'

const answer: Middleware = context => {
  context.body = []
}

t.test('a route of @koa/router has one name, however the caller spells its path', async t => {
  const host = await mounted(
    t,
    (app, auth) => {
      const routes = (router: Router) =>
        router.get('/', auth.protect(), answer).get('/x', auth.protect(), answer)
      const shops = new Router({ prefix: '/shops/:shop' }).use(auth.protect()).get('/x', answer)
      const outer = new Router().use('/Outer', routes(new Router()).routes())
      const below = mount('/inner', routes(new Router()).routes())
      app.use(routes(new Router({ prefix: '/Reports' })).routes())
      app.use(shops.routes()).use(outer.routes())
      app.use(mount('/daily', new Koa().use(below).use(routes(new Router()).routes())))
      app.use(mount('/files', new Koa().use(auth.protect()).use(answer)))
    },
    UNLIMITED,
  )
  const spellings: [route: string, ...paths: string[]][] = [
    [
      '/Reports/x',
      '/Reports/x',
      '/reports/x',
      '/REPORTS/X',
      '/rEpOrTs/x/',
      '/REPORTS/x?page=2',
      '/reports/x#y',
    ],
    ['/Reports/x', 'http://elsewhere.example/REPORTS/x', 'HTTP://elsewhere.example/reports/x?a=//b'],
    ['/Reports', '/Reports', '/REPORTS/', '/reports?a'],
    ['/Outer/x', '/Outer/x', '/OUTER/x', '/outer/X/'],
    ['/shops/:shop/x', '/shops/7/x', '/SHOPS/%37/X', '/shops/other/x/'],
    ['/daily/x', '/daily/x', '/daily/X', '/daily/x/', '/daily/x?a', '/daily/x#y'],
    ['/daily/', '/daily', '/daily/', '/daily?a'],
    ['/daily/inner/x', '/daily/inner/x', '/daily/inner/X/'],
    ['/daily/inner/', '/daily/inner', '/daily/inner/'],
    ['/files/*', '/files', '/files/', '/files/a/b', '/files//', '/files//x', '/files/%2e%2e/x', '/files?a'],
  ]
  for (const [route, ...paths] of spellings) {
    for (const path of paths) t.equal(await nameOf(host, path), `GET ${route}`, path)
  }
  for (const path of [
    '/%72eports/x',
    '//reports/x',
    '/reports//x',
    '/reports/%78',
    '/DAILY/x',
    '/%64aily/x',
    '/FILES/x',
  ]) {
    t.equal(await nameOf(host, path), undefined, `${path} is another path to Koa`)
  }
})

t.test('a caller makes no second route of one by 128 spellings', async t => {
  const host = await mounted(
    t,
    (app, auth) => {
      const router = new Router({ prefix: '/v1/reports' }).get('/x', auth.protect(), answer)
      app.use(router.routes())
    },
    UNLIMITED,
  )
  await isOneRouteBySpellings(t, host)
})
