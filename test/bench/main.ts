/**
 * Measures what guarding a route costs: `npm run -s bench`. See docs/performance.md for how, and for figures.
 *
 * Each row is a server in a process of its own. The rows take turns, so that whatever else the machine does meets all of
 * them alike, and only one is under load at a time.
 */
import { freshDatabase } from '../support/database.ts'
import type { Load } from './cannon.ts'
import { type Child, startChild } from './child.ts'
import { provideDatabase } from './database.ts'
import { load, type Target } from './load.ts'
import { describeMachine, loadAverage, type Pinning, pinCores } from './machine.ts'
import { HELP, type Options, readOptions } from './options.ts'
import { type CleanUp, progress, run } from './program.ts'
import { asJson, asTable, describeNoise } from './report.ts'
import { summarise, type Turn } from './results.ts'
import { ORDERS, type Row } from './rows.ts'
import type { Introduction } from './server.ts'
import { FIRST_STEPS, takeTurn, WARM_UP_SECONDS } from './turn.ts'

/** A row whose server is up. */
interface Running {
  readonly row: Row
  readonly server: Child
  readonly target: Target
  /** Requests that got the right answer, measured or not. */
  answered: number
}

async function measure(options: Options, cleanUp: CleanUp): Promise<void> {
  const { rows, rounds, seconds, connections, cold } = options
  const pinning = pinCores()
  const needsDatabase = rows.some(({ storage }) => storage === 'postgres')
  const database = needsDatabase ? await provideDatabase(cleanUp) : 'not needed'
  progress(`${describeMachine()}; ${pinning.description}.`)
  const loadBefore = loadAverage()

  const running: Running[] = []
  for (const row of rows) running.push(await start(row, pinning, options, cleanUp))
  const turns = new Map<string, Turn[]>(rows.map(({ name }) => [name, []]))
  for (const one of running) {
    progress(`warming up ${one.row.name}`)
    // What is alive at V8's first collection under load is taken for what lives on, in all that is compiled from then on. With
    // all connections at once that is every request there ever was: see "How a process meets its first requests".
    if (!cold) await ask(one, FIRST_STEPS.seconds, Math.min(FIRST_STEPS.connections, connections))
    await ask(one, WARM_UP_SECONDS)
  }
  for (let round = 1; round <= rounds; round++) {
    for (const one of running) {
      const turn = await takeTurn(one.server, seconds => ask(one, seconds), seconds)
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
          `Load:        ${connections} connections for ${seconds} s a turn, one row at a time${cold ? ', all at once from the start' : ''}`,
          `PostgreSQL:  ${database}`,
          `Noise:       ${describeNoise(results)}; load average ${loadBefore} before, ${loadAverage()} after`,
          '',
        ].join('\n'),
  )
}

async function start(
  row: Row,
  pinning: Pinning,
  { connections, profile }: Options,
  cleanUp: CleanUp,
): Promise<Running> {
  const env: Record<string, string> = { NODE_ENV: 'production' }
  if (row.storage === 'postgres') {
    const database = await freshDatabase()
    cleanUp.push(database.drop)
    env.DATABASE_URL = database.url
  }
  const server = await startChild(new URL('server.ts', import.meta.url), {
    args: [row.name],
    nodeFlags:
      profile === undefined
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${row.name}.cpuprofile`],
    env,
    wrapper: pinning.server,
  })
  cleanUp.push(server.stop)
  const { url, headers } = await server.ask<Introduction>('introduction')
  // Bare rows get headers of the same length: reading them off the wire is no cost of the guard.
  const target = { url, headers: { ...NOBODY, ...headers }, body: JSON.stringify(ORDERS), connections }
  return { row, server, target, answered: 0 }
}

/** As long as real credentials. */
const NOBODY = {
  'x-client-id': `cl_${'x'.repeat(20)}`,
  'x-client-secret': `xwms_sk_${'x'.repeat(49)}`,
  'x-client-domain': 'shop.example.com',
}

async function ask(one: Running, seconds: number, connections = one.target.connections): Promise<Load> {
  const done = await load({ ...one.target, connections }, seconds)
  one.answered += done.requests
  return done
}

/** Figures of a guard that forgot to count would be worth nothing. */
async function checkMeters(running: readonly Running[]): Promise<void> {
  for (const { row, server, answered } of running) {
    if (row.guard === undefined) continue
    const metered = await server.ask<number>('metered')
    if (metered === answered) continue
    throw new Error(`${row.name} answered ${answered} requests and metered ${metered}.`)
  }
}

process.exit(await run({ help: HELP, readOptions, measure }))
