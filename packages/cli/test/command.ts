import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { run } from '../src/run.ts'

/** The real command. */
export const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** A command that takes longer than the busiest machine could make it take will not end at all; its code is then `null`. */
const HANGS_MS = 60_000

/** What a command printed and how it ended. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What of the environment is XWMS's. */
interface Environment {
  readonly DATABASE_URL?: string
  readonly XWMS_CONFIG?: string
}

/** Runs a command as its process would, but in this one, which is far quicker. One at a time: the environment is everybody's. */
export async function xwms(args: readonly string[], env: Environment = {}): Promise<Finished> {
  const written = { stdout: '', stderr: '' }
  const gather = (name: keyof typeof written) => ({ write: (text: string) => (written[name] += text) })
  const { DATABASE_URL, XWMS_CONFIG } = process.env
  setEnvironment(env)
  try {
    const code = await run(args, { stdout: gather('stdout'), stderr: gather('stderr') })
    return { code, ...written }
  } finally {
    setEnvironment({ DATABASE_URL, XWMS_CONFIG })
  }
}

function setEnvironment({ DATABASE_URL, XWMS_CONFIG }: Environment): void {
  for (const [name, value] of Object.entries({ DATABASE_URL, XWMS_CONFIG })) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}

/** Runs the real command in a process of its own, with nothing but `env` of XWMS's in its environment. */
export async function xwmsProcess(
  args: readonly string[],
  env: Environment = {},
  input = '',
): Promise<Finished> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(DATABASE_URL|XWMS_|PG|TAP|NODE_)/.test(name),
  )
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    timeout: HANGS_MS,
  })
  child.stdin.end(input)
  const exited = new Promise<number | null>(resolve => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exited])
  return { code, stdout, stderr }
}

/** Runs a command with `--json` that is expected to succeed, and answers what it printed. */
export async function json(args: readonly string[], env: Environment) {
  const { code, stdout, stderr } = await xwms([...args, '--json'], env)
  if (code !== 0 || stderr !== '') throw new Error(`xwms ${args.join(' ')} ended with ${code}: ${stderr}`)
  return JSON.parse(stdout)
}
