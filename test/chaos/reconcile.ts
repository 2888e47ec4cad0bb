import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** What `xwms usage reconcile` says of the books. */
export interface Reconciled {
  /** How many events it compared. */
  readonly events: number
  /** Why it did not pass, in its own words; empty when it did. */
  readonly problem: string
}

const XWMS = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

/** Runs the real command over the months from one moment to another. */
export async function reconcile(databaseUrl: string, from: Date, to: Date): Promise<Reconciled> {
  const month = (at: Date) => at.toISOString().slice(0, 7)
  const months = ['--from', month(from), '--to', month(to)]
  const { NODE_OPTIONS: _, XWMS_CONFIG: __, ...env } = process.env
  const child = spawn(process.execPath, [XWMS, 'usage', 'reconcile', ...months, '--json'], {
    env: { ...env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (code !== 0) return { events: 0, problem: stdout + stderr }
  return { events: JSON.parse(stdout).events, problem: '' }
}
