import type { Load } from './cannon.ts'
import type { Child } from './child.ts'
import type { Turn } from './results.ts'

/** Long enough for the compiler to have seen everything that is hot. */
export const WARM_UP_SECONDS = 1.5
/** Before the warm-up of a server that is put under load little by little. */
export const FIRST_STEPS = { seconds: 0.5, connections: 16 } as const
/** Before each measured turn: caches and connections come back to life. */
const RUN_UP_SECONDS = 0.3

/**
 * Loads a server and notes what it did and what that cost it.
 * @param server answers `cpu` with the microseconds that it has used
 * @param ask puts it under load for so many seconds
 */
export async function takeTurn(
  server: Child,
  ask: (seconds: number) => Promise<Load>,
  seconds: number,
): Promise<Turn> {
  await ask(Math.min(RUN_UP_SECONDS, seconds))
  const before = await server.ask<number>('cpu')
  const done = await ask(seconds)
  const after = await server.ask<number>('cpu')
  return {
    requestsPerSecond: done.requests / done.seconds,
    cpuMicrosPerRequest: (after - before) / done.requests,
    p50Ms: done.p50Ms,
    p99Ms: done.p99Ms,
  }
}
