import type { Database } from './database.ts'

/** Partitioned tables, with how much of a time in ISO 8601 names a period of theirs. */
const PERIODS = { usage_events: 'YYYY-MM'.length, request_log: 'YYYY-MM-DD'.length }

/** How many periods are remembered as made; there are never many, unless somebody imports old ones. */
const PERIODS_KEPT = 1000

/**
 * Makes sure that there are partitions for some times, and for the period after each. Once for a process and period: a process
 * that lives on meets the next period with its partition made.
 */
export function preparation(
  { schema, prepared }: Database,
  table: keyof typeof PERIODS,
): (times: readonly Date[]) => Promise<void> {
  const prepare = prepared('partitions.prepare', `select from ${schema}.prepare_partitions($1, $2)`)
  const done = new Set<string>()
  let last = Number.NaN

  return async times => {
    for (const time of times) {
      // Nearly all are of the hour of the one before.
      const hour = Math.floor(time.getTime() / 3_600_000)
      if (hour === last) continue
      const period = time.toISOString().slice(0, PERIODS[table])
      if (!done.has(period)) {
        await prepare([table, time])
        if (done.size >= PERIODS_KEPT) done.clear()
        done.add(period)
      }
      last = hour
    }
  }
}
