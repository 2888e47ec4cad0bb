import { fire, type Load, summariseLoad } from './cannon.ts'

/** What is asked for, again and again. */
export interface Target {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The one right answer, with status 200. */
  readonly body: string
  readonly connections: number
}

/**
 * Asks for the target over and over.
 * @throws {Error} when any answer was not the right one
 */
export async function load(target: Target, seconds: number): Promise<Load> {
  const {
    result,
    durations,
    seconds: elapsed,
  } = await fire({
    url: target.url,
    headers: { ...target.headers },
    expectBody: target.body,
    connections: target.connections,
    duration: seconds,
  })
  const wrong = durations.length - result['2xx'] + result.mismatches + result.errors + result.timeouts
  if (wrong > 0 || durations.length === 0) {
    const { non2xx, mismatches, errors, timeouts } = result
    throw new Error(
      `${target.url} gave wrong answers: of ${durations.length} responses ${non2xx} had another status than 2xx and ` +
        `${mismatches} another body; ${errors} connections failed and ${timeouts} requests got no answer.`,
    )
  }
  return summariseLoad(durations, elapsed)
}
