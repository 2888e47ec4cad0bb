/**
 * Measures how fast usage is written: `npm run -s bench:ingest`. See docs/performance.md for how, and for figures.
 *
 * Each row is a process of its own, alone on one core, with a database of its own. The rows take turns, so that whatever else
 * the machine does meets all of them alike.
 */
import { freshDatabase } from '../../support/database.ts'
import { type Child, startChild } from '../child.ts'
import { provideDatabase } from '../database.ts'
import { figure, quantile } from '../figures.ts'
import { describeMachine, loadAverage, type Pinning, pinCores } from '../machine.ts'
import { type CleanUp, progress, run } from '../program.ts'
import { HELP, type Options, readOptions } from './options.ts'
import { asJson, asTable, type Result } from './report.ts'
import type { Row } from './rows.ts'
import type { Books, Written } from './writer.ts'

async function measure(options: Options, cleanUp: CleanUp): Promise<void> {
  const { rows, rounds, seconds, batch, lanes } = options
  const pinning = pinCores()
  const database = await provideDatabase(cleanUp)
  progress(`${describeMachine()}; ${pinning.description}.`)
  const loadBefore = loadAverage()

  const writers: { row: Row; writer: Child; turns: Written[] }[] = []
  for (const row of rows)
    writers.push({ row, writer: await start(row, options, pinning, cleanUp), turns: [] })
  for (const { row, writer } of writers) {
    progress(`warming up ${row.name}`)
    await writer.ask('warm-up')
  }
  for (let round = 1; round <= rounds; round++) {
    for (const { row, writer, turns } of writers) {
      const turn = await writer.ask<Written>('turn')
      turns.push(turn)
      progress(
        `round ${round} of ${rounds}, ${row.name}: ${Math.round(turn.events / turn.seconds)} events/s, ` +
          `${(turn.cpuMicros / turn.events).toFixed(2)} µs here, ` +
          `${((turn.databaseCpuMicros ?? 0) / turn.events).toFixed(2)} µs in PostgreSQL`,
      )
    }
  }
  for (const { row, writer } of writers) check(row, await writer.ask<Books>('books'))

  const byName = new Map(writers.map(({ row, turns }) => [row.name, turns]))
  const results = writers.map(({ row, turns }) => summarise(row, turns, byName.get(row.versus ?? '')))
  process.stdout.write(
    options.json
      ? `${asJson(results)}\n`
      : [
          `Usage events from one process: medians of ${rounds} rounds (minimum–maximum)`,
          '',
          asTable(results),
          '',
          `Machine:     ${describeMachine()}`,
          `Cores:       ${pinning.description}`,
          `Load:        batches of ${batch} events, ${lanes} at a time, for ${seconds} s a turn, one row at a time`,
          `PostgreSQL:  ${database}`,
          `Noise:       load average ${loadBefore} before, ${loadAverage()} after`,
          '',
        ].join('\n'),
  )
}

async function start(row: Row, options: Options, pinning: Pinning, cleanUp: CleanUp): Promise<Child> {
  const database = await freshDatabase()
  cleanUp.push(database.drop)
  const writer = await startChild(new URL('writer.ts', import.meta.url), {
    args: [row.name, ...[options.seconds, options.batch, options.lanes].map(String)],
    nodeFlags: options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`],
    env: { NODE_ENV: 'production', DATABASE_URL: database.url },
    wrapper: pinning.server,
  })
  cleanUp.push(writer.stop)
  return writer
}

/** Figures of a ledger whose books do not agree would be worth nothing. */
function check(row: Row, { written, events, counters, logged }: Books): void {
  if (events === written && counters === written && logged === (row.logged ? written : 0)) return
  throw new Error(
    `${row.name} wrote ${written} events; ${events} are stored, ${counters} counted and ${logged} logged.`,
  )
}

function summarise(row: Row, turns: readonly Written[], versus: readonly Written[] | undefined): Result {
  const rate = ({ events, seconds }: Written) => events / seconds
  const knowsDatabase = turns.every(({ databaseCpuMicros }) => typeof databaseCpuMicros === 'number')
  return {
    row,
    eventsPerSecond: figure(turns.map(rate)),
    cpuMicros: figure(turns.map(({ cpuMicros, events }) => cpuMicros / events)),
    databaseCpuMicros: knowsDatabase
      ? figure(turns.map(({ databaseCpuMicros = 0, events }) => databaseCpuMicros / events))
      : undefined,
    p99Ms: figure(turns.map(({ durations }) => quantile(Float64Array.from(durations).sort(), 0.99))),
    ratio: versus && figure(turns.map((turn, round) => rate(turn) / rate(versus[round] as Written))),
  }
}

process.exit(await run({ help: HELP, readOptions, measure }))
