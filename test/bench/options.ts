import { parseArgs } from 'node:util'
import {
  between,
  COMMON_OPTIONS,
  type CommonOptions,
  chosenNames,
  commonOptions,
  ROW_OPTIONS,
  wholeNumber,
} from './option-values.ts'
import { ROWS, type Row } from './rows.ts'
import { FIRST_STEPS } from './turn.ts'

export interface Options extends CommonOptions {
  readonly connections: number
  /** All connections ask a server from its first request on. */
  readonly cold: boolean
  readonly rows: readonly Row[]
  /** Where each server leaves a CPU profile of its whole life. */
  readonly profile: string | undefined
}

export const HELP = `Measures what guarding a route costs, against the same route bare.

  npm run -s bench -- [options]

  --rounds <n>        how often each row takes its turn; default 5
  --seconds <s>       how long a turn is measured; default 2
  --connections <n>   kept alive, one request at a time each; default 256
  --cold              each server meets all connections at once from its first request on; without it, ${FIRST_STEPS.connections} come first
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
      ...COMMON_OPTIONS,
      ...ROW_OPTIONS,
      connections: { type: 'string', default: '256' },
      cold: { type: 'boolean', default: false },
    },
  })
  return {
    ...commonOptions(values),
    connections: between(1, 1000, 'connections', wholeNumber('connections', values.connections)),
    cold: values.cold,
    rows: values.only === undefined ? ROWS : chosenRows(values.only),
    profile: values.profile,
  }
}

function chosenRows(list: string): readonly Row[] {
  const names = chosenNames(
    list,
    ROWS.map(({ name }) => name),
  )
  return ROWS.filter(({ name }) => names.includes(name))
}
