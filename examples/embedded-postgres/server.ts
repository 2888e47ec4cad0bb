import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Cluster, ENVIRONMENT, ensureCluster } from './cluster.ts'
import { EmbeddedPostgresError } from './error.ts'
import type { Kept } from './keeper.ts'

/** What {@link startEmbeddedPostgres} may be told. */
export interface EmbeddedPostgresOptions {
  /** Where its files are kept; made when it is not there. One server at a time runs on them. */
  readonly directory: string
  /** Whether data has to survive a power cut. Without, everything is faster. Default true. */
  readonly durable?: boolean
  /** Further settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
  /** Told before files are initialised, which takes a second or so and happens once. */
  readonly onInitialise?: () => void
  /** Ends the start. A server that runs is ended with `stop()`. */
  readonly signal?: AbortSignal
}

/** A PostgreSQL server of our own, on a port of 127.0.0.1 that is another one after each start. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** Where its database `postgres` is, with the password. */
  readonly url: string
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>
  /** Stops it and resolves when it has ended; a second call waits for the first. */
  stop(): Promise<void>
}

const KEEPER = fileURLToPath(new URL('keeper.ts', import.meta.url))

/** Data of which nobody will ask after a power cut need not wait for the disk. */
const FORGETFUL = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/** How long a server may go on running on the same files before they count as taken: it may be stopping. */
const PATIENCE_MS = 3000

/**
 * Starts a real PostgreSQL, which ends with this process at the latest, even when that is killed.
 * @throws {EmbeddedPostgresError} with one line that says what stands in the way
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { durable = true, settings = {}, signal } = options
  const cluster = await ensureCluster({ ...options, durable })
  const lock = join(cluster.dataDirectory, 'postmaster.pid')
  const chosen = { ...(durable ? {} : FORGETFUL), ...settings }

  if (await stillRunning(lock, PATIENCE_MS)) throw taken(options.directory)
  signal?.throwIfAborted()
  let launched = await launch(cluster, chosen, signal)
  if (launched.failure === 'locked') {
    // Either another start was a moment faster, or PostgreSQL takes a stranger for its predecessor because the process
    // now has the number that is written in the file. The former will answer, the latter will not.
    if (await startsAnswering(lock, PATIENCE_MS)) throw taken(options.directory)
    await rm(lock, { force: true })
    launched = await launch(cluster, chosen, signal)
  }
  signal?.throwIfAborted()
  if (launched.failure !== undefined) throw new EmbeddedPostgresError(launched.lastWords)
  return launched.server
}

function taken(directory: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `another one is running on the files in ${directory}`,
    undefined,
    'Stop that one, or use another directory.',
  )
}

type Launched =
  | { readonly server: EmbeddedPostgres; readonly failure?: undefined }
  | { readonly failure: 'locked' | 'other'; readonly lastWords: string }

/** Resolves when the server takes connections, or when it has ended instead. */
async function launch(
  cluster: Cluster,
  settings: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Launched> {
  const port = await freePort()
  const keeper = spawnKeeper({
    command: join(cluster.binaries, 'bin', 'postgres'),
    args: ['-D', cluster.dataDirectory, ...flags({ ...settings, ...network(port), log_line_prefix: '' })],
    env: ENVIRONMENT,
    uid: cluster.account.uid,
    gid: cluster.account.gid,
  })
  const ended = once(keeper, 'exit').then(() => {})

  async function stop(): Promise<void> {
    keeper.stdin?.destroy()
    await ended
  }

  const said: string[] = []
  const ready = new Promise<void>(resolve => {
    // Read to the end, ready or not: a pipe that nobody empties would hold PostgreSQL up.
    createInterface({ input: keeper.stderr as NonNullable<typeof keeper.stderr> }).on('line', line => {
      if (line.includes('database system is ready to accept connections')) resolve()
      said.push(line)
      if (said.length > 20) said.shift()
    })
  })
  signal?.addEventListener('abort', stop)
  const outcome = await Promise.race([
    ready.then(() => 'ready'),
    // Not the exit, before which the last words may not have been read.
    once(keeper, 'close').then(() => 'ended'),
  ])
  signal?.removeEventListener('abort', stop)
  if (outcome === 'ended' || signal?.aborted) {
    await stop()
    const failure = said.some(line => line.includes('"postmaster.pid" already exists')) ? 'locked' : 'other'
    return { failure, lastWords: reasonIn(said) }
  }
  const { user, password } = cluster
  return {
    server: {
      url: `postgres://${user}:${password}@127.0.0.1:${port}/postgres`,
      ended,
      stop,
      [Symbol.asyncDispose]: stop,
    },
  }
}

/** This machine's own TCP, and no file of a socket that another server might want. */
function network(port: number): Record<string, string> {
  return { port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '' }
}

function flags(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

function spawnKeeper(kept: Kept): ChildProcess {
  // The options of this process (a loader, a debugger) are not for the keeper.
  const { NODE_OPTIONS: _, ...env } = process.env
  return spawn(process.execPath, [KEEPER, JSON.stringify(kept)], {
    cwd: '/',
    env,
    detached: true,
    windowsHide: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
}

/** The sentence in which PostgreSQL says why it ends. */
function reasonIn(said: readonly string[]): string {
  const line = said.findLast(each => /^(FATAL|PANIC|ERROR):/.test(each)) ?? said.at(-1) ?? 'it said nothing'
  return line.replace(/^[A-Z]+:\s*/, '').replace(/\.$/, '')
}

/** The fourth line of the lock file is the port: PostgreSQL writes it before it listens, and listens until it ends. */
async function answers(lock: string): Promise<boolean> {
  const port = Number((await readFile(lock, 'utf8').catch(() => '')).split('\n')[3])
  if (!Number.isInteger(port) || port < 1) return false
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function stillRunning(lock: string, patienceMs: number): Promise<boolean> {
  const deadline = Date.now() + patienceMs
  while (await answers(lock)) {
    if (Date.now() > deadline) return true
    await sleep(100)
  }
  return false
}

async function startsAnswering(lock: string, patienceMs: number): Promise<boolean> {
  const deadline = Date.now() + patienceMs
  while (!(await answers(lock))) {
    if (Date.now() > deadline) return false
    await sleep(100)
  }
  return true
}

/** A TCP port on 127.0.0.1 that nobody listens on. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('The probe has no port.')
  return address.port
}
