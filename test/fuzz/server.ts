// The server under fire, in a process of its own: `node --expose-gc server.ts <framework> <storage>`.
import { createServer } from 'node:http'
import {
  addDomain,
  createClient,
  createUser,
  createWorkspace,
  type Kit,
  type Logger,
  type Plan,
  type RequestLogEntry,
  type Storage,
  type UsageEvent,
} from '@xwms/core'
import { postgres } from '@xwms/storage-kysely'
import { memory } from '@xwms/storage-memory'
import { answerQuestions } from '../bench/child.ts'
import { HOSTS } from './host.ts'
import { HOST_SCOPE } from './host-routes.ts'
import { type Introduction, SCOPES } from './introduction.ts'

/** What the server answers when it is asked how it is. */
export interface Health {
  /** In use after a full garbage collection. */
  readonly heapBytes: number
  /** Requests that the kit has in hand. */
  readonly pending: number
  /** Errors that the kit has logged since it was asked last. */
  readonly errors: readonly string[]
}

const DAY_MS = 24 * 60 * 60 * 1000

/** Longer than anything lives, and than the memory storage remembers what has expired. */
const LEAP_MS = 400 * DAY_MS

/** Nothing is refused for its number. */
const PLAN: Plan = {
  title: 'Fuzz',
  monthlyFeeNanoEuro: 0,
  clients: undefined,
  domains: undefined,
  members: undefined,
  secrets: undefined,
  includedRequests: 1_000_000_000,
  hardCap: true,
  rateLimit: { requests: 1_000_000_000, windowSeconds: 1 },
}

const [framework, storageName] = process.argv.slice(2) as ['express' | 'koa', 'memory' | 'postgres']
const errors: string[] = []
const quiet = () => {}
const logger: Logger = {
  debug: quiet,
  info: quiet,
  // Warnings are for things like a replayed refresh token, of which there are many here.
  warn: quiet,
  error: (fields, message) => errors.push(`${message} ${describe(fields)}`),
}
let leaps = 0
const storage: Storage =
  storageName === 'postgres'
    ? postgres({ connectionString: process.env.DATABASE_URL, migrate: true })
    : memory()
const host = HOSTS[framework]({
  // Express answers under one address; Koa under whatever address of this machine the caller used.
  ...(framework === 'express' && { issuer: 'http://localhost:3000' }),
  storage,
  plans: { fuzz: PLAN },
  scopes: { [HOST_SCOPE]: 'See your orders' },
  logger,
  now: () => new Date(Date.now() + leaps * LEAP_MS),
})
await host.kit.ready()
const registered = await register(host.kit)
if (storageName === 'memory') await fill(storage)

const server = createServer(host.listener)
await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
const address = server.address()
if (typeof address !== 'object' || address === null) throw new Error('The server has no port.')
const introduction: Introduction = { url: `http://127.0.0.1:${address.port}`, ...registered }

answerQuestions(
  {
    introduction: () => introduction,
    health: () => {
      globalThis.gc?.()
      const { heapUsed, external } = process.memoryUsage()
      const health: Health = {
        heapBytes: heapUsed + external,
        pending: host.pending(),
        errors: errors.splice(0),
      }
      return health
    },
    /** Lets everything expire that can, and removes what a client could pile up. */
    turnOver: async () => {
      if (storageName === 'memory') leaps++
      for (const { id } of await storage.addresses.list(registered.sub))
        await storage.addresses.delete(registered.sub, id)
    },
  },
  async () => {
    server.closeAllConnections()
    server.close()
    await host.kit.close()
  },
)

/** A user, and a client with everything that it may have. */
async function register({ config }: Kit): Promise<Omit<Introduction, 'url'>> {
  const { storage, plans, scopes, now } = config
  const environment = { storage, plans, scopes, now: now(), actor: 'fuzz', ip: undefined }
  const password = 'correct horse battery staple'
  const user = await createUser(environment, {
    email: 'ann@example.com',
    password,
    givenName: 'Ann',
    test: true,
  })
  const workspace = await createWorkspace(environment, { name: 'Shop', plan: 'fuzz', owner: user.sub })
  const redirectUri = 'https://shop.example.com/callback?shop=1'
  const { client, secret } = await createClient(environment, {
    workspaceId: workspace.id,
    name: 'Shop <&"\'>',
    redirectUris: [redirectUri, 'https://shop.example.com/other'],
    scopes: [...SCOPES, HOST_SCOPE],
  })
  const domain = await addDomain(environment, {
    clientId: client.id,
    host: 'shop.example.com',
    mode: 'test',
    ipAllowlist: [],
    testUsersOnly: true,
  })
  return {
    clientId: client.id,
    clientSecret: secret?.value ?? '',
    domain: domain.host,
    redirectUri,
    sub: user.sub,
    email: user.email,
    password,
  }
}

/** The memory storage keeps so many events and entries. Once they are there, what grows is something else. */
async function fill({ usage, requestLog }: Storage): Promise<void> {
  const at = new Date()
  const named = {
    at,
    workspaceId: 'ws_x',
    clientId: 'cl_x',
    domainId: 'dom_x',
    route: 'POST /api/get/user/info',
  }
  const events = Array.from({ length: 100_000 }, (_, index): UsageEvent => {
    const rest = { mode: 'test', sub: '1', status: 200, durationMs: 1, priceNanoEuro: 0 } as const
    return { id: `filling-${index}`, ...named, ...rest }
  })
  await usage.append(events)
  const entries = Array.from({ length: 10_000 }, (_, index): RequestLogEntry => {
    const request = {
      requestId: `request-${index}`,
      status: 403,
      durationMs: 1,
      ip: '127.0.0.1',
      userAgent: 'fuzz',
    }
    return {
      id: `filling-${index}`,
      ...named,
      ...request,
      refusedBy: 'domain_not_allowed',
      facts: { domain: 'x' },
    }
  })
  await requestLog.append(entries)
}

function describe(fields: object): string {
  const { error } = fields as { error?: unknown }
  return error instanceof Error
    ? `${error.stack}${error.cause ? `\n${String(error.cause)}` : ''}`
    : JSON.stringify(fields)
}
