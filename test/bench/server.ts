// One row of the benchmark: an application with one route, in a process of its own. The first argument names the row.
import { createServer, type RequestListener } from 'node:http'
import {
  addDomain,
  createClient,
  createWorkspace,
  type Kit,
  type Logger,
  type Plan,
  type Storage,
} from '@xwms/core'
import { xwms as xwmsForExpress } from '@xwms/express'
import { xwms as xwmsForKoa } from '@xwms/koa'
import { postgres } from '@xwms/storage-kysely'
import { memory } from '@xwms/storage-memory'
import express from 'express'
import Koa from 'koa'
import { guardByHand } from './by-hand.ts'
import { answerQuestions } from './child.ts'
import { ORDERS, ROUTE, ROWS, type Row } from './rows.ts'

/** What the server says of itself, once, before the load begins. */
export interface Introduction {
  readonly url: string
  /** The credential headers of a client that may call the route; empty where nobody asks for them. */
  readonly headers: Readonly<Record<string, string>>
}

interface Application {
  readonly listener: RequestListener
  readonly kit?: Kit
}

/** The limiter runs for every request, as it does for a paying client, and its limit is out of reach. */
const PLAN: Plan = {
  title: 'Benchmark',
  monthlyFeeNanoEuro: 0,
  clients: undefined,
  domains: undefined,
  members: undefined,
  secrets: undefined,
  includedRequests: 1_000_000_000,
  hardCap: false,
  rateLimit: { requests: 1_000_000_000, windowSeconds: 60 },
}

const DOMAIN = 'shop.example.com'

const quiet = () => {}
/** Whatever goes wrong stops the benchmark at the first answer; what happened is on standard error. */
const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error: console.error }

const row = ROWS.find(({ name }) => name === process.argv[2])
if (row === undefined) throw new Error(`There is no row ${process.argv[2]}.`)
const byHand = row.guard === 'by-hand' ? await guardByHand() : undefined
const { listener, kit } = row.framework === 'express' ? expressApplication(row) : koaApplication(row)
await kit?.ready()
const headers = byHand?.headers ?? (kit ? await registerClient(kit) : {})
const server = createServer(listener)
await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
const address = server.address()
if (typeof address !== 'object' || address === null) throw new Error('The server has no port.')
const introduction: Introduction = { url: `http://127.0.0.1:${address.port}${ROUTE}`, headers }

answerQuestions(
  {
    introduction: () => introduction,
    /** Microseconds of all cores together since the start. */
    cpu: () => process.cpuUsage().user + process.cpuUsage().system,
    /** How many requests the meter has counted. */
    metered: async () => {
      if (byHand) return byHand.counted()
      const counters = await kit?.config.storage.usage.counters({ from: new Date(0), to: new Date(8.64e15) })
      return Number(counters?.reduce((sum, { requests }) => sum + requests, 0n) ?? 0n)
    },
  },
  async () => {
    server.closeAllConnections()
    server.close()
    await kit?.close()
    await byHand?.close()
  },
)

function expressApplication({ guard, storage }: Row): Application {
  const app = express()
  const auth = guard === 'kit' && storage ? xwmsForExpress(options(storage)) : undefined
  if (auth) app.use(auth)
  app.get(ROUTE, ...(auth ? [auth.protect()] : []), async (request, response) => {
    if (byHand && !(await byHand.admits(request))) return void response.status(401).end()
    if (byHand) await byHand.record(request, 200)
    response.json(ORDERS)
  })
  return { listener: app, kit: auth?.kit }
}

function koaApplication({ guard, storage }: Row): Application {
  const app = new Koa()
  const auth = guard === 'kit' && storage ? xwmsForKoa(options(storage)) : undefined
  if (auth) app.use(auth).use(auth.protect())
  if (byHand)
    app.use(async (context, next) => {
      if (!(await byHand.admits(context.req))) return context.throw(401)
      await next()
      await byHand.record(context.req, context.status)
    })
  app.use(context => {
    if (context.path === ROUTE) context.body = ORDERS
  })
  return { listener: app.callback(), kit: auth?.kit }
}

function options(storage: 'memory' | 'postgres') {
  return {
    issuer: 'http://localhost:3000',
    storage: storage === 'postgres' ? databaseStorage() : memory(),
    plans: { benchmark: PLAN },
    logger,
  }
}

function databaseStorage(): Storage {
  return postgres({ connectionString: process.env.DATABASE_URL, migrate: true })
}

/** A confidential client with a secret and a domain in test mode, which plain HTTP is enough for. */
async function registerClient({ config }: Kit): Promise<Record<string, string>> {
  const { storage, plans, scopes, now } = config
  const environment = { storage, plans, scopes, now: now(), actor: 'benchmark', ip: undefined }
  const workspace = await createWorkspace(environment, { name: 'Shop', plan: 'benchmark', owner: '1' })
  const { client, secret } = await createClient(environment, { workspaceId: workspace.id, name: 'Shop' })
  await addDomain(environment, { clientId: client.id, host: DOMAIN, mode: 'test' })
  return {
    'x-client-id': client.id,
    'x-client-secret': secret?.value ?? '',
    'x-client-domain': DOMAIN,
  }
}
