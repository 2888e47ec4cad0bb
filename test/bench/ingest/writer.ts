// One row of the benchmark: a process that writes batches, one after the other in each lane, for as long as a turn takes.
// Arguments: the row, seconds of a turn, events of a batch, lanes.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { postgres } from '@xwms/storage-kysely'
import pg from 'pg'
import { answerQuestions } from '../child.ts'
import { bareWriter } from './bare.ts'
import { ROWS } from './rows.ts'
import { loadOf } from './spread.ts'

/** What came of a turn. */
export interface Written {
  readonly events: number
  readonly seconds: number
  /** Microseconds that this process used. */
  readonly cpuMicros: number
  /** Microseconds that PostgreSQL's processes for this one used; unknown where they run elsewhere. */
  readonly databaseCpuMicros: number | undefined
  /** How long each batch took, in milliseconds. */
  readonly durations: readonly number[]
}

/** What is stored at the end, counted in each place. */
export interface Books {
  readonly written: number
  readonly events: number
  readonly counters: number
  readonly logged: number
}

/** Different batches, so that none is in a cache for being the same as the one before. */
const BATCHES = 40

const [rowName, ...numbers] = process.argv.slice(2)
const [seconds = 1, size = 1000, lanes = 1] = numbers.map(Number)
const row = ROWS.find(({ name }) => name === rowName)
if (row === undefined) throw new Error(`There is no row ${rowName}.`)
const url = process.env.DATABASE_URL ?? ''
const admin = new pg.Client({ connectionString: url })
await admin.connect()
const load = loadOf(BATCHES, size, row)
const storage = postgres({ connectionString: url, maxConnections: lanes, statementTimeoutMs: 60_000 })
const bare = row.writes === 'bare' ? await bareWriter(url, lanes) : undefined
let written = 0
let next = 0

async function writeFor(milliseconds: number): Promise<Written> {
  const durations: number[] = []
  const writtenBefore = written
  const before = { cpu: process.cpuUsage(), database: await databaseCpu(), time: performance.now() }
  async function lane(): Promise<void> {
    while (performance.now() - before.time < milliseconds) {
      const began = performance.now()
      const { events, windows } = load[next++ % BATCHES] as (typeof load)[0]
      const id = randomUUID()
      await (bare ? bare.write(id, events) : storage.usage.append({ id, events, windows }))
      written += events.length
      durations.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  const time = performance.now() - before.time
  const { user, system } = process.cpuUsage(before.cpu)
  const database = await databaseCpu()
  return {
    events: written - writtenBefore,
    seconds: time / 1000,
    cpuMicros: user + system,
    databaseCpuMicros:
      database === undefined || before.database === undefined ? undefined : database - before.database,
    durations,
  }
}

/** Of the processes that serve this one, where they can be seen: hundredths of a second, as Linux counts them. */
async function databaseCpu(): Promise<number | undefined> {
  const { rows } = await admin.query(
    `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
  )
  try {
    const ticks = rows.map(({ pid }) => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return Number(fields[11]) + Number(fields[12])
    })
    return ticks.reduce((sum, each) => sum + each, 0) * 10_000
  } catch {
    return undefined
  }
}

async function books(): Promise<Books> {
  if (bare) {
    const events = Number(await bare.stored())
    return { written, events, counters: events, logged: 0 }
  }
  const { rows } = await admin.query(`select
    (select count(*) from xwms.usage_events)::float8 as events,
    (select coalesce(sum(requests), 0) from xwms.usage_counters)::float8 as counters,
    (select count(*) from xwms.request_log)::float8 as logged`)
  return { written, ...rows[0] }
}

answerQuestions(
  {
    'warm-up': () => writeFor(1500),
    turn: () => writeFor(seconds * 1000),
    books,
  },
  async () => {
    await bare?.close()
    await storage.close()
    await admin.end()
  },
)
