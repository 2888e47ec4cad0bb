import type { Maintenance } from '@xwms/core'
import type pg from 'pg'
import type { Database } from '../database.ts'
import { dedicatedClient } from '../dedicated-client.ts'
import { endWhenSilent } from '../silence.ts'
import { EXPIRING, removeExpired } from './expired-rows.ts'
import { maintainPartitions, PARTITIONED } from './partitions.ts'

/** An error of the connection outside any statement: the next statement will report it. */
function ignore(): void {}

/**
 * Work for one process at a time, over a connection of its own: the advisory lock belongs to the session, so that it goes
 * with the process, however that ends. A pooler between us and PostgreSQL must let the connection keep its session.
 * @returns `undefined` when another process holds the lock
 */
async function alone<Outcome>(
  { pool, schemaName }: Database,
  work: (session: pg.Client) => Promise<Outcome>,
): Promise<Outcome | undefined> {
  const session = dedicatedClient(pool)
  session.on('error', ignore)
  await session.connect()
  endWhenSilent(session, pool)
  try {
    const lock = [`${schemaName} maintenance`]
    const { rows } = await session.query<{ locked: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as locked',
      lock,
    )
    if (!rows[0]?.locked) return undefined
    // What a crash brings back is removed again. And a machine that is gone without a word lets go within a minute.
    await session.query(`set synchronous_commit = off;
      set tcp_keepalives_idle = 30; set tcp_keepalives_interval = 10; set tcp_keepalives_count = 3`)
    const outcome = await work(session)
    await session.query('select pg_advisory_unlock(hashtextextended($1, 0))', lock)
    return outcome
  } finally {
    await session.end()
  }
}

export function maintenance(database: Database): Maintenance {
  return {
    run: (now, retention, signal) =>
      alone(database, async session => {
        const run = { session, schema: database.schema, now, retention, signal }
        // First what the time to come needs, however much there is to remove.
        const work = [
          ...PARTITIONED.map(partitioned => () => maintainPartitions(run, partitioned)),
          ...EXPIRING.map(expiring => () => removeExpired(run, expiring)),
        ]
        const tables = []
        for (const maintain of work) if (!signal?.aborted) tables.push(await maintain())
        return { tables }
      }),
  }
}
