/**
 * Compares a large database with an empty one, and watches the memory of a process under load: `npm run -s bench:growth`. See
 * docs/performance.md, "Growth", for how, and for figures.
 */
import { freshDatabase } from '../../support/database.ts'
import type { Load } from '../cannon.ts'
import { startChild } from '../child.ts'
import { provideDatabase } from '../database.ts'
import { describeMachine, loadAverage, type Pinning, pinCores } from '../machine.ts'
import { type CleanUp, progress, run } from '../program.ts'
import { fill, type Size } from './fill.ts'
import { type Asked, ask, askable } from './load.ts'
import { watchMemory } from './memory.ts'
import { HELP, type Options, readOptions } from './options.ts'
import { asJson, asText, type Compared, compare } from './report.ts'

const MEASURED = ['guarded route', 'usage API'] as const

async function measure(options: Options, cleanUp: CleanUp): Promise<void> {
  const pinning = pinCores()
  const database = await provideDatabase(cleanUp)
  progress(`${describeMachine()}; ${pinning.description}.`)
  const loadBefore = loadAverage()
  const empty = await start(pinning, cleanUp)
  const large = options.sizes ? await start(pinning, cleanUp, options) : empty
  const compared = options.sizes ? await compareSizes({ empty, large }, options) : []
  const memory =
    options.memoryMinutes > 0 ? await watchMemory(large, options.memoryMinutes, options.rate) : undefined
  process.stdout.write(
    options.json
      ? `${asJson(compared, memory)}\n`
      : [
          asText(compared, memory),
          '',
          `Machine:     ${describeMachine()}`,
          `Cores:       ${pinning.description}`,
          `Load:        ${options.rate} requests a second${options.sizes ? `; ${options.rounds} rounds of ${options.seconds} s, one database at a time` : ''}`,
          `PostgreSQL:  ${database}`,
          `Noise:       load average ${loadBefore} before, ${loadAverage()} after`,
          '',
        ].join('\n'),
  )
}

async function start(pinning: Pinning, cleanUp: CleanUp, size?: Size): Promise<Asked> {
  const database = await freshDatabase()
  cleanUp.push(database.drop)
  if (size) await fill(database.url, size)
  const server = await startChild(new URL('server.ts', import.meta.url), {
    args: [size ? 'large' : 'empty'],
    nodeFlags: ['--expose-gc'],
    env: { NODE_ENV: 'production', DATABASE_URL: database.url },
    wrapper: pinning.server,
  })
  cleanUp.push(server.stop)
  return await askable(server)
}

async function compareSizes(
  sides: Readonly<Record<'empty' | 'large', Asked>>,
  { rounds, seconds, rate }: Options,
): Promise<Compared[]> {
  const turns = new Map(MEASURED.map(name => [name, { empty: [] as Load[], large: [] as Load[] }]))
  for (let round = 0; round <= rounds; round++) {
    for (const [name, loads] of turns) {
      // Who begins takes turns, too.
      for (const side of round % 2 === 0 ? (['empty', 'large'] as const) : (['large', 'empty'] as const)) {
        const load = await ask(sides[side], sides[side].requests[name], { rate, seconds })
        progress(
          `${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}, ${name}, ${side}: p99 ${load.p99Ms.toFixed(2)} ms`,
        )
        if (round > 0) loads[side].push(load)
      }
    }
  }
  return [...turns].map(([name, loads]) => compare(name, loads))
}

process.exit(await run({ help: HELP, readOptions, measure }))
