import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** A command that takes longer than the busiest machine could make it take will not end at all; its code is then `null`. */
const HANGS_MS = 60_000

/** What a command printed and how it ended. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the real command in a process of its own, with nothing but `env` of XWMS's in its environment. */
export async function xwms(
  args: readonly string[],
  env: { readonly DATABASE_URL?: string; readonly XWMS_CONFIG?: string } = {},
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
export async function json(args: readonly string[], env: { readonly DATABASE_URL: string }) {
  const { code, stdout, stderr } = await xwms([...args, '--json'], env)
  if (code !== 0 || stderr !== '') throw new Error(`xwms ${args.join(' ')} ended with ${code}: ${stderr}`)
  return JSON.parse(stdout)
}
