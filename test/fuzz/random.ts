/** A source of chance that gives the same for the same seed, so that a failure can be repeated. */
export interface Random {
  /** A whole number from 0 up to, not including, `bound`. */
  below(bound: number): number
  /** True in `share` of the cases. */
  chance(share: number): boolean
  pick<Item>(items: readonly Item[]): Item
  /** Whether something within the request is to be made worse; it is remembered. */
  spoils(share: number): boolean
  readonly hasSpoiled: boolean
}

/**
 * The generator "splitmix32", good enough to spread requests and three lines long. Each request has a stream of its own,
 * so that what it looks like does not depend on the order in which the requests are sent.
 */
export function randomFor(seed: number, stream: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca77)
  function next(): number {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
  const below = (bound: number) => Math.floor(next() * bound)
  let hasSpoiled = false
  return {
    below,
    chance: share => next() < share,
    pick: <Item>(items: readonly Item[]) => items[below(items.length)] as Item,
    spoils(share) {
      const spoils = next() < share
      hasSpoiled ||= spoils
      return spoils
    },
    get hasSpoiled() {
      return hasSpoiled
    },
  }
}

/** Chance that spoils nothing, for requests that are to succeed. */
export function calm(): Random {
  return { ...randomFor(Date.now() % 2 ** 31, 0), spoils: () => false }
}
