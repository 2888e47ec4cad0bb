import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'
import { quantile } from './figures.ts'

export interface Load {
  readonly requests: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** What came of asking for a while. */
export interface Salvo {
  readonly result: autocannon.Result
  /** How long each answer took, in milliseconds. */
  readonly durations: readonly number[]
  readonly seconds: number
}

/** How long stragglers of the turn before may take; they must not count for this one. */
const QUIET_MS = 50

/**
 * Asks over keep-alive connections, each sending its next request when it has its answer.
 * @param begin is given the run before its first answer, to listen to it or to end it early
 */
export async function fire(
  options: autocannon.Options,
  begin: (run: autocannon.Instance) => void = () => {},
): Promise<Salvo> {
  await sleep(QUIET_MS)
  // autocannon's own latencies are whole milliseconds, which is too coarse here.
  const durations: number[] = []
  const started = performance.now()
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const run = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)))
    run.on('response', (_client, _status, _bytes, durationMs) => durations.push(durationMs))
    begin(run)
  })
  return { result, durations, seconds: (performance.now() - started) / 1000 }
}

/** @param durations of whatever is counted, in milliseconds; at least one */
export function summariseLoad(durations: readonly number[], seconds: number): Load {
  const sorted = Float64Array.from(durations).sort()
  return {
    requests: durations.length,
    seconds,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  }
}
