// The server under fire, in a process of its own: `node --expose-gc server.ts <framework> <storage>`.
import './no-network.ts'
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Logger, Storage } from '@xwms/core'
import { postgres } from '@xwms/storage-kysely'
import { memory } from '@xwms/storage-memory'
import { answerQuestions } from '../bench/child.ts'
import { HOSTS } from './host.ts'
import { install } from './installation.ts'
import { type Introduction, ISSUER } from './introduction.ts'

/** What the server answers when it is asked how it is. */
export interface Health {
  /** In use after a full garbage collection. */
  readonly heapBytes: number
  /** Requests that the kit has in hand. */
  readonly pending: number
  /** Errors that the kit has logged since it was asked last. */
  readonly errors: readonly string[]
  /** For how long nothing was answered at all, at most. */
  readonly standstillMs: number
}

const DAY_MS = 24 * 60 * 60 * 1000

/** Longer than anything lives or is retained. */
const LEAP_MS = 800 * DAY_MS

/** Sessions that may be signed out of, for each lap. */
const SESSIONS = 8

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
const now = () => new Date(Date.now() + leaps * LEAP_MS)
const storage: Storage =
  storageName === 'postgres'
    ? postgres({ connectionString: process.env.DATABASE_URL, migrate: true })
    : ofOneHour(memory())
await storage.ready()

const { introduction: installed, options, farSide } = await install(storage, now())
const host = HOSTS[framework]({
  ...options,
  // Express answers under one address; Koa under whatever address of this machine the caller used.
  ...(framework === 'express' && { issuer: ISSUER }),
  storage,
  logger,
  now,
})
await host.kit.ready()

const server = createServer(host.listener)
// Longer than a busy machine lets the other side stand still: a connection closed as idle looks like a missing answer.
server.keepAliveTimeout = 120_000
await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
const { port } = server.address() as AddressInfo
const introduction: Introduction = { url: `http://127.0.0.1:${port}`, ...installed }
const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()

answerQuestions(
  {
    introduction: () => introduction,
    now: () => now().getTime(),
    health: () => {
      const standstillMs = Math.round(delay.max / 1e6)
      globalThis.gc?.()
      const { heapUsed, external } = process.memoryUsage()
      const health: Health = {
        heapBytes: heapUsed + external,
        pending: host.pending(),
        errors: errors.splice(0),
        standstillMs,
      }
      delay.reset()
      return health
    },
    /** Cookies of browsers in which the user is signed in, without the price of a password. */
    sessions: () => Promise.all(Array.from({ length: SESSIONS }, createSession)),
    /** Lets everything expire that can, and removes what a client could pile up. */
    turnOver: async () => {
      if (storageName === 'memory') leaps++
      await storage.maintenance.run(now(), host.kit.config.retention)
      const { sub } = introduction
      for (const { id } of await storage.addresses.list(sub)) await storage.addresses.delete(sub, id)
    },
  },
  async () => {
    server.closeAllConnections()
    server.close()
    farSide.close()
    await host.kit.close()
  },
)

/** There are counters for each hour, for ever; with the leaps of this clock, that would be many hours. */
function ofOneHour(storage: Storage): Storage {
  const at = new Date()
  const { usage } = storage
  const append: typeof usage.append = batch =>
    usage.append({ ...batch, events: batch.events.map(event => ({ ...event, at })) })
  return { ...storage, usage: { ...usage, append } }
}

async function createSession(): Promise<string> {
  const value = randomBytes(32).toString('base64url')
  const time = now()
  await storage.sessions.create({
    idHash: createHash('sha256').update(value).digest('base64url'),
    sid: `sid_${randomBytes(15).toString('base64url')}`,
    sub: introduction.sub,
    authenticatedAt: time,
    amr: ['pwd'],
    createdAt: time,
    expiresAt: new Date(time.getTime() + DAY_MS),
    ip: '127.0.0.1',
    userAgent: 'fuzz/1.0',
  })
  return `xwms_session=${value}`
}

function describe(fields: object): string {
  const { error } = fields as { error?: unknown }
  return error instanceof Error
    ? `${error.stack}${error.cause ? `\n${String(error.cause)}` : ''}`
    : JSON.stringify(fields)
}
