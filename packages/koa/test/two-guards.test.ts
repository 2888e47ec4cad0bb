import Router from '@koa/router'
import type Koa from 'koa'
import type { Middleware } from 'koa'
import t, { type Test } from 'tap'
import { RESOURCE, TwoGuards } from '../../../test/support/two-guards.ts'
import type { Xwms } from '../src/index.ts'
import { mounted } from './listen.ts'

/** An application behind a proxy, which tells it of https. */
function metering(t: Test, guards: TwoGuards, build: (app: Koa, auth: Xwms) => unknown) {
  const behindProxy = (app: Koa, auth: Xwms) => {
    app.proxy = true
    build(app, auth)
  }
  return mounted(t, behindProxy, guards.options)
}

const answer: Middleware = context => {
  context.body = []
}

t.test('a request under two guards is billed by both, and the log says so once for each pair', async t => {
  const guards = new TwoGuards()
  const host = await metering(t, guards, (app, auth) => {
    const reports = new Router({ prefix: '/reports' }).use(auth.protect())
    reports.get('/plain', answer)
    reports.get('/dear', auth.protect({ price: 'dear' }), answer)
    reports.get('/named', auth.protect({ price: 'dear', route: 'the dear one' }), answer)
    app.use(reports.routes())
  })
  await guards.billsBoth(t, host)
})

t.test('whom the second guard refuses has passed one, and pays for one', async t => {
  const guards = new TwoGuards()
  const host = await metering(t, guards, (app, auth) => {
    app.use(auth).use(auth.protect())
    app.use(auth.protect({ resource: RESOURCE }))
  })
  await guards.billsTheFirst(t, host)
})

t.test('a guard by token around one by headers goes on to work, and each has its caller', async t => {
  const guards = new TwoGuards()
  const host = await metering(t, guards, (app, auth) => {
    const reports = new Router().use(auth.protect({ resource: RESOURCE }))
    reports.get('/reports/x', auth.protect({ price: 'dear' }), context => {
      const { xwms, xwmsToken } = context
      context.body = [xwmsToken.resource, xwmsToken.client.name, xwms.client.name, xwms.domain.host]
    })
    app.use(auth).use(reports.routes())
  })
  await guards.findsBothCallers(t, host)
})
