import { parseArgs } from 'node:util'
import {
  between,
  COMMON_OPTIONS,
  type CommonOptions,
  chosenNames,
  commonOptions,
  ROW_OPTIONS,
  wholeNumber,
} from '../option-values.ts'
import { ROWS, type Row } from './rows.ts'

export interface Options extends CommonOptions {
  /** Events in a batch. */
  readonly batch: number
  /** Batches that are under way at once. */
  readonly lanes: number
  readonly rows: readonly Row[]
  /** Where each writer leaves a CPU profile of its whole life. */
  readonly profile: string | undefined
}

const NAMES = ROWS.map(({ name }) => name)

export const HELP = `Measures how many usage events a second one process writes, against bare rows.

  npm run -s bench:ingest -- [options]

  --rounds <n>        how often each row takes its turn; default 5
  --seconds <s>       how long a turn is measured; default 2
  --batch <n>         events in a batch; default 5000, the meter's most
  --lanes <n>         batches under way at once; default 2: one is made ready while PostgreSQL writes another
  --only <rows>       some rows, separated by commas: ${NAMES.join(', ')}
  --profile <dir>     leave a CPU profile of each writer there (it costs time itself: not for figures)
  --json              print one JSON object: the median of each figure, with _min and _max beside it
  --help              print this

PostgreSQL is the one that DATABASE_URL names, in databases made for the run and dropped after it; without
DATABASE_URL it is an embedded one with its default, durable settings.
`

/** @throws {Error} with one line that says what is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...COMMON_OPTIONS,
      ...ROW_OPTIONS,
      batch: { type: 'string', default: '5000' },
      lanes: { type: 'string', default: '2' },
    },
  })
  const chosen = values.only === undefined ? NAMES : chosenNames(values.only, NAMES)
  return {
    ...commonOptions(values),
    batch: between(1, 20_000, 'batch', wholeNumber('batch', values.batch)),
    lanes: between(1, 16, 'lanes', wholeNumber('lanes', values.lanes)),
    rows: ROWS.filter(({ name }) => chosen.includes(name)),
    profile: values.profile,
  }
}
