import { type Xwms, xwms } from '@xwms/express'
import { postgres } from '@xwms/storage-kysely'
import express, { type Express } from 'express'
import { homePage } from './home-page.ts'

export interface AppOptions {
  /** Where this application is, as the world sees it. */
  readonly url: string
  readonly partnerUrl: string
  readonly databaseUrl: string
  /** What signing keys are encrypted with in the database. */
  readonly encryptionSecret: string | undefined
}

/** An application with XWMS in it: a team that roasts coffee, and sells to shops over an API of its own. */
export function createApp(options: AppOptions): { app: Express; auth: Xwms } {
  const { url, partnerUrl, databaseUrl, encryptionSecret } = options
  const auth = xwms({
    issuer: url,
    storage: postgres({ connectionString: databaseUrl, migrate: true }),
    keys: { encryptionSecrets: encryptionSecret === undefined ? [] : [encryptionSecret] },
    scopes: { 'orders:read': 'See the orders of the shop' },
    prices: { orders: 20_000 }, // nano-euro: EUR 0.00002 for each request
  })

  const app = express()
  app.disable('x-powered-by')
  app.use(auth) // every XWMS endpoint and page

  // A route of the application's own, guarded and metered.
  app.get('/orders', auth.protect({ scope: 'orders:read', price: 'orders' }), (req, res) => {
    res.json({ for: req.xwms.client.name, orders: ORDERS })
  })

  app.get('/', (_req, res) => {
    res.set('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    res.send(homePage(partnerUrl))
  })

  return { app, auth }
}

const ORDERS = [
  { number: 2041, beans: 'Guji, washed', kilograms: 12, status: 'on its way' },
  { number: 2038, beans: 'Huila, honey', kilograms: 6, status: 'roasting' },
  { number: 2019, beans: 'House espresso', kilograms: 24, status: 'delivered' },
]
