import type { Position } from '@xwms/core'

/** Compares by time, and by id where the time is the same, so that a list has one order only. */
export function byTime<T>(time: (item: T) => Date, id: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => time(a).getTime() - time(b).getTime() || (id(a) < id(b) ? -1 : id(a) > id(b) ? 1 : 0)
}

/** A page of a list that is newest first: at most `limit` of what is older than `before`. */
export function newestFirst<T>(
  items: readonly T[],
  positionOf: (item: T) => Position,
  before: Position | undefined,
  limit: number,
): T[] {
  const order = byTime<Position>(
    ({ at }) => at,
    ({ id }) => id,
  )
  return items
    .filter(item => before === undefined || order(positionOf(item), before) < 0)
    .sort((a, b) => order(positionOf(b), positionOf(a)))
    .slice(0, limit)
}

/** Compares by one field after the other; what has none comes last. */
export function inOrderOf<Name extends string>(
  names: readonly Name[],
): (a: { readonly [name in Name]?: unknown }, b: { readonly [name in Name]?: unknown }) => number {
  return (one, other) => {
    for (const name of names) {
      const [a, b] = [one[name] as string, other[name] as string]
      if (a === undefined && b === undefined) continue
      if (a === undefined || a > b) return 1
      if (b === undefined || a < b) return -1
    }
    return 0
  }
}
