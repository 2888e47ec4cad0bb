import type { RateLimit } from '../../model/plan.ts'
import { Kept } from './kept.ts'
import { Window } from './window.ts'

/** The windows of one kind of limit, such as the plan's rate, by whom they count: a client, a user, an address. */
export class Windows {
  readonly #kind: string
  readonly #name: string
  readonly #max: number | undefined
  /** By length: slots of another length are other counts, and whoever waits for one must find the same one again. */
  readonly #byLength = new Map<string, Kept<Window>>()
  #lastLimit: RateLimit | undefined
  #lastKept: Kept<Window> | undefined

  /**
   * @param kind the beginning of its keys: what is called the same counts together, in every process
   * @param name what callers read
   * @param max how many of a length are kept in memory
   */
  constructor(kind: string, name: string, max?: number) {
    this.#kind = kind
    this.#name = name
    this.#max = max
  }

  find(subject: string, limit: RateLimit): Window {
    const kept = this.#keptOf(limit)
    const known = kept.get(subject)
    if (known === undefined) {
      const window = new Window(`${this.#kind}:${lengthOf(limit)}:${subject}`, this.#name, limit)
      kept.set(subject, window)
      return window
    }
    // A client's limit is read anew now and then, and may have been changed.
    if (known.limit !== limit) known.limit = limit
    return known
  }

  /** How many are in memory. */
  get size(): number {
    return [...this.#byLength.values()].reduce((sum, { size }) => sum + size, 0)
  }

  #keptOf(limit: RateLimit): Kept<Window> {
    if (limit === this.#lastLimit) return this.#lastKept as Kept<Window>
    const length = lengthOf(limit)
    const kept = this.#byLength.get(length) ?? new Kept<Window>(this.#max)
    this.#byLength.set(length, kept)
    this.#lastLimit = limit
    this.#lastKept = kept
    return kept
  }
}

function lengthOf({ windowSeconds, sliding }: RateLimit): string {
  return `${windowSeconds}${sliding ? '~' : ''}`
}
