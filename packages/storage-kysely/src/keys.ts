import type { Keys, SigningKey } from '@xwms/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import { type Tables, signingKeys as table } from './tables.ts'

export function keys({ kysely, schemaName }: Database): Keys {
  async function standing(connection: Kysely<Tables>, now: Date): Promise<SigningKey[]> {
    const rows = await connection
      .selectFrom('signing_keys')
      .selectAll()
      .where(({ eb, or }) => or([eb('retired_at', 'is', null), eb('retired_at', '>', now)]))
      .orderBy('created_at')
      .orderBy('kid')
      .execute()
    return rows.map(table.read)
  }

  return {
    list(now) {
      return standing(kysely, now)
    },
    ensure(candidates, now) {
      return kysely.transaction().execute(async transaction => {
        // There is no row to lock yet: the lock is on the thought of making the first key.
        await sql`select pg_advisory_xact_lock(hashtextextended(${`${schemaName} signing keys`}, 0))`.execute(
          transaction,
        )
        const covered = new Set((await standing(transaction, now)).map(({ alg }) => alg))
        const missing = candidates.filter(({ alg }) => !covered.has(alg))
        if (missing.length > 0)
          await transaction.insertInto('signing_keys').values(missing.map(table.write)).execute()
        return await standing(transaction, now)
      })
    },
  }
}
