// Your own API behind XWMS: only clients that were granted orders:read get in, and every request is metered.
//
//     node examples/express-guard.ts
import { type Xwms, type XwmsOptions, xwms } from '@xwms/express'
import express, { type Express } from 'express'

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

if (import.meta.main) createApp().app.listen(3000, () => console.log('http://localhost:3000/orders/1'))
