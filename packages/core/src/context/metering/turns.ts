/** How often turns come back by themselves. */
export const TURN_PERIOD_MS = 1000
/** For so many periods a turn is kept, the one that it began in among them. */
const PERIODS = 5

/**
 * The turns of requests that are under way. A turn comes back when its request ends, or by itself after four to five seconds, so that
 * answers that stay open do not keep others waiting. Counts by period, without anything for each request.
 */
export class Turns {
  /** Those that are out, by the period in which they were taken, in a ring. */
  readonly #taken = new Array<number>(PERIODS).fill(0)
  #out = 0
  #period = 0
  /** When the period began. */
  #since = 0

  /** How many are out. @param now in milliseconds */
  out(now: number): number {
    this.#moveTo(now)
    return this.#out
  }

  /** @returns what to give it back by */
  take(now: number): number {
    this.#moveTo(now)
    this.#add(this.#period, 1)
    return this.#period
  }

  /** Does nothing for one that has come back by itself. */
  giveBack(turn: number): void {
    if (this.#period - turn < PERIODS) this.#add(turn, -1)
  }

  #add(period: number, turns: number): void {
    const position = period % PERIODS
    this.#taken[position] = (this.#taken[position] as number) + turns
    this.#out += turns
  }

  #moveTo(now: number): void {
    const passed = now - this.#since
    if (passed >= 0 && passed < TURN_PERIOD_MS) return
    // Periods have numbers of their own, because a clock may be set back, and none may last longer for that.
    const periods = passed < 0 ? 1 : Math.min(PERIODS, Math.floor(passed / TURN_PERIOD_MS))
    for (let step = 0; step < periods; step++) {
      this.#period++
      this.#add(this.#period, -(this.#taken[this.#period % PERIODS] as number))
    }
    this.#since = now - (now % TURN_PERIOD_MS)
  }
}
