import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

// What `npm start` runs, as a child process: started, read, and stopped the way a person does it.

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MAIN = join(ROOT, 'examples', 'standalone', 'main.ts')

/** A start that has come to its end. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A start that went well, with what it printed. */
export interface Standalone {
  readonly pid: number
  readonly stdout: string
  readonly url: string
  readonly partnerUrl: string
  readonly email: string
  readonly password: string
  readonly clientId: string
  readonly clientSecret: string
  readonly domain: string
  /** The lines that are there to be pasted. */
  readonly curls: readonly string[]
  /** The lines that run the `xwms` command, after the one that says where the database is. */
  readonly commands: readonly string[]
  /** Sends a signal, and resolves when everything has ended. */
  end(...signals: readonly NodeJS.Signals[]): Promise<Ended>
}

/** Settings of the environment; one that is undefined is not set. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Starts it and waits for its end. */
export async function runStandalone(environment: Environment): Promise<Ended> {
  return await outcome(spawnMain(environment))
}

/**
 * Starts it on free ports and waits until it runs.
 * @throws {Error} with all that it said, when it ends instead
 */
export async function startStandalone(environment: Environment): Promise<Standalone> {
  const [port, partnerPort] = await freePorts(2)
  const child = spawnMain({ PORT: String(port), PARTNER_PORT: String(partnerPort), ...environment })
  const ended = outcome(child)
  const stdout = await Promise.race([
    printed(child, /Ctrl-C stops everything\.\n/),
    ended.then(({ code, stdout, stderr }) => {
      throw new Error(`The start ended with code ${code}.\n${stdout}${stderr}`)
    }),
  ])
  const value = (name: string) => new RegExp(`^ +${name} +(\\S+)`, 'm').exec(stdout)?.[1] ?? ''
  return {
    pid: child.pid as number,
    stdout,
    url: value('Application'),
    partnerUrl: value('Partner app'),
    email: value('Email'),
    password: value('Password'),
    clientId: value('Client id'),
    clientSecret: value('Client secret'),
    domain: value('Domain'),
    curls: stdout.split('\n').filter(line => line.startsWith('curl ')),
    commands: stdout.split('\n').filter(line => /^(export|npm) /.test(line)),
    async end(...signals) {
      for (const signal of signals) child.kill(signal)
      return await ended
    },
  }
}

/** Runs a line, or several, in a shell at the root of the repository, as if it had been pasted there. */
export async function paste(line: string, environment: Environment = {}): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-ec', line], {
    cwd: ROOT,
    env: { ...inherited(), ...environment },
  })
  return stdout
}

/** The process id of the PostgreSQL that runs on a data directory, as it wrote it down itself. */
export async function postgresPid(directory: string): Promise<number | undefined> {
  const lock = join(directory, 'postgres', 'data', 'postmaster.pid')
  const written = await readFile(lock, 'utf8').catch(() => undefined)
  return written === undefined ? undefined : Number.parseInt(written, 10)
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** TCP ports that nobody listens on. */
export async function freePorts(count: number): Promise<readonly number[]> {
  // All are held before any is given back, so that no two are the same.
  const probes = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(probes.map(probe => once(probe, 'listening')))
  const ports = probes.map(probe => (probe.address() as { port: number }).port)
  await Promise.all(probes.map(probe => once(probe.close(), 'close')))
  return ports
}

function spawnMain(environment: Environment): ChildProcess {
  return spawn(process.execPath, [MAIN], {
    env: { ...inherited(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** What the test runner sets for its own processes, and what it was given itself, is not for these. */
function inherited(): Environment {
  const { NODE_OPTIONS: _, DATABASE_URL: __, ...others } = process.env
  return others
}

async function outcome(child: ChildProcess): Promise<Ended> {
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout as NonNullable<typeof child.stdout>),
    text(child.stderr as NonNullable<typeof child.stderr>),
    once(child, 'close'),
  ])
  return { code, stdout, stderr }
}

/** What a child printed up to a pattern. */
function printed(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise(resolve => {
    let said = ''
    child.stdout?.on('data', chunk => {
      said += chunk
      if (pattern.test(said)) resolve(said)
    })
  })
}
