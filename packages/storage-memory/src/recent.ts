/** A list of so many entries; beyond that each new one takes the place of the oldest. */
export class Recent<Entry> {
  readonly #entries: Entry[] = []
  readonly #kept: number
  #added = 0

  constructor(kept: number) {
    this.#kept = kept
  }

  push(entry: Entry): void {
    this.#entries[this.#added++ % this.#kept] = entry
  }

  /** The oldest first. */
  list(): Entry[] {
    const start = this.#added % this.#kept
    return this.#added <= this.#kept
      ? [...this.#entries]
      : [...this.#entries.slice(start), ...this.#entries.slice(0, start)]
  }
}
