import type { RetentionDays, TableMaintenance } from '@xwms/core'
import type pg from 'pg'

/** What one run of the maintenance goes by. */
export interface Run {
  readonly session: pg.Client
  /** Quoted, to stand in SQL text. */
  readonly schema: string
  readonly now: Date
  readonly retention: RetentionDays
  readonly signal: AbortSignal | undefined
}

/** A table whose rows go some time after a moment that stands in each of them. */
export interface Expiring {
  readonly table: string
  /** When a row expires, or was made; there must be an index that begins with it. */
  readonly column: string
  /** How long a row stays after that. */
  keptMs(retention: RetentionDays): number
  /** The table that its rows refer to by `grant_id` goes with the last of them. */
  readonly ofGrants?: boolean
}

const MINUTE_MS = 60_000
export const DAY_MS = 24 * 60 * MINUTE_MS

/** A late replay is still recognised for what it is. */
const aDay = () => DAY_MS
/** There may be a row for every request, so they go soon: no sooner than the clocks of those who ask may differ. */
const aMoment = () => 5 * MINUTE_MS

/** Every table that is kept small row by row. */
export const EXPIRING: readonly Expiring[] = [
  { table: 'sessions', column: 'expires_at', keptMs: aDay },
  { table: 'interactions', column: 'expires_at', keptMs: aDay },
  { table: 'pushed_requests', column: 'expires_at', keptMs: aDay },
  { table: 'device_codes', column: 'expires_at', keptMs: aDay },
  { table: 'codes', column: 'expires_at', keptMs: aDay },
  { table: 'access_tokens', column: 'expires_at', keptMs: aDay, ofGrants: true },
  { table: 'refresh_tokens', column: 'expires_at', keptMs: aDay, ofGrants: true },
  { table: 'replays', column: 'expires_at', keptMs: aMoment },
  { table: 'limit_windows', column: 'window_end', keptMs: aMoment },
  // A process that lost the answer repeats its batch once the database is back: no outage is as long.
  { table: 'usage_batches', column: 'written_at', keptMs: () => 2 * DAY_MS },
  // Whoever delivers them moves this on, and gives them up after a day: nobody delivers these.
  { table: 'logout_deliveries', column: 'next_attempt_at', keptMs: aDay },
  { table: 'audit', column: 'at', keptMs: ({ auditDays }) => auditDays * DAY_MS },
  { table: 'workspace_events', column: 'at', keptMs: ({ auditDays }) => auditDays * DAY_MS },
  // Those who read them are told what counted, and what blocked somebody before makes the next block longer.
  { table: 'blocks', column: 'expires_at', keptMs: () => 30 * DAY_MS },
  { table: 'failures', column: 'expires_at', keptMs: () => 0 },
  // What has not been used from somewhere for so long is new there.
  { table: 'known_origins', column: 'seen_at', keptMs: () => 180 * DAY_MS },
]

/** How many rows one transaction removes at most, so that none takes long. */
const ROWS_PER_BATCH = 2500

/**
 * Removes batch after batch until nothing is left or the run is to end.
 * @param removeBatch removes at most so many rows, and answers how many it were
 */
export async function removeInBatches(
  { signal }: Run,
  removeBatch: (limit: number) => Promise<number>,
): Promise<number> {
  let removed = 0
  for (let full = true; full && !signal?.aborted; ) {
    const batch = await removeBatch(ROWS_PER_BATCH)
    removed += batch
    full = batch === ROWS_PER_BATCH
  }
  return removed
}

/** Removes what is long expired from a table, oldest first. */
export async function removeExpired(run: Run, expiring: Expiring): Promise<TableMaintenance> {
  const { table, keptMs, ofGrants } = expiring
  const before = new Date(run.now.getTime() - keptMs(run.retention))
  const remove = ofGrants ? removeTokens : removeRows
  const startedAt = performance.now()
  const removed = await removeInBatches(run, limit => remove(run, removal(run, expiring, limit), before))
  return { table, removed, partitions: undefined, durationMs: performance.now() - startedAt }
}

/** A row that a request holds is passed over; it goes with the next run. */
function removal({ schema }: Run, { table, column }: Expiring, limit: number): string {
  return `delete from ${schema}.${table} where ctid = any (array(
    select ctid from ${schema}.${table} where ${column} < $1 order by ${column} limit ${limit} for update skip locked
  ))`
}

async function removeRows({ session }: Run, removal: string, before: Date): Promise<number> {
  const { rowCount } = await session.query(removal, [before])
  return rowCount ?? 0
}

/** Each grant goes with the last of its tokens, in one transaction: nothing would ever look for it again. */
async function removeTokens({ session, schema }: Run, removal: string, before: Date): Promise<number> {
  await session.query('begin')
  try {
    const { rows } = await session.query<{ grant_id: string }>(`${removal} returning grant_id`, [before])
    // A statement of its own: the one that removes the tokens still sees them.
    if (rows.length > 0)
      await session.query(
        `delete from ${schema}.grants as family where id = any ($1)
          and not exists (select from ${schema}.access_tokens where grant_id = family.id)
          and not exists (select from ${schema}.refresh_tokens where grant_id = family.id)`,
        [[...new Set(rows.map(({ grant_id }) => grant_id))]],
      )
    await session.query('commit')
    return rows.length
  } catch (error) {
    // The first error is the one to tell; a connection that cannot even roll back has nothing to add.
    await session.query('rollback').catch(ignore)
    throw error
  }
}

function ignore(): void {}
