import { parseArgs } from 'node:util'
import { between, chosenNames, wholeNumber } from './option-values.ts'
import { ROWS, type Row } from './rows.ts'

export interface Options {
  readonly rounds: number
  /** How long one row is measured in one round. */
  readonly seconds: number
  readonly connections: number
  readonly rows: readonly Row[]
  /** Where each server leaves a CPU profile of its whole life. */
  readonly profile: string | undefined
  readonly json: boolean
  readonly help: boolean
}

export const HELP = `Measures what guarding a route costs, against the same route bare.

  npm run -s bench -- [options]

  --rounds <n>        how often each row takes its turn; default 5
  --seconds <s>       how long a turn is measured; default 2
  --connections <n>   kept alive, one request at a time each; default 32
  --only <rows>       some rows, separated by commas: ${ROWS.map(({ name }) => name).join(', ')}
  --profile <dir>     leave a CPU profile of each server there (it costs time itself: not for figures)
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
      connections: { type: 'string', default: '32' },
      only: { type: 'string' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return {
    rounds: between(1, 100, 'rounds', wholeNumber('rounds', values.rounds)),
    seconds: between(0.1, 600, 'seconds', Number(values.seconds)),
    connections: between(1, 1000, 'connections', wholeNumber('connections', values.connections)),
    rows: values.only === undefined ? ROWS : chosenRows(values.only),
    profile: values.profile,
    json: values.json,
    help: values.help,
  }
}

function chosenRows(list: string): readonly Row[] {
  const names = chosenNames(
    list,
    ROWS.map(({ name }) => name),
  )
  return ROWS.filter(({ name }) => names.includes(name))
}
