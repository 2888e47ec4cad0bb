import { parseArgs } from 'node:util'
import { between, COMMON_OPTIONS, type CommonOptions, commonOptions, wholeNumber } from '../option-values.ts'

export interface Options extends CommonOptions {
  readonly events: number
  readonly clients: number
  readonly tokens: number
  /** Requests a second. */
  readonly rate: number
  /** How long the memory of a process is watched; 0: not at all. */
  readonly memoryMinutes: number
  /** Whether the databases are compared. */
  readonly sizes: boolean
}

export const HELP = `Measures whether a large database is slower than an empty one, and whether a process keeps its memory.

  npm run -s bench:growth -- [options]

  --events <n>          usage events of the large database; default 10000000
  --clients <n>         its clients; default 100000
  --tokens <n>          its tokens; default 1000000
  --rounds <n>          how often each database takes its turn; default 7
  --seconds <s>         how long a turn is measured; default 5
  --rate <n>            requests a second; default 300
  --memory-minutes <m>  afterwards, watch the memory of a process under load for so long, such as 10 or 60; default 0
  --no-sizes            do not compare databases
  --json                print one JSON object: the median of each figure, with _min and _max beside it
  --help                print this

The large database takes about 6 GB on the disk and some minutes to fill. PostgreSQL is the one that DATABASE_URL names, in
databases made for the run and dropped after it; without DATABASE_URL it is an embedded one with its default settings.
`

/** @throws {Error} with one line that says what is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...COMMON_OPTIONS,
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '5' },
      events: { type: 'string', default: '10000000' },
      clients: { type: 'string', default: '100000' },
      tokens: { type: 'string', default: '1000000' },
      rate: { type: 'string', default: '300' },
      'memory-minutes': { type: 'string', default: '0' },
      'no-sizes': { type: 'boolean', default: false },
    },
  })
  const whole = (name: 'events' | 'clients' | 'tokens' | 'rate', least: number, most: number) =>
    between(least, most, name, wholeNumber(name, values[name]))
  return {
    ...commonOptions(values, 0.2),
    events: whole('events', 1000, 100_000_000),
    clients: whole('clients', 10, 10_000_000),
    tokens: whole('tokens', 10, 100_000_000),
    rate: whole('rate', 1, 100_000),
    memoryMinutes: between(0, 24 * 60, 'memory-minutes', Number(values['memory-minutes'])),
    sizes: !values['no-sizes'],
  }
}
