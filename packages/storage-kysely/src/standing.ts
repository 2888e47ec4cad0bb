import { isDeepStrictEqual } from 'node:util'
import type { UpdateOutcome } from '@xwms/core'
import type { Table } from './table.ts'

/**
 * Whether a row still is what it was when somebody read it, so that it may be replaced. As the model has it: a column that a
 * later version added does not count, nor do the microseconds of a time that was set by hand.
 * @param row as it is now, locked, so that it stays so until the transaction ends
 */
export function standing<Model>(
  table: Table<Model>,
  row: object | undefined,
  before: Model,
): UpdateOutcome['outcome'] {
  if (row === undefined) return 'not_found'
  return isDeepStrictEqual(table.read(row), before) ? 'updated' : 'outdated'
}
