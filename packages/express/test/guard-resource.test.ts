import express, { type Request } from 'express'
import t from 'tap'
import { testGuardedResource } from '../../../test/support/guarded-resource.ts'
import { xwms } from '../src/index.ts'
import { mounted } from './listen.ts'

testGuardedResource(({ protect, answer }, options) => {
  const app = express()
  const auth = xwms(options)
  // Express's own error handler writes to standard error in every other environment.
  app.set('env', 'test')
  app.use(auth)
  app.all('/orders', auth.protect(protect), (request: Request & { auth?: never }, response) => {
    response.json(answer(request.xwmsToken, request.auth))
  })
  return { kit: auth.kit, listener: app }
})

t.test('a route that takes tokens is named by its pattern, never by the caller’s path', async t => {
  const resource = 'https://api.example.com/shop'
  const host = await mounted(t, (app, auth) => {
    app.use(auth)
    app.get('/shop/:id', auth.protect({ resource }), (_request, response) => response.json({}))
    app.use('/mcp', auth.protect({ resource }), (_request, response) => void response.json({}))
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
  t.match(await host.events(), [{ route: 'GET /shop/:id' }, { route: 'GET /mcp/*' }])
})

t.test('a resource that cannot be one is refused at start, and never taken for none', async t => {
  await mounted(t, (_app, auth) => {
    t.throws(() => auth.protect({ resource: '/mcp' }), /protect.resource: a path needs the option issuer/)
    t.throws(() => auth.protect({ resource: 'mcp' }), /protect.resource/)
    t.throws(() => auth.protect({ resource: undefined as never }), /protect.resource/)
  })
})
