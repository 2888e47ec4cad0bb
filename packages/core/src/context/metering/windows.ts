import type { RateLimit } from '../../model/plan.ts'
import { Kept } from './kept.ts'
import { Window } from './window.ts'

/** The windows of one kind of limit, such as the plan's rate, by whom they count: a client, a user, an address. */
export class Windows {
  readonly #kind: string
  readonly #name: string
  readonly #kept: Kept<Window>

  /**
   * @param kind the beginning of its keys: what is called the same counts together, in every process
   * @param name what callers read
   */
  constructor(kind: string, name: string, max?: number) {
    this.#kind = kind
    this.#name = name
    this.#kept = new Kept(max)
  }

  find(subject: string, limit: RateLimit): Window {
    const known = this.#kept.get(subject)
    return known?.limit === limit ? known : this.#adapt(known, subject, limit)
  }

  /** How many are in memory. */
  get size(): number {
    return this.#kept.size
  }

  /** A client's limit is read anew now and then, and may have been changed. Slots of another length are other counts. */
  #adapt(known: Window | undefined, subject: string, limit: RateLimit): Window {
    const key = `${this.#kind}:${limit.windowSeconds}${limit.sliding ? '~' : ''}:${subject}`
    const window = known?.key === key ? known : new Window(key, this.#name, limit)
    window.limit = limit
    this.#kept.set(subject, window)
    return window
  }
}
