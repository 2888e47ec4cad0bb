import type { Database } from './database.ts'

/** So many insertions, and so much time, lie between two sweeps of a process. */
const INSERTIONS_PER_SWEEP = 100
const SWEEP_INTERVAL_MS = 5000

/** How many rows a sweep removes for each that was inserted since the last: more than one, so that removal outruns insertion. */
const ROWS_PER_INSERTION = 2.5

/** How many rows one statement removes at most, so that none takes long. */
const ROWS_PER_STATEMENT = 2500

/** How long most things stay after they have expired: a late replay is still recognised for what it is. */
const RETENTION_MS = 24 * 60 * 60 * 1000

/** Told of insertions and of the time of them; what follows from that is nobody's to wait for. */
export type Sweep = (now: Date, insertions?: number) => void

/** Removes at most so many rows that expired before a time, and answers how many it removed. */
type Removal = (expiredBefore: Date, atMost: number) => Promise<number>

/**
 * Keeps tables from growing for ever, without a timer, a leader or a clock of its own: now and then an insertion also
 * begins to remove what expired a day ago.
 */
export function sweep(remove: Removal, retentionMs: number = RETENTION_MS): Sweep {
  // A random beginning, so that processes which live for less than a hundred insertions do their share, too.
  let inserted = Math.floor(Math.random() * INSERTIONS_PER_SWEEP)
  let sweptAt = Number.NEGATIVE_INFINITY
  let sweeping = false

  async function run(expiredBefore: Date, rows: number): Promise<void> {
    for (let left = rows; left > 0; left -= ROWS_PER_STATEMENT) {
      const atMost = Math.min(left, ROWS_PER_STATEMENT)
      if ((await remove(expiredBefore, atMost)) < atMost) return
    }
  }

  return (now, insertions = 1) => {
    inserted += insertions
    const elapsed = Math.abs(now.getTime() - sweptAt)
    if (sweeping || inserted < INSERTIONS_PER_SWEEP || elapsed < SWEEP_INTERVAL_MS) return
    const rows = Math.ceil(inserted * ROWS_PER_INSERTION)
    sweeping = true
    sweptAt = now.getTime()
    inserted = 0
    // A failure is nobody's, as what was inserted stands; the next sweep makes up for it.
    run(new Date(now.getTime() - retentionMs), rows)
      .catch(() => {})
      .finally(() => {
        sweeping = false
      })
  }
}

/**
 * The statement that removes a batch of expired rows, oldest first. Rows that another process is removing are passed over.
 * @param column when a row expires; there must be an index on it
 * @param returning a column of the removed rows to answer with
 */
export function removal<Row extends object>(
  { schema, prepared }: Database,
  table: string,
  column: string,
  returning: string = column,
): (values: readonly [expiredBefore: Date, atMost: number]) => Promise<Row[]> {
  return prepared<Row>(
    `sweep.${table}`,
    `delete from ${schema}.${table} where ctid = any (array(
      select ctid from ${schema}.${table} where ${column} < $1
      order by ${column} limit $2 for update skip locked
    )) returning ${returning}`,
  )
}

/** The sweep of a table that nothing else depends on. */
export function sweepOf(database: Database, table: string, column: string, retentionMs?: number): Sweep {
  const remove = removal(database, table, column)
  return sweep(async (...batch) => (await remove(batch)).length, retentionMs)
}
