/**
 * Fires malformed requests at every endpoint, on Express and Koa, over memory and PostgreSQL: `npm run fuzz`. The servers
 * listen on this machine only, and so does PostgreSQL, unless DATABASE_URL names another.
 */
import { parseArgs } from 'node:util'
import { startPostgresServer } from '../support/postgres-server.ts'
import { runCampaign } from './campaign.ts'
import { PLACES } from './skeletons.ts'
import { TARGETS, withTarget } from './targets.ts'
import { problemsOf, summaryOf, tableOf } from './verdict.ts'

const HELP = `Fires malformed requests at every endpoint, and finds crashes, errors, hangs and leaks.

  npm run fuzz -- [options]

  --requests <n>       how many in all; default 100000
  --per-endpoint <n>   how many for each endpoint on each framework, instead of --requests
  --minutes <n>        stop after so long, and tell how far it came; default: when all are sent
  --seed <n>           the same seed gives the same requests; default: another one each time
  --framework <name>   express or koa alone
  --storage <name>     memory or postgres alone
  --places             tell about each endpoint by itself
  --request <n>        this one request alone, as a failure named it; with --seed, --framework and --storage
  --help               print this
`

interface Options {
  /** For each framework and storage that was asked for. */
  readonly requests: (share: number) => number
  readonly first: number
  readonly seed: number
  /** How long all of it may take. */
  readonly minutes: number
  /** Whether to tell about each endpoint by itself. */
  readonly places: boolean
  readonly targets: typeof TARGETS
}

/** @returns `undefined` where help is wanted. @throws {Error} with one line that says what is wrong */
function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      requests: { type: 'string', default: '100000' },
      'per-endpoint': { type: 'string' },
      minutes: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      framework: { type: 'string' },
      storage: { type: 'string' },
      request: { type: 'string' },
      places: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const targets = TARGETS.filter(
    ({ framework, storage }) =>
      [framework, undefined].includes(values.framework as typeof framework | undefined) &&
      [storage, undefined].includes(values.storage as typeof storage | undefined),
  )
  if (targets.length === 0) throw new Error('--framework is express or koa, --storage is memory or postgres.')
  const shares = targets.reduce((sum, { share }) => sum + share, 0)
  const perEndpoint = values['per-endpoint']
  const frameworks = new Set(targets.map(({ framework }) => framework)).size
  const all =
    perEndpoint === undefined
      ? wholeNumber('requests', values.requests)
      : wholeNumber('per-endpoint', perEndpoint) * PLACES.length * frameworks
  const minutes =
    values.minutes === undefined ? Number.POSITIVE_INFINITY : wholeNumber('minutes', values.minutes)
  return {
    minutes,
    requests: values.request === undefined ? share => Math.ceil((all * share) / shares) : () => 1,
    first: wholeNumber('request', values.request ?? '0'),
    seed: wholeNumber('seed', values.seed),
    places: values.places,
    targets,
  }
}

function wholeNumber(name: string, given: string): number {
  if (!/^\d{1,12}$/.test(given)) throw new Error(`--${name} must be a whole number, not "${given}".`)
  return Number(given)
}

/** Generous: it only has to end what would never end. */
const SECONDS_PER_REQUEST = 0.02

async function main(): Promise<number> {
  let options: Options | undefined
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${(error as Error).message.split('\n')[0]}\n`)
    return 2
  }
  if (options === undefined) {
    process.stdout.write(HELP)
    return 0
  }
  const { targets, seed, first, requests, places, minutes } = options
  const needsServer = targets.some(({ storage }) => storage === 'postgres') && !process.env.DATABASE_URL
  const server = needsServer ? await startPostgresServer() : undefined
  if (server) process.env.XWMS_TEST_DATABASE_URL = server.url
  let failed = false
  const allShares = targets.reduce((sum, { share }) => sum + share, 0)
  try {
    process.stdout.write(`Seed ${seed}\n`)
    for (const planned of targets) {
      const name = `${planned.framework} over ${planned.storage}`
      const count = requests(planned.share)
      const onProgress = (sent: number) => process.stderr.write(`\r${name}: ${sent} of ${count} `)
      const limitSeconds = 60 + count * SECONDS_PER_REQUEST
      const forSeconds = (minutes * 60 * planned.share) / allShares
      const report = await withTarget(planned, target =>
        runCampaign({ target, seed, first, requests: count, limitSeconds, forSeconds, onProgress }),
      )
      process.stderr.write('\r')
      const problems = problemsOf(report)
      failed ||= problems.length > 0
      process.stdout.write(`${problems.length > 0 ? '✗' : '✓'} ${name}: ${summaryOf(report)}\n`)
      if (places) process.stdout.write(`${tableOf(report)}\n`)
      for (const problem of problems) process.stdout.write(`\n${problem}\n`)
    }
  } finally {
    await server?.stop()
  }
  return failed ? 1 : 0
}

process.exit(await main())
