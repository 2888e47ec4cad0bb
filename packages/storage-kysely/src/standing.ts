import { isDeepStrictEqual } from 'node:util'
import type { UpdateOutcome } from '@xwms/core'
import type { Table } from './table.ts'

/** A question for one row, as Kysely builds it. */
interface RowQuestion {
  forNoKeyUpdate(): { executeTakeFirst(): Promise<object | undefined> }
}

/**
 * Whether a row still is what it was when somebody read it, so that it may be replaced. As the model has it: a column that a
 * later version added does not count, nor do the microseconds of a time that was set by hand.
 * @param question for all columns of the row, in the transaction that is to replace it: the row is locked until that ends
 */
export async function standing<Model>(
  table: Table<Model>,
  question: RowQuestion,
  before: Model,
): Promise<UpdateOutcome['outcome']> {
  const row = await question.forNoKeyUpdate().executeTakeFirst()
  if (row === undefined) return 'not_found'
  return isDeepStrictEqual(table.read(row), before) ? 'updated' : 'outdated'
}
