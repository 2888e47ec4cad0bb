import { setTimeout as delay } from 'node:timers/promises'
import type { RetentionDays, TableMaintenance } from '@xwms/core'
import { DAY_MS, type Run, removeInBatches } from './expired-rows.ts'

/** A table that is kept in a part for each period of time. */
interface Partitioned {
  readonly table: 'usage_events' | 'request_log'
  readonly unit: 'month' | 'day'
  /** How many periods are prepared after the present one. */
  readonly ahead: number
  keptMs(retention: RetentionDays): number
}

/** Every table that is kept small part by part. */
export const PARTITIONED: readonly Partitioned[] = [
  { table: 'usage_events', unit: 'month', ahead: 2, keptMs: ({ eventDays }) => eventDays * DAY_MS },
  { table: 'request_log', unit: 'day', ahead: 3, keptMs: ({ requestLogDays }) => requestLogDays * DAY_MS },
]

/** How often a part is tried for whose table somebody holds, and how long after one another. */
const ATTEMPTS = 3
const WAIT_MS = 500

/**
 * How many rows that the default partition caught are moved, which is done at once: few while their period goes on, as
 * writers have to wait for it; more once it is over. Beyond that they stay there until their retention is over.
 */
const MOVABLE_ROWS = { open: 10_000, over: 200_000 }

/** Drops the parts whose retention is over, makes those that come, and empties the default partition into parts. */
export async function maintainPartitions(
  run: Run,
  { table, unit, ahead, keptMs }: Partitioned,
): Promise<TableMaintenance> {
  const { session, schema, now, signal } = run
  const before = new Date(now.getTime() - keptMs(run.retention))
  const partitions = { made: [] as string[], dropped: [] as string[], postponed: [] as string[] }
  const startedAt = performance.now()

  async function make(period: Date): Promise<void> {
    const most = startOf(unit, period, 1) <= now ? MOVABLE_ROWS.over : MOVABLE_ROWS.open
    const text = `select ${schema}.make_partition($1, $2, $3) as outcome`
    const outcome = await withoutWaiting(async () => {
      const { rows } = await session.query<{ outcome: string }>(text, [table, period, most])
      return rows[0]?.outcome
    }, signal)
    if (outcome === 'made') partitions.made.push(nameOf(table, unit, period))
    if (outcome === 'postponed') partitions.postponed.push(nameOf(table, unit, period))
  }

  const parts = await session.query<{ name: string }>(
    `select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = $1::regclass order by 1`,
    [`${schema}.${table}`],
  )
  for (const { name } of parts.rows) {
    const period = periodOf(table, unit, name)
    if (signal?.aborted || !period || startOf(unit, period, 1) > before) continue
    const outcome = await withoutWaiting(
      () => session.query(`select ${schema}.drop_partition($1, $2)`, [table, period]),
      signal,
    )
    partitions[outcome === 'postponed' ? 'postponed' : 'dropped'].push(name)
  }
  for (let step = 0; step <= ahead && !signal?.aborted; step++) await make(startOf(unit, now, step))

  // Whoever proves counters by events has to know of what went: in the same statement, so that nothing goes unrecorded.
  const removal = (limit: number) => `with removed as (
      delete from ${schema}.${table}_other where ctid = any (array(
        select ctid from ${schema}.${table}_other where at < $1 limit ${limit} for update skip locked
      )) returning at
    )
    select count(*)::integer as rows,
      ${schema}.record_removal($2, date_trunc('hour', max(at), 'UTC') + interval '1 hour') from removed`
  const removed = await removeInBatches(run, async limit => {
    const { rows } = await session.query<{ rows: number }>(removal(limit), [before, table])
    return rows[0]?.rows ?? 0
  })
  const caught = await session.query<{ period: Date }>(
    `select distinct date_trunc('${unit}', at, 'UTC') as period from ${schema}.${table}_other order by 1`,
  )
  for (const { period } of caught.rows) if (!signal?.aborted) await make(period)
  return { table, removed, partitions, durationMs: performance.now() - startedAt }
}

/** Tries a few times what may have to wait for a lock, and rather leaves it than keep others waiting behind it. */
async function withoutWaiting<Outcome>(
  work: () => Promise<Outcome>,
  signal: AbortSignal | undefined,
): Promise<Outcome | 'postponed'> {
  for (let attempt = 1; attempt <= ATTEMPTS && !signal?.aborted; attempt++) {
    try {
      return await work()
    } catch (error) {
      const lockNotAvailable = error instanceof Error && 'code' in error && error.code === '55P03'
      if (!lockNotAvailable) throw error
      if (attempt < ATTEMPTS) await delay(WAIT_MS, undefined, { signal }).catch(() => {})
    }
  }
  return 'postponed'
}

/** Where the period that a time falls into begins, or the one so many periods after it (UTC). */
function startOf(unit: Partitioned['unit'], time: Date, after = 0): Date {
  const [year, month, day] = [time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate()]
  return new Date(unit === 'month' ? Date.UTC(year, month + after) : Date.UTC(year, month, day + after))
}

const DIGITS = { month: 'YYYY-MM'.length, day: 'YYYY-MM-DD'.length }

/** As the database names its parts: `usage_events_2026_11`, `request_log_2026_11_27`. */
function nameOf(table: string, unit: Partitioned['unit'], period: Date): string {
  return `${table}_${period.toISOString().slice(0, DIGITS[unit]).replaceAll('-', '_')}`
}

/** The beginning of a part's period; `undefined` for a table that was attached under another name, which is left alone. */
function periodOf(table: string, unit: Partitioned['unit'], name: string): Date | undefined {
  const [year, month, day = '01'] = name.slice(table.length + 1).split('_')
  const period = new Date(`${year}-${month}-${day}T00:00:00Z`)
  return !Number.isNaN(period.getTime()) && nameOf(table, unit, period) === name ? period : undefined
}
