import { setTimeout as delay } from 'node:timers/promises'

/**
 * Asks until the answer is the one wanted, for what another connection or a timer brings about.
 * @throws {Error} after two seconds, with the last answer
 */
export async function eventually<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const until = Date.now() + 2000
  for (;;) {
    const answer = await ask()
    if (wanted(answer)) return answer
    if (Date.now() > until) throw new Error(`It did not happen in two seconds: ${JSON.stringify(answer)}`)
    await delay(20)
  }
}
