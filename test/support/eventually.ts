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

/**
 * Waits for something to have happened, in this process or elsewhere.
 * @throws {Error} after five seconds
 */
export async function until(happened: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await happened()); waited++) {
    if (waited === 1000) throw new Error('It did not happen within five seconds.')
    await delay(5)
  }
}
