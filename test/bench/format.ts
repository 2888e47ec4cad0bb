import type { Figure } from './figures.ts'

/** A figure for a program: the median under its name, the extremes under `…_min` and `…_max`. */
export function members(
  name: string,
  value: Figure | undefined,
  digits: number,
): Record<string, number | null> {
  const round = (number: number | undefined) => (number === undefined ? null : Number(number.toFixed(digits)))
  return {
    [name]: round(value?.median),
    [`${name}_min`]: round(value?.min),
    [`${name}_max`]: round(value?.max),
  }
}

/** A figure for a person: the median with (minimum–maximum). */
export function cell({ median, min, max }: Figure, write: (value: number) => string): string {
  return `${write(median)} (${write(min)}–${write(max)})`
}

/** How far the rounds lie apart, as a share of the median. */
export function spread({ median, min, max }: Figure): string {
  return `${(((max - min) / median) * 100).toFixed(0)}%`
}

/** Columns as wide as they have to be. @param lines the headings first, all of one length */
export function table(lines: readonly (readonly string[])[]): string {
  const columns = lines[0] ?? []
  const widths = columns.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  return lines
    .map(line =>
      line
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n')
}
