import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'
import { quantile } from './figures.ts'

/** What is asked for, again and again. */
export interface Target {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The one right answer, with status 200. */
  readonly body: string
  readonly connections: number
}

export interface Load {
  readonly requests: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** How long stragglers of the turn before may take; they must not count for this one. */
const QUIET_MS = 50

/**
 * Asks over keep-alive connections, each sending its next request when it has its answer.
 * @throws {Error} when any answer was not the right one
 */
export async function load(target: Target, seconds: number): Promise<Load> {
  await sleep(QUIET_MS)
  // autocannon's own latencies are whole milliseconds, which is too coarse here.
  const durations: number[] = []
  const started = performance.now()
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const run = autocannon(
      {
        url: target.url,
        headers: { ...target.headers },
        expectBody: target.body,
        connections: target.connections,
        duration: seconds,
      },
      (error, result) => (error ? reject(error) : resolve(result)),
    )
    run.on('response', (_client, _status, _bytes, durationMs) => durations.push(durationMs))
  })
  const elapsed = (performance.now() - started) / 1000
  const wrong = durations.length - result['2xx'] + result.mismatches + result.errors + result.timeouts
  if (wrong > 0 || durations.length === 0) {
    const { non2xx, mismatches, errors, timeouts } = result
    throw new Error(
      `${target.url} gave wrong answers: of ${durations.length} responses ${non2xx} had another status than 2xx and ` +
        `${mismatches} another body; ${errors} connections failed and ${timeouts} requests got no answer.`,
    )
  }
  const sorted = Float64Array.from(durations).sort()
  return {
    requests: durations.length,
    seconds: elapsed,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  }
}
