/** A figure over all rounds. */
export interface Figure {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** @param values at least one */
export function figure(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b)
  return { median: quantile(sorted, 0.5), min: sorted[0] as number, max: sorted.at(-1) as number }
}

/** @param sorted ascending, at least one */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)] as number
  const above = sorted[Math.ceil(position)] as number
  return below + (above - below) * (position % 1)
}
