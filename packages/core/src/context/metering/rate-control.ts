import type { RateLimit } from '../../model/plan.ts'
import type { Context } from '../context.ts'
import { fullWindow } from './admission-control.ts'
import type { Full } from './full.ts'
import type { Window } from './window.ts'
import type { Windows } from './windows.ts'

/** A call that was counted, or the limit that had no room for it. */
export type Counted =
  | { readonly full: undefined; readonly window: Window }
  | { readonly full: Full; readonly window?: undefined }

/** Counts calls under one limit, by subject, for what no plan sells: neither a price nor a month has a say in it. */
export class RateControl {
  readonly #context: Pick<Context, 'limiter' | 'outage' | 'now'>
  readonly #windows: Windows
  readonly #limit: RateLimit

  /** @param kind what is counted together, in every process; also what callers read in header fields */
  constructor(context: Pick<Context, 'limiter' | 'outage' | 'now'>, kind: string, limit: RateLimit) {
    this.#context = context
    this.#windows = context.limiter.windows(kind, kind)
    this.#limit = limit
  }

  /**
   * Looks for room and counts the call in one synchronous step, which is taken again where the storage has to be heard first.
   * @throws {StorageUnavailableError} when the storage is asked and does not answer
   */
  async count(subject: string): Promise<Counted> {
    for (;;) {
      const now = this.#context.now()
      const window = this.#windows.find(subject, this.#limit)
      const room = this.#roomIn(window, now.getTime())
      if (room === 'full') return { full: fullWindow(window, now) }
      if (room === 'room') {
        this.#context.limiter.take([window])
        return { full: undefined, window }
      }
      await this.#context.limiter.news(window, room === 'unknown')
    }
  }

  #roomIn(window: Window, time: number) {
    if (!this.#context.outage.isOn) return window.room(time)
    return window.hasOwnRoom(time) ? 'room' : 'full'
  }
}
