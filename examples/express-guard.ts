// Your own API behind XWMS: only clients that were granted orders:read get in, and every request is metered.
// It prints the line to call it with. PORT is where it listens, 3000 by default.
//
//     node examples/express-guard.ts
import { type Xwms, type XwmsOptions, xwms } from '@xwms/express'
import express, { type Express } from 'express'
import { createDemoClient, curlLine } from './demo-client.ts'

export function createApp(options: XwmsOptions = {}): { app: Express; auth: Xwms } {
  const auth = xwms({
    scopes: { 'orders:read': 'Read your orders' },
    prices: { orders: 50_000 }, // nano-euro a request: EUR 0.00005
    ...options,
  })
  const app = express()
  app.use(auth)
  app.get('/orders/:id', auth.protect({ scope: 'orders:read', price: 'orders' }), (req, res) => {
    res.json({ order: req.params.id, for: req.xwms.client.name })
  })
  return { app, auth }
}

if (import.meta.main) {
  const port = Number(process.env.PORT || 3000)
  const { app, auth } = createApp()
  const headers = await createDemoClient(auth.kit, 'orders:read')
  app.listen(port, error => {
    if (error) throw error
    console.log(curlLine(`http://localhost:${port}/orders/1`, headers))
  })
}
