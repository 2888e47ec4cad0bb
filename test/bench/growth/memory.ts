import { progress } from '../program.ts'
import { type Asked, ask, askable } from './load.ts'

/** The heap after a full garbage collection, while a process is under load. */
export interface Memory {
  readonly samples: readonly number[]
  /** Of the straight line through the samples of the latter half, in MiB an hour. */
  readonly slopeMiBPerHour: number
}

const SECONDS_BETWEEN = 10
const MIB = 1024 * 1024

/** Keeps a server under everything that it can be asked, and weighs its heap every ten seconds. */
export async function watchMemory({ server }: Asked, minutes: number, rate: number): Promise<Memory> {
  const samples: number[] = []
  const startedAt = performance.now()
  for (let sample = 1; sample <= Math.max(4, (minutes * 60) / SECONDS_BETWEEN); sample++) {
    const seconds = Math.min(SECONDS_BETWEEN, (minutes * 60) / 4)
    // Anew each time: the access token lives for an hour.
    const asked = await askable(server)
    await ask(asked, everything(asked), { rate, seconds })
    const heap = await server.ask<number>('heap')
    samples.push(heap)
    const elapsed = (performance.now() - startedAt) / 1000
    progress(`heap after ${elapsed.toFixed(0)} s: ${(heap / MIB).toFixed(2)} MiB`)
  }
  const seconds = (performance.now() - startedAt) / 1000 / samples.length
  return { samples, slopeMiBPerHour: (slope(samples.slice(samples.length / 2)) / seconds) * (3600 / MIB) }
}

/** For each call of the usage API some tokens and many calls of the route. */
function everything({ requests: { 'guarded route': guarded, 'usage API': usage, token } }: Asked) {
  return [...guarded, ...token.slice(0, guarded.length / 4), ...usage]
}

/** By least squares: how much the values rise from one to the next. @param values at least two */
export function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let [covariance, variance] = [0, 0]
  for (const [position, value] of values.entries()) {
    covariance += (position - middle) * (value - mean)
    variance += (position - middle) ** 2
  }
  return covariance / variance
}
