/**
 * Measures what guarding a route costs: `npm run -s bench`. See docs/performance.md for how, and for figures.
 *
 * Each row is a server in a process of its own. The rows take turns, so that whatever else the machine does meets all of
 * them alike, and only one is under load at a time.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../examples/embedded-postgres/server.ts'
import { freshDatabase } from '../support/database.ts'
import { type Child, startChild } from './child.ts'
import { type Load, load, type Target } from './load.ts'
import { describeMachine, loadAverage, type Pinning, pinCores } from './machine.ts'
import { HELP, type Options, readOptions } from './options.ts'
import { asJson, asTable, describeNoise } from './report.ts'
import { summarise, type Turn } from './results.ts'
import { ORDERS, type Row } from './rows.ts'
import type { Introduction } from './server.ts'

/** Long enough for the compiler to have seen everything that is hot. */
const WARM_UP_SECONDS = 1.5
/** Before each measured turn: caches and connections come back to life. */
const RUN_UP_SECONDS = 0.3

/** A row whose server is up. */
interface Running {
  readonly row: Row
  readonly server: Child
  readonly target: Target
  /** Requests that got the right answer, measured or not. */
  answered: number
  /** Requests that were under way when their connection was closed at the end of a load, at most. */
  cutOff: number
}

/** What has to be undone at the end, latest first. */
const cleanUp: (() => Promise<unknown>)[] = []

async function main(): Promise<number> {
  let options: Options
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${(error as Error).message.split('\n')[0]}\n`)
    return 2
  }
  if (options.help) {
    process.stdout.write(HELP)
    return 0
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void undo().then(() => process.exit(1)))
  try {
    await measure(options)
    return 0
  } catch (error) {
    process.stderr.write(`\nThe benchmark stopped: ${(error as Error).message}\n`)
    return 1
  } finally {
    await undo()
  }
}

async function undo(): Promise<void> {
  for (let step = cleanUp.pop(); step; step = cleanUp.pop()) await step()
}

async function measure(options: Options): Promise<void> {
  const { rows, rounds, seconds, connections } = options
  const pinning = pinCores()
  const database = await provideDatabase(rows)
  progress(`${describeMachine()}; ${pinning.description}.`)
  const loadBefore = loadAverage()

  const running: Running[] = []
  for (const row of rows) running.push(await start(row, pinning, connections))
  const turns = new Map<string, Turn[]>(rows.map(({ name }) => [name, []]))
  for (const one of running) {
    progress(`warming up ${one.row.name}`)
    await ask(one, WARM_UP_SECONDS)
  }
  for (let round = 1; round <= rounds; round++) {
    for (const one of running) {
      const turn = await takeTurn(one, seconds)
      turns.get(one.row.name)?.push(turn)
      progress(
        `round ${round} of ${rounds}, ${one.row.name}: ${Math.round(turn.requestsPerSecond)} requests/s, ` +
          `${turn.cpuMicrosPerRequest.toFixed(1)} µs`,
      )
    }
  }
  await checkMeters(running)

  const results = summarise(rows, turns)
  process.stdout.write(
    options.json
      ? `${asJson(results)}\n`
      : [
          `One route, bare and guarded: medians of ${rounds} rounds (minimum–maximum)`,
          '',
          asTable(results),
          '',
          `Machine:     ${describeMachine()}`,
          `Cores:       ${pinning.description}`,
          `Load:        ${connections} connections for ${seconds} s a turn, one row at a time`,
          `PostgreSQL:  ${database ?? 'not needed'}`,
          `Noise:       ${describeNoise(results)}; load average ${loadBefore} before, ${loadAverage()} after`,
          '',
        ].join('\n'),
  )
}

/** @returns words on the server that the rows use */
async function provideDatabase(rows: readonly Row[]): Promise<string | undefined> {
  if (rows.every(({ storage }) => storage !== 'postgres')) return undefined
  if (process.env.DATABASE_URL) return 'the one that DATABASE_URL names'
  progress('starting PostgreSQL')
  const directory = await mkdtemp(join(tmpdir(), 'xwms-bench-'))
  cleanUp.push(() => rm(directory, { recursive: true, force: true }))
  const postgres = await startEmbeddedPostgres({ directory })
  cleanUp.push(postgres.stop)
  process.env.DATABASE_URL = postgres.url
  return 'embedded, with its default settings: every commit waits for the disk'
}

async function start(row: Row, pinning: Pinning, connections: number): Promise<Running> {
  const env: Record<string, string> = { NODE_ENV: 'production' }
  if (row.storage === 'postgres') {
    const database = await freshDatabase()
    cleanUp.push(database.drop)
    env.DATABASE_URL = database.url
  }
  const server = await startChild(new URL('server.ts', import.meta.url), {
    args: [row.name],
    env,
    wrapper: pinning.server,
  })
  cleanUp.push(server.stop)
  const { url, headers } = await server.ask<Introduction>('introduction')
  // Bare rows get headers of the same length: reading them off the wire is no cost of the guard.
  const target = { url, headers: { ...NOBODY, ...headers }, body: JSON.stringify(ORDERS), connections }
  return { row, server, target, answered: 0, cutOff: 0 }
}

/** As long as real credentials. */
const NOBODY = {
  'x-client-id': `cl_${'x'.repeat(20)}`,
  'x-client-secret': `xwms_sk_${'x'.repeat(49)}`,
  'x-client-domain': 'shop.example.com',
}

async function ask(one: Running, seconds: number): Promise<Load> {
  const done = await load(one.target, seconds)
  one.answered += done.requests
  one.cutOff += one.target.connections
  return done
}

async function takeTurn(one: Running, seconds: number): Promise<Turn> {
  await ask(one, RUN_UP_SECONDS)
  const before = await one.server.ask<number>('cpu')
  const done = await ask(one, seconds)
  const after = await one.server.ask<number>('cpu')
  return {
    requestsPerSecond: done.requests / done.seconds,
    cpuMicrosPerRequest: (after - before) / done.requests,
    p50Ms: done.p50Ms,
    p99Ms: done.p99Ms,
  }
}

/** Figures of a guard that forgot to count would be worth nothing. */
async function checkMeters(running: readonly Running[]): Promise<void> {
  for (const { row, server, answered, cutOff } of running) {
    if (row.storage === undefined) continue
    const metered = await server.ask<number>('metered')
    if (metered >= answered && metered <= answered + cutOff) continue
    throw new Error(`${row.name} answered ${answered} requests and metered ${metered}.`)
  }
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}

process.exit(await main())
