import { LRUCache } from 'lru-cache'

/** What is known of this many keys of a kind. Forgetting one costs a question to the storage when it comes again. */
const MAX_KEPT = 50_000

/** The things that were used last, by key. One whose work is not done is never forgotten, however many there are. */
export class Kept<T extends { readonly isIdle: boolean }> {
  readonly #recent: LRUCache<string, T & object>
  /** Pushed out before their work was done: they come back, or go when it is. */
  readonly #busy = new Map<string, T & object>()

  constructor(max = MAX_KEPT) {
    this.#recent = new LRUCache({
      max,
      noDisposeOnSet: true,
      dispose: (one, key) => this.#letGo(one, key),
    })
  }

  get(key: string): T | undefined {
    return this.#recent.get(key) ?? this.#busy.get(key)
  }

  set(key: string, one: T & object): void {
    this.#busy.delete(key)
    this.#recent.set(key, one)
  }

  get size(): number {
    return this.#recent.size + this.#busy.size
  }

  #letGo(one: T & object, key: string): void {
    for (const [other, waiting] of this.#busy) if (waiting.isIdle) this.#busy.delete(other)
    if (!one.isIdle) this.#busy.set(key, one)
  }
}
