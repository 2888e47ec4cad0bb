import type { Database } from './database.ts'

/** Every so many insertions one also removes what has expired. */
const INSERTIONS_PER_SWEEP = 100

/** How many rows it removes at most: more than were inserted since, so that removal outruns insertion. */
const ROWS_PER_SWEEP = 250

/** How long something stays after it has expired: a late replay is still recognised for what it is. */
const RETENTION_MS = 24 * 60 * 60 * 1000

/** Told of each insertion and of the time of it. */
export type Sweep = (now: Date) => Promise<void>

/**
 * Keeps tables from growing for ever, without a timer, a leader or a clock of its own: now and then an insertion removes
 * a small batch of what expired a day ago.
 * @param remove removes what expired before the time it is given
 */
export function sweep(remove: (expiredBefore: Date) => Promise<void>): Sweep {
  // A random beginning, so that processes which live for less than a hundred insertions do their share, too.
  let insertions = Math.floor(Math.random() * INSERTIONS_PER_SWEEP)
  return async now => {
    insertions += 1
    if (insertions % INSERTIONS_PER_SWEEP !== 0) return
    // What was inserted stands, so its caller is not to hear of this; the next sweep makes up for it.
    await remove(new Date(now.getTime() - RETENTION_MS)).catch(() => {})
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
): (values: readonly [expiredBefore: Date]) => Promise<Row[]> {
  return prepared<Row>(
    `sweep.${table}`,
    `delete from ${schema}.${table} where ctid = any (array(
      select ctid from ${schema}.${table} where ${column} < $1
      order by ${column} limit ${ROWS_PER_SWEEP} for update skip locked
    )) returning ${returning}`,
  )
}

/** The sweep of a table that nothing else depends on. */
export function sweepOf(database: Database, table: string, column: string): Sweep {
  const remove = removal(database, table, column)
  return sweep(async expiredBefore => {
    await remove([expiredBefore])
  })
}
