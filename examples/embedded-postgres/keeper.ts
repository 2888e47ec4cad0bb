// Keeps one PostgreSQL server for as long as whoever started this program lives, and not a moment longer: a program that
// is killed cannot stop its server, but the pipe that it held closes whatever happens to it. Being a process of its own,
// in a session of its own, it also keeps Ctrl-C in a terminal, which every process there hears, away from PostgreSQL:
// when to stop is for its owner to say.
import { spawn } from 'node:child_process'

/** How long a fast shutdown may take before an immediate one. */
const PATIENCE_MS = 20_000

/** What the owner says in the first argument, as JSON. */
export interface Kept {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly uid: number | undefined
  readonly gid: number | undefined
}

const { command, args, ...options } = JSON.parse(process.argv[2] ?? '') as Kept
const server = spawn(command, args, { ...options, stdio: ['ignore', 'ignore', 'inherit'] })

let stopping = false
function stop(): void {
  if (stopping) return
  stopping = true
  // PostgreSQL's fast shutdown: open transactions are rolled back and everything is written.
  server.kill('SIGINT')
  // Its immediate one loses nothing that was committed either; the next start recovers.
  setTimeout(() => server.kill('SIGQUIT'), PATIENCE_MS).unref()
}

server.on('error', error => {
  process.stderr.write(`FATAL:  ${error.message}\n`)
  process.exit(1)
})
server.on('exit', code => process.exit(code ?? 1))
process.stdin.on('error', stop).on('close', stop).resume()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
