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
import { WARM_UP_SECONDS } from '../turn.ts'
import { CONTENDERS, type Contender } from './contenders.ts'
import { WORKLOADS, type Workload } from './workloads.ts'

/** The workload that has no server. */
export const SIGNATURE = 'es256-signature'

export interface Options extends CommonOptions {
  /** How long each contender is asked, unmeasured, before the rounds of a workload. */
  readonly warmUp: number
  readonly connections: number
  readonly contenders: readonly Contender[]
  readonly workloads: readonly Workload[]
  readonly signature: boolean
  /** Where each server leaves a CPU profile of its whole life. */
  readonly profile: string | undefined
}

const CONTENDER_NAMES = CONTENDERS.map(({ name }) => name)
const WORKLOAD_NAMES = [...WORKLOADS.map(({ name }) => name), SIGNATURE]

export const HELP = `Measures XWMS as an OAuth server, against others and against bare Express.

  npm run -s bench:oauth -- [options]

  --rounds <n>        how often each contender takes its turn at a workload; default 5
  --seconds <s>       how long a turn is measured; default 2
  --warm-up <s>       how long each contender warms up for a workload; default ${WARM_UP_SECONDS}
  --connections <n>   kept alive, one request at a time each; default 128
  --only <names>      some contenders and some workloads, separated by commas; of a kind that is not named, all
                        contenders: ${CONTENDER_NAMES.join(', ')}
                        workloads: ${WORKLOAD_NAMES.join(', ')}
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
      'warm-up': { type: 'string', default: String(WARM_UP_SECONDS) },
      connections: { type: 'string', default: '128' },
    },
  })
  const chosen =
    values.only === undefined ? [] : chosenNames(values.only, [...CONTENDER_NAMES, ...WORKLOAD_NAMES])
  const contenders = chosenOf(CONTENDER_NAMES, chosen)
  const workloads = chosenOf(WORKLOAD_NAMES, chosen)
  return {
    ...commonOptions(values),
    warmUp: between(0.1, 600, 'warm-up', Number(values['warm-up'])),
    connections: between(1, 1000, 'connections', wholeNumber('connections', values.connections)),
    contenders: CONTENDERS.filter(({ name }) => contenders.includes(name)),
    workloads: WORKLOADS.filter(({ name }) => workloads.includes(name)),
    signature: workloads.includes(SIGNATURE),
    profile: values.profile,
  }
}

/** Those of a kind that were named, or all of them. */
function chosenOf(kind: readonly string[], chosen: readonly string[]): readonly string[] {
  const named = kind.filter(name => chosen.includes(name))
  return named.length > 0 ? named : kind
}
