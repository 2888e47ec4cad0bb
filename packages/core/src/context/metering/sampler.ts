/** Picks a share of what comes by, evenly: of a tenth, every tenth. */
export class Sampler {
  readonly #share: number
  #due = 0

  /** @param share from 0 to 1 */
  constructor(share: number) {
    this.#share = share
  }

  next(): boolean {
    this.#due += this.#share
    if (this.#due < 1) return false
    this.#due -= 1
    return true
  }
}
