// The application of the growth benchmark, in a process of its own: a guarded route and the management API over the database
// that DATABASE_URL names.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import {
  addDomain,
  createClient,
  createWorkspace,
  type Logger,
  type MeteredRequest,
  type Plan,
} from '@xwms/core'
import { xwms } from '@xwms/express'
import { postgres } from '@xwms/storage-kysely'
import express from 'express'
import { answerQuestions } from '../child.ts'
import { ORDERS, ROUTE } from '../rows.ts'
import { type Caller, DOMAIN, type Introduction } from './introduction.ts'

/** As many clients call in turn, each of a workspace of its own. */
const CALLERS = 200
/** So many are registered at once: as many as there are connections. */
const AT_ONCE = 10

const PLAN: Plan = {
  title: 'Benchmark',
  monthlyFeeNanoEuro: 0,
  clients: undefined,
  domains: undefined,
  members: undefined,
  secrets: undefined,
  includedRequests: 1_000_000_000,
  hardCap: false,
  rateLimit: { requests: 1_000_000, windowSeconds: 60 },
}

const quiet = () => {}
const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error: console.error }

const storage = postgres({ connectionString: process.env.DATABASE_URL })
const app = express()
// The load says that it came over HTTPS, as it would behind a proxy: live requests are billed.
app.set('trust proxy', 'loopback')
const auth = xwms({ storage, plans: { benchmark: PLAN }, management: { rateLimit: false }, logger })
app.use(auth)
app.get(ROUTE, auth.protect(), (_request, response) => {
  response.json(ORDERS)
})
await auth.ready()
const callers: Caller[] = []
while (callers.length < CALLERS)
  callers.push(...(await Promise.all(Array.from({ length: AT_ONCE }, registerCaller))))
await spendAMonth(callers[0] as Caller)
const server = createServer(app)
await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
const address = server.address()
if (typeof address !== 'object' || address === null) throw new Error('The server has no port.')
const introduction: Introduction = { url: `http://127.0.0.1:${address.port}`, callers }

answerQuestions(
  {
    introduction: () => introduction,
    /** In use after a full garbage collection, in bytes. */
    heap: () => {
      globalThis.gc?.()
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    },
  },
  async () => {
    server.closeAllConnections()
    server.close()
    await auth.close()
  },
)

async function registerCaller(): Promise<Caller> {
  const { plans, scopes, now } = auth.kit.config
  const environment = { storage, plans, scopes, now: now(), actor: 'benchmark', ip: undefined }
  const workspace = await createWorkspace(environment, { name: 'Shop', plan: 'benchmark', owner: '1' })
  const { client, secret } = await createClient(environment, {
    workspaceId: workspace.id,
    name: 'Shop',
    scopes: ['manage:read'],
  })
  await addDomain(environment, { clientId: client.id, host: DOMAIN, mode: 'live' })
  return { workspaceId: workspace.id, clientId: client.id, secret: secret?.value ?? '' }
}

/** Usage of its own for the workspace that will be asked about, the same in every database: some requests in each hour. */
async function spendAMonth({ workspaceId, clientId }: Caller): Promise<void> {
  for (let day = 0; day < 30; day++) {
    const events = Array.from({ length: 24 * 20 }, (_, index): MeteredRequest => {
      const at = new Date(Date.now() - (day * 24 + (index % 24)) * 3_600_000)
      const route = index % 2 === 0 ? 'GET /orders' : 'POST /orders'
      const told = { sub: undefined, status: 200, durationMs: 10, priceNanoEuro: 10_000, caller: undefined }
      const named = {
        workspaceId,
        clientId,
        domainId: 'dom_1',
        route,
        mode: 'live',
        requestId: randomUUID(),
      } as const
      return { at, ...named, ...told }
    })
    await storage.usage.append({ id: randomUUID(), events, windows: [] })
  }
}
