import Koa from 'koa'
import t from 'tap'
import { testGuardedResource } from '../../../test/support/guarded-resource.ts'
import { xwms } from '../src/index.ts'
import { at, mounted } from './listen.ts'

testGuardedResource(({ protect, answer }, options) => {
  const app = new Koa()
  const auth = xwms(options)
  app.silent = true
  app.use(auth)
  app.use(
    at('/orders', auth.protect(protect), context => {
      const { auth } = context.req as { auth?: never }
      context.body = JSON.stringify(answer(context.xwmsToken, auth))
    }),
  )
  return { kit: auth.kit, listener: app.callback() }
})

t.test('a route that takes tokens is named by what its router left, never by the caller’s path', async t => {
  const resource = 'https://api.example.com/shop'
  const host = await mounted(t, (app, auth) => {
    app.use(auth)
    app.use((context, next) => {
      if (context.path.startsWith('/shop/')) Object.assign(context, { _matchedRoute: '/shop/:id' })
      return next()
    })
    app.use(auth.protect({ resource }))
    app.use(context => {
      context.body = {}
    })
  })
  const { access_token } = (await (
    await fetch(`${host.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: host.client.id,
        client_secret: host.secret.value,
        resource,
      }),
    })
  ).json()) as { access_token: string }
  for (const path of ['/shop/7?page=2', '/mcp/7']) {
    const { status } = await fetch(host.url + path, { headers: { authorization: `Bearer ${access_token}` } })
    t.equal(status, 200)
  }
  t.match(await host.events(), [{ route: 'GET /shop/:id' }, { route: 'GET /*' }])
})

t.test('a resource that cannot be one is refused at start, and never taken for none', async t => {
  await mounted(t, (_app, auth) => {
    t.throws(() => auth.protect({ resource: '/mcp' }), /protect.resource: a path needs the option issuer/)
    t.throws(() => auth.protect({ resource: 'mcp' }), /protect.resource/)
    t.throws(() => auth.protect({ resource: undefined as never }), /protect.resource/)
  })
})
