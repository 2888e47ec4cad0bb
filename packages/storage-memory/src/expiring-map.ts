/** How long something stays after it has expired: a late replay is still recognised for what it is. */
const RETENTION_MS = 24 * 60 * 60 * 1000

/** How many entries each insertion looks at. More than one, so that removal outruns insertion. */
const LOOKS_PER_INSERTION = 2

/**
 * A map that forgets what expired a day ago, or another time, without a timer and without ever walking all of it at once:
 * each insertion goes on with a walk through the entries, round and round, and drops those that are long expired.
 */
export class ExpiringMap<Value> {
  readonly #entries = new Map<string, Value>()
  readonly #expiresAt: (value: Value) => Date
  readonly #retentionMs: number
  #walk = this.#entries.entries()

  constructor(expiresAt: (value: Value) => Date, retentionMs = RETENTION_MS) {
    this.#expiresAt = expiresAt
    this.#retentionMs = retentionMs
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)
  }

  values(): IterableIterator<Value> {
    return this.#entries.values()
  }

  delete(key: string): boolean {
    return this.#entries.delete(key)
  }

  /** Removes every value of which `doomed` says so. */
  deleteWhere(doomed: (value: Value) => boolean): void {
    for (const [key, value] of this.#entries) if (doomed(value)) this.#entries.delete(key)
  }

  /** Stores a value; `now` decides what is dropped on the way. */
  set(key: string, value: Value, now: Date): void {
    const keepAfter = now.getTime() - this.#retentionMs
    for (let look = 0; look < LOOKS_PER_INSERTION; look++) {
      const next = this.#walk.next()
      if (next.done) {
        this.#walk = this.#entries.entries()
        break
      }
      const [known, candidate] = next.value
      if (this.#expiresAt(candidate).getTime() <= keepAfter) this.#entries.delete(known)
    }
    this.#entries.set(key, value)
  }
}
