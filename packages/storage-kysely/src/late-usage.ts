import type { LateQuery, LateUsage } from '@xwms/core'
import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'
import { narrowed } from './usage-series.ts'

/** Counters of a later month than their own, summed up by both. An index has them alone, which are few. */
export async function lateUsage(executor: Kysely<Tables>, query: LateQuery): Promise<LateUsage[]> {
  const rows = await executor
    .selectFrom('usage_counters')
    .select([
      sql<Date>`date_trunc('month', hour, 'UTC')`.as('made_in'),
      'month',
      sql<string>`sum(requests)`.as('requests'),
    ])
    .whereRef('month', '>', 'hour')
    .where('hour', '>=', query.from)
    .where('hour', '<', query.to)
    .where(where => where.and(narrowed(query)))
    .groupBy(['made_in', 'month'])
    .orderBy('made_in')
    .orderBy('month')
    .execute()
  return rows.map(row => ({
    madeIn: row.made_in,
    countedIn: row.month,
    requests: BigInt(row.requests),
  }))
}
