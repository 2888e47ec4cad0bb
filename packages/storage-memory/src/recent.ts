/** A list of so many entries; beyond that each new one takes the place of the oldest. */
export class Recent<Entry> {
  #entries: Entry[] = []
  readonly #kept: number
  #added = 0

  constructor(kept: number) {
    this.#kept = kept
  }

  push(entry: Entry): void {
    const place = this.#added++ % this.#kept
    if (this.#added > this.#kept) this.gone(this.#entries[place] as Entry)
    this.#entries[place] = entry
  }

  /** The oldest first. */
  list(): Entry[] {
    const start = this.#added % this.#kept
    return this.#added <= this.#kept
      ? [...this.#entries]
      : [...this.#entries.slice(start), ...this.#entries.slice(0, start)]
  }

  /** Removes every entry of which `doomed` says so. @returns how many it were */
  deleteWhere(doomed: (entry: Entry) => boolean): number {
    const entries = this.list()
    this.#entries = entries.filter(entry => {
      const goes = doomed(entry)
      if (goes) this.gone(entry)
      return !goes
    })
    this.#added = this.#entries.length
    return entries.length - this.#entries.length
  }

  /** Told of each entry that goes, for whatever reason. */
  protected gone(_entry: Entry): void {}
}

/** So many entries by their keys; beyond that each new one takes the place of the oldest. */
export class RecentByKey<Entry> {
  readonly #entries = new Map<string, Entry>()
  // One walk through the entries as they age: a new one each time would step over all that were ever removed.
  readonly #oldest = this.#entries.keys()
  readonly #kept: number

  constructor(kept: number) {
    this.#kept = kept
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  /** Adds an entry, unless there is one of that key. */
  add(key: string, entry: Entry): void {
    if (this.#entries.has(key)) return
    this.#entries.set(key, entry)
    if (this.#entries.size > this.#kept) this.#entries.delete(this.#oldest.next().value ?? '')
  }

  /** The oldest first. */
  values(): IterableIterator<Entry> {
    return this.#entries.values()
  }
}
