// Your own API behind XWMS: only clients that were granted orders:read get in, and every request is metered.
// It prints the line to call it with. PORT is where it listens, 3000 by default.
//
//     node examples/koa-guard.ts
import { type Xwms, type XwmsOptions, xwms } from '@xwms/koa'
import Koa from 'koa'
import { createDemoClient, curlLine } from './demo-client.ts'

export function createApp(options: XwmsOptions = {}): { app: Koa; auth: Xwms } {
  const auth = xwms({
    scopes: { 'orders:read': 'Read your orders' },
    prices: { orders: 50_000 }, // nano-euro a request: EUR 0.00005
    ...options,
  })
  const app = new Koa()
  app.use(auth)
  const guard = auth.protect({ scope: 'orders:read', price: 'orders', route: 'GET /orders' })
  app.use((ctx, next) => (ctx.path === '/orders' ? guard(ctx, next) : next()))
  app.use(ctx => {
    if (ctx.path === '/orders') ctx.body = { for: ctx.xwms.client.name }
  })
  return { app, auth }
}

if (import.meta.main) {
  const port = Number(process.env.PORT || 3000)
  const { app, auth } = createApp()
  const headers = await createDemoClient(auth.kit, 'orders:read')
  app.listen(port, () => {
    console.log(curlLine(`http://localhost:${port}/orders`, headers))
  })
}
