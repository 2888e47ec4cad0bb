import Koa, { type Context, type Middleware, type Next } from 'koa'
import type { Test } from 'tap'
import { type MountedOn, mountedOn, OPTIONS } from '../../../test/support/mounted.ts'
import { type Xwms, type XwmsOptions, xwms } from '../src/index.ts'

/** XWMS in a Koa application, listening. */
export interface Mounted extends MountedOn<Xwms> {
  readonly app: Koa
}

/** Builds a Koa application with XWMS and starts it; everything ends with the test. */
export async function mounted(
  t: Test,
  build: (app: Koa, auth: Xwms) => unknown,
  options: XwmsOptions = {},
): Promise<Mounted> {
  const auth = xwms({ ...OPTIONS, ...options })
  const app = new Koa()
  app.silent = true
  build(app, auth)
  return { ...(await mountedOn(t, auth, app.listen(0, '127.0.0.1'))), app }
}

/** Runs middleware at one path, behind others: the least of routers. */
export function at(path: string, guard: Middleware, handler: Middleware): Middleware {
  return (context: Context, next: Next) =>
    context.path === path ? guard(context, () => handler(context, next)) : next()
}
