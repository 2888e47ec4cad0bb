import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chown,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Account, mayEnter, postgresAccount } from './account.ts'
import { binariesDirectory } from './binaries.ts'
import { EmbeddedPostgresError } from './error.ts'

const run = promisify(execFile)

/** What makes up a server: its data, the password of its one user, and the programs that run it. */
export interface Cluster {
  readonly dataDirectory: string
  readonly user: string
  readonly password: string
  /** Holds `bin`, `lib` and `share`. */
  readonly binaries: string
  readonly account: Account
}

export interface ClusterOptions {
  /** Where it is kept, under the name `postgres`. Made when it is not there. */
  readonly directory: string
  /** False where nothing has to survive a power cut. */
  readonly durable: boolean
  /** Told before a new one is initialised, which takes a second or so. */
  readonly onInitialise?: () => void
  readonly signal?: AbortSignal
}

const USER = 'xwms'

/** Nothing of ours: a `PGDATA` or `LC_ALL` meant for another server must not reach this one. */
export const ENVIRONMENT = { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' } as const

/** The cluster in a directory, initialised when it is not there yet. */
export async function ensureCluster(options: ClusterOptions): Promise<Cluster> {
  const account = await postgresAccount()
  // Another account has to be let in, but no more than that; what lies inside has modes of its own.
  const mode = account.uid === undefined ? 0o700 : 0o711
  await mkdir(options.directory, { recursive: true, mode })
  return (await existing(options.directory, account)) ?? (await initialise(options, account))
}

async function existing(directory: string, account: Account): Promise<Cluster | undefined> {
  const home = await realpath(join(directory, 'postgres')).catch(() => undefined)
  if (home === undefined) return undefined
  return {
    dataDirectory: join(home, 'data'),
    user: USER,
    password: await readFile(join(home, 'password'), 'utf8'),
    binaries: await reachableBinaries(home, account),
    account,
  }
}

/**
 * Made under another name first and renamed when complete: one that was interrupted is never taken for a whole one, and
 * of two that begin together one wins and both use it.
 */
async function initialise(options: ClusterOptions, account: Account): Promise<Cluster> {
  options.onInitialise?.()
  const inside = await mayEnter(account, options.directory)
  const home = await mkdtemp(inside ? join(options.directory, 'postgres-') : join(tmpdir(), 'xwms-postgres-'))
  try {
    const password = randomBytes(18).toString('base64url')
    const passwordFile = join(home, 'password')
    await writeFile(passwordFile, password, { mode: 0o600 })
    const { uid, gid } = account
    if (uid !== undefined && gid !== undefined) {
      for (const path of [home, passwordFile]) await chown(path, uid, gid)
    }
    const binaries = await reachableBinaries(home, account)
    const flags = [
      `--pgdata=${join(home, 'data')}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      ...(options.durable ? [] : ['--no-sync']),
    ]
    await run(join(binaries, 'bin', 'initdb'), flags, {
      uid,
      gid,
      cwd: '/',
      env: ENVIRONMENT,
      signal: options.signal,
    })
    const place = join(options.directory, 'postgres')
    if (inside) await rename(home, place)
    else await linkTo(home, place)
  } catch (error) {
    // More than once, because what initdb had started may still be writing there.
    await rm(home, { recursive: true, force: true, maxRetries: 10 })
    options.signal?.throwIfAborted()
    // Whoever began at the same time and was faster has left one that serves as well.
    const faster = await existing(options.directory, account)
    if (faster) return faster
    throw new EmbeddedPostgresError(lastLine(error), { cause: error })
  }
  return (await existing(options.directory, account)) as Cluster
}

/** For a directory that only root may enter, such as one below /root: the cluster lives elsewhere, and a link says where. */
async function linkTo(home: string, place: string): Promise<void> {
  // A link that leads nowhere is left from a cluster that was cleared away with other temporary files.
  if ((await realpath(place).catch(() => undefined)) === undefined) await rm(place, { force: true })
  await symlink(home, place)
}

/** The programs where the account may run them: in the package, or else in a copy beside the data. */
async function reachableBinaries(home: string, account: Account): Promise<string> {
  const packaged = binariesDirectory()
  if (await mayEnter(account, join(packaged, 'bin'))) return packaged
  const copied = join(home, 'programs')
  await cp(packaged, copied, { recursive: true, verbatimSymlinks: true, force: false })
  return copied
}

function lastLine(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: string }
  const line = (stderr || message).trim().split('\n').at(-1) ?? ''
  return line.replace(/^initdb: (error: )?/, '').replace(/\.$/, '')
}
