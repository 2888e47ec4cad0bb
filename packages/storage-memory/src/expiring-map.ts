/** How many entries are looked at before others get their turn. */
const LOOKS_PER_TURN = 1000

/**
 * A map whose entries end some day. What ended goes when {@link ExpiringMap.removeBefore} is asked to; and beyond a number
 * of entries each new one takes the place of the oldest, so that the map stays within bounds whatever comes.
 */
export class ExpiringMap<Value> {
  readonly #entries = new Map<string, Value>()
  readonly #endOf: (value: Value) => Date
  readonly #most: number
  #oldest: IterableIterator<string> | undefined

  /**
   * @param endOf when an entry ends
   * @param most how many entries there can be. Default: as many as come
   */
  constructor(endOf: (value: Value) => Date, most = Number.POSITIVE_INFINITY) {
    this.#endOf = endOf
    this.#most = most
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

  set(key: string, value: Value): void {
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#most) return
    // One walk while entries are pushed out one after another: a new one each time would step over all that were removed.
    this.#oldest ??= this.#entries.keys()
    this.#entries.delete(this.#oldest.next().value ?? '')
  }

  /**
   * Removes what ended before `time`, some entries at a time, so that nothing else has to wait long.
   * @returns how many it were
   */
  async removeBefore(time: Date, signal?: AbortSignal): Promise<number> {
    // A walk that stands still would hold on to every table that the map has grown out of.
    this.#oldest = undefined
    let removed = 0
    let looks = 0
    for (const [key, value] of this.#entries) {
      if (this.#endOf(value) < time && this.#entries.delete(key)) removed++
      if (++looks % LOOKS_PER_TURN > 0) continue
      await new Promise(resolve => setImmediate(resolve))
      if (signal?.aborted) break
    }
    return removed
  }
}
