import { randomFor } from '../fuzz/random.ts'

/** How PostgreSQL is stopped: `fast` ends every session and writes everything, `crash` is its own word "immediate". */
export type Stop = 'fast' | 'crash'

/** Something that is done to the system. */
export type Fault =
  /** SIGKILL, or SIGTERM, for a server process, and a new one in its place. */
  | { readonly kind: 'kill' | 'retire'; readonly process: number }
  /** PostgreSQL stops, and comes back after `awayMs`. */
  | { readonly kind: 'restart'; readonly stop: Stop; readonly awayMs: number }
  /** `pg_terminate_backend` for every connection of the server processes. */
  | { readonly kind: 'terminate' }
  /** The doomed secret is revoked. */
  | { readonly kind: 'revoke' }

export type PlannedFault = Fault & { readonly atMs: number }

export interface PlanOptions {
  readonly seed: number
  readonly seconds: number
  readonly processes: number
  /** How many seconds lie between two faults of a kind, on average; absent: it does not happen. */
  readonly every: Partial<Record<'kill' | 'retire' | 'terminate', number>>
  /** How often PostgreSQL is restarted, in turn fast and as after a crash. */
  readonly restarts: number
  /** How long it is away then. */
  readonly awaySeconds: number
  readonly revokes: boolean
}

/** What happens when, in order: the same for the same seed. */
export function planFaults(options: PlanOptions): PlannedFault[] {
  const { seed, seconds, processes, restarts, awaySeconds } = options
  const random = randomFor(seed, PLAN_STREAM)
  const endMs = seconds * 1000
  const faults: PlannedFault[] = []
  for (const kind of ['kill', 'retire', 'terminate'] as const) {
    const every = options.every[kind]
    if (every === undefined) continue
    // Half of the time more or less, so that nothing keeps step with it.
    const pause = () => every * (500 + random.below(1000))
    // Each process in its turn, beginning with any of them.
    let process = random.below(processes)
    for (let atMs = pause(); atMs < endMs; atMs += pause()) {
      faults.push(kind === 'terminate' ? { kind, atMs } : { kind, atMs, process: process++ % processes })
    }
  }
  for (let restart = 1; restart <= restarts; restart++) {
    faults.push({
      kind: 'restart',
      stop: restart % 2 === 1 ? 'fast' : 'crash',
      atMs: (endMs * restart) / (restarts + 1),
      awayMs: awaySeconds * (500 + random.below(1000)),
    })
  }
  if (options.revokes) faults.push({ kind: 'revoke', atMs: endMs / 2 })
  return faults.sort((one, other) => one.atMs - other.atMs)
}

const PLAN_STREAM = 1_000_000
