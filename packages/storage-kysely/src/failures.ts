import type { FailureCounts, Failures } from '@xwms/core'
import type { Database } from './database.ts'
import { integer } from './table.ts'

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

export function failures({ schema, prepared }: Database): Failures {
  const record = prepared<CountsRow>(
    'failures.record',
    `select * from ${schema}.record_failure($1, $2, $3, $4, $5, $6, $7, $8)`,
  )
  const forget = prepared('failures.forget', `delete from ${schema}.failures where id = $1`)
  const forgive = prepared(
    'failures.forgive',
    `delete from ${schema}.failures where purpose = $1 and origin = $2 and subject = $3`,
  )

  return {
    async record({ id, at, purpose, origin, subject, weight, expiresAt }, since) {
      const rows = await record([id, at, purpose, origin, subject, weight, expiresAt, since])
      return countsOf(rows[0] as CountsRow)
    },
    async forget(id) {
      await forget([id])
    },
    async forgive(purpose, origin, subject) {
      await forgive([purpose, origin, subject])
    },
  }
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
