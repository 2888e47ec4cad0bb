import type { FailureCounts, FailureRange, Failures } from '@xwms/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import { integer } from './table.ts'
import type { Tables } from './tables.ts'

/** A row of the function `record_failure`. */
interface CountsRow {
  readonly pair: string
  readonly origin: string
  readonly origin_subjects: string
  readonly subject: string
  readonly subject_origins: string
  readonly origin_tried_at: Date | null
  readonly pair_tried_at: Date | null
  readonly subject_tried_at: Date | null
}

export function failures({ kysely, schema, prepared }: Database): Failures {
  const record = prepared<CountsRow>(
    'failures.record',
    `select * from ${schema}.record_failure($1, $2, $3, $4, $5, $6, $7, $8)`,
  )
  const forget = prepared('failures.forget', `delete from ${schema}.failures where id = $1`)

  return {
    async record({ id, at, purpose, origin, subject, weight, expiresAt }, since) {
      const rows = await record([id, at, purpose, origin, subject, weight, expiresAt, since])
      return countsOf(rows[0] as CountsRow)
    },
    async forget(id) {
      await forget([id])
    },
    forgive: range => forgiveFailures(kysely, schema, range),
  }
}

/** Takes back all failures of a range, be it within a transaction. */
export async function forgiveFailures(
  kysely: Kysely<Tables>,
  schema: string,
  { purpose, origin, subject }: FailureRange,
): Promise<void> {
  const fromThere = origin === undefined ? sql`` : sql` and origin = ${origin}`
  const onThat = subject === undefined ? sql`` : sql` and subject = ${subject}`
  await sql`delete from ${sql.raw(schema)}.failures where purpose = ${purpose}${fromThere}${onThat}`.execute(
    kysely,
  )
}

function countsOf(row: CountsRow): FailureCounts {
  return {
    pair: integer.read(row.pair),
    origin: integer.read(row.origin),
    originSubjects: integer.read(row.origin_subjects),
    subject: integer.read(row.subject),
    subjectOrigins: integer.read(row.subject_origins),
    originTriedAt: row.origin_tried_at ?? undefined,
    pairTriedAt: row.pair_tried_at ?? undefined,
    subjectTriedAt: row.subject_tried_at ?? undefined,
  }
}
