// One of the processes that chaos comes over: `DATABASE_URL=… node server.ts <express|koa> <refuse|queue|admit>
// <before-response|after-response>`. It serves as soon as it runs, whether the database is there or not, and ends in order on SIGTERM or when its parent is gone.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger, MeterOptions } from '@xwms/core'
import { postgres } from '@xwms/storage-kysely'
import { answerQuestions } from '../bench/child.ts'
import { HOSTS } from './hosts.ts'
import { KIT_OPTIONS } from './installation.ts'

/** Shorter than usual, so that a connection that has gone silent is given up while we watch. */
const STATEMENT_TIMEOUT_MS = 2000

type Meter = Required<Pick<MeterOptions, 'whenUnavailable' | 'commit'>>
const [framework, whenUnavailable, commit] = process.argv.slice(2) as [
  'express' | 'koa',
  Meter['whenUnavailable'],
  Meter['commit'],
]

/** What the log says of outages. */
const away: { from: number; to: number | undefined }[] = []
let unmetered = 0

const quiet = () => {}
const logger: Logger = {
  debug: quiet,
  info: quiet,
  // That the database comes and goes is no news here; the answers tell what came of it.
  warn(fields, message) {
    if (message !== 'The storage is back.') return
    const last = away.at(-1)
    if (last) last.to = Date.now()
    unmetered += (fields as { unmetered?: number }).unmetered ?? 0
  },
  error(fields, message) {
    const { error } = fields as { error?: unknown }
    if (message === 'The storage is unavailable.' && (away.length === 0 || away.at(-1)?.to !== undefined))
      away.push({ from: Date.now(), to: undefined })
    if (message === 'A request failed.') console.error(message, error)
  },
}

const options = {
  ...KIT_OPTIONS,
  storage: postgres({
    connectionString: process.env.DATABASE_URL,
    maxConnections: 4,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  }),
  meter: { whenUnavailable, commit },
  logger,
}

const { listener, ready, close } = HOSTS[framework](options)
const server = createServer(listener)
await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
// Requests wait for it by themselves, and try again when it fails.
ready().catch(() => {})

/** As a host should: no new connection, every request answered, everything written. */
async function end(): Promise<void> {
  const closed = new Promise(done => server.close(done))
  // A connection that was busy at first is idle a little later.
  const sweep = setInterval(() => server.closeIdleConnections(), 50)
  await closed
  clearInterval(sweep)
  await close()
}

process.once('SIGTERM', () => void end().then(() => process.exit(0)))
// In a terminal, Ctrl-C reaches every process; the parent says when to end.
process.on('SIGINT', () => {})

const questions = {
  port: () => (server.address() as AddressInfo).port,
  outages: () => ({ away, unmetered }),
}
answerQuestions(questions, async () => {
  server.closeAllConnections()
  process.exit()
})
