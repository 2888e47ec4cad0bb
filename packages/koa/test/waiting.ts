import type Koa from 'koa'
import type { Test } from 'tap'
import type { WaitingRoutes } from '../../../test/support/leaving.ts'
import type { Xwms } from '../src/index.ts'

/** An application, behind a proxy, whose requests wait under a cap. */
export function waitingApplication(t: Test, routes: WaitingRoutes) {
  return (app: Koa, auth: Xwms): void => {
    app.proxy = true
    app.on('error', error => t.fail('something failed', { error }))
    app.use((context, next) => {
      routes.comes(context.req)
      return next()
    })
    app.use(auth.protect())
    app.use(async context => {
      await routes.handle(context.path)
      context.body = {}
    })
  }
}
