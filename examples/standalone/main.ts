// `npm start`: XWMS in an Express application, a partner app beside it, and a PostgreSQL of its own to keep things in.
// What a team would write itself is in app.ts and ../partner/partner.ts; the rest is here to make one command of it.
import { startEmbeddedPostgres } from '../embedded-postgres/server.ts'
import { createPartner } from '../partner/partner.ts'
import { createApp } from './app.ts'
import { demoFile, ensureDemo } from './demo.ts'
import { keptEncryptionSecret } from './encryption-secret.ts'
import { readSettings, type Settings } from './settings.ts'
import { openSite, type Site } from './site.ts'
import { lineAbout, StartError } from './start-error.ts'
import { stopSignal } from './stop-signal.ts'
import { welcome } from './welcome.ts'

/** How long stopping may take before it is given up. PostgreSQL, which has its own keeper, ends well even then. */
const STOP_LIMIT_MS = 30_000

/** A database to work with. */
interface Database {
  readonly url: string
  /** Where it is, for a person to read. */
  readonly place: string
  /** What its signing keys are encrypted with. */
  readonly encryptionSecret: string | undefined
  /** Rejects when it ends by itself. */
  readonly lost: Promise<never>
}

/** Starts everything, waits for the signal to stop, and stops everything in reverse. */
async function run(settings: Settings, stop: AbortSignal): Promise<void> {
  await using running = new AsyncDisposableStack()

  // Ports first: that one is taken is better said before anything is made.
  const application = await openSite(settings.port, 'PORT')
  running.defer(application.close)
  const beside = await openSite(settings.partnerPort, 'PARTNER_PORT')
  running.defer(beside.close)

  const database = await openDatabase(settings, stop, running)
  const { app, auth } = createApp({
    url: application.url,
    partnerUrl: beside.url,
    databaseUrl: database.url,
    encryptionSecret: database.encryptionSecret,
  })
  // Writes what is waiting to be written. The sites close once more before it, so that nothing arrives meanwhile.
  running.defer(auth.close)
  running.defer(() => closeBoth(application, beside))

  await before(stop, auth.ready())
  const callbackUrl = `${beside.url}/callback`
  const file = demoFile(settings.dataDirectory, settings.databaseUrl)
  const demo = await before(stop, ensureDemo(auth.kit, file, callbackUrl))
  application.serve(app)
  beside.serve(createPartner({ ...demo, xwmsUrl: application.url, callbackUrl }))
  say(
    welcome({
      url: application.url,
      partnerUrl: beside.url,
      kept: database.place,
      ownDatabaseUrl: settings.databaseUrl === undefined ? database.url : undefined,
      demo,
    }),
  )

  await before(stop, database.lost)
}

async function openDatabase(
  { databaseUrl, dataDirectory, encryptionSecret }: Settings,
  stop: AbortSignal,
  running: AsyncDisposableStack,
): Promise<Database> {
  if (databaseUrl) {
    const { host, pathname } = new URL(databaseUrl)
    const lost = new Promise<never>(() => {})
    return { url: databaseUrl, place: `the database ${host}${pathname}`, encryptionSecret, lost }
  }
  const server = running.use(
    await startEmbeddedPostgres({
      directory: dataDirectory,
      signal: stop,
      onInitialise: () => say('Initialising a database, once …'),
    }),
  )
  const lost = server.ended.then(() => {
    throw new StartError('PostgreSQL has ended by itself. Start again; what was committed is still there.')
  })
  // Also when nobody waits for it yet, or any more.
  lost.catch(() => {})
  return {
    url: server.url,
    place: dataDirectory,
    encryptionSecret: encryptionSecret ?? (await keptEncryptionSecret(dataDirectory)),
    lost,
  }
}

/** The outcome of some work, unless the signal to stop comes first. */
function before<Outcome>(stop: AbortSignal, work: Promise<Outcome>): Promise<Outcome> {
  const stopped = new Promise<never>((_, reject) => {
    if (stop.aborted) reject(stop.reason)
    stop.addEventListener('abort', () => reject(stop.reason), { once: true })
  })
  return Promise.race([work, stopped])
}

async function closeBoth(...sites: readonly Site[]): Promise<void> {
  await Promise.all(sites.map(site => site.close()))
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function main(): Promise<number> {
  // A terminal that closes, or a pager that has seen enough, must not keep us from stopping well.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const stop = stopSignal()
  stop.addEventListener('abort', () => {
    say('\nStopping …')
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref()
  })
  try {
    await run(readSettings(process.env), stop)
    return 0
  } catch (thrown) {
    const error = firstProblem(thrown, stop)
    if (stop.aborted && error === stop.reason) return 0
    process.stderr.write(`${lineAbout(error) ?? (error instanceof Error ? error.stack : error)}\n`)
    return 1
  }
}

/** What went wrong first, where stopping went wrong in its turn; having been asked to stop is no problem. */
function firstProblem(thrown: unknown, stop: AbortSignal): unknown {
  if (!(thrown instanceof SuppressedError)) return thrown
  const earlier = firstProblem(thrown.suppressed, stop)
  return stop.aborted && earlier === stop.reason ? thrown.error : earlier
}

process.exit(await main())
