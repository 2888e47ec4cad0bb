import { parseArgs } from 'node:util'
import { between, chosenNames, wholeNumber } from '../option-values.ts'
import { ROWS, type Row } from './rows.ts'

export interface Options {
  readonly rounds: number
  /** How long one row is measured in one round. */
  readonly seconds: number
  /** Events in a batch. */
  readonly batch: number
  /** Batches that are under way at once. */
  readonly lanes: number
  readonly rows: readonly Row[]
  /** Where each writer leaves a CPU profile of its whole life. */
  readonly profile: string | undefined
  readonly json: boolean
  readonly help: boolean
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
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      batch: { type: 'string', default: '5000' },
      lanes: { type: 'string', default: '2' },
      only: { type: 'string' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const chosen = values.only === undefined ? NAMES : chosenNames(values.only, NAMES)
  return {
    rounds: between(1, 100, 'rounds', wholeNumber('rounds', values.rounds)),
    seconds: between(0.1, 600, 'seconds', Number(values.seconds)),
    batch: between(1, 20_000, 'batch', wholeNumber('batch', values.batch)),
    lanes: between(1, 16, 'lanes', wholeNumber('lanes', values.lanes)),
    rows: ROWS.filter(({ name }) => chosen.includes(name)),
    profile: values.profile,
    json: values.json,
    help: values.help,
  }
}
