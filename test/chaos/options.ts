import { parseArgs } from 'node:util'
import { between, wholeNumber } from '../bench/option-values.ts'
import { SCENE_NAMES, type SceneName } from './scenes.ts'

export interface Options {
  readonly minutes: number
  readonly seed: number
  readonly processes: number
  readonly scenes: readonly SceneName[]
  readonly json: boolean
  readonly help: boolean
}

export const HELP = `Puts server processes under load, kills them, cuts their connections, restarts PostgreSQL; then compares every
answer that a caller received with the books.

  npm run -s chaos -- [options]

  --minutes <m>     how long all of it takes, without starting and reading the books; default 10
  --seed <n>        what is done when follows from it; default: another one each time
  --processes <n>   server processes, Express and Koa by turns; default 4
  --mode <name>     refuse, queue, admit, after-response or shutdown alone; default: each of them
  --json            print one JSON object
  --help            print this

Everything listens on 127.0.0.1 alone: the processes, the proxies between them and PostgreSQL, and an embedded PostgreSQL
of the run's own, which waits for the disk. The exit code is 0 when the books were right, 1 when not, 2 for options that
cannot be.
`

/** @throws {Error} with one line that says what is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      processes: { type: 'string', default: '4' },
      mode: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return {
    minutes: between(0.05, 600, 'minutes', Number(values.minutes)),
    seed: wholeNumber('seed', values.seed),
    processes: between(1, 16, 'processes', wholeNumber('processes', values.processes)),
    scenes: values.mode === undefined ? SCENE_NAMES : [sceneNamed(values.mode)],
    json: values.json,
    help: values.help,
  }
}

function sceneNamed(given: string): SceneName {
  const name = SCENE_NAMES.find(name => name === given)
  if (name === undefined) throw new Error(`--mode must be one of ${SCENE_NAMES.join(', ')}.`)
  return name
}
