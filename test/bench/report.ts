import type { Figure } from './figures.ts'
import type { Result } from './results.ts'

/** The results for a program: the median of each figure under its name, the extremes under `…_min` and `…_max`. */
export function asJson(results: readonly Result[]): string {
  return JSON.stringify({
    rows: results.map(({ row, requestsPerSecond, cpuMicrosPerRequest, p50Ms, p99Ms, ratio }) => ({
      name: row.name,
      ...members('rps', requestsPerSecond, 0),
      ...members('cpu_us', cpuMicrosPerRequest, 1),
      ...members('p50_ms', p50Ms, 3),
      ...members('p99_ms', p99Ms, 3),
      ...members('ratio', ratio, 3),
      versus: row.versus ?? null,
    })),
  })
}

function members(name: string, value: Figure | undefined, digits: number): Record<string, number | null> {
  const round = (number: number | undefined) => (number === undefined ? null : Number(number.toFixed(digits)))
  return {
    [name]: round(value?.median),
    [`${name}_min`]: round(value?.min),
    [`${name}_max`]: round(value?.max),
  }
}

const HEADINGS = ['', 'requests/s', 'CPU µs/request', 'p50 ms', 'p99 ms', 'of bare']

/** The results for a person: medians with (minimum–maximum), a line per row. */
export function asTable(results: readonly Result[]): string {
  const lines = results.map(({ row, requestsPerSecond, cpuMicrosPerRequest, p50Ms, p99Ms, ratio }) => [
    row.name,
    cell(requestsPerSecond, value => Math.round(value).toLocaleString('en')),
    cell(cpuMicrosPerRequest, value => value.toFixed(1)),
    cell(p50Ms, value => value.toFixed(2)),
    cell(p99Ms, value => value.toFixed(2)),
    row.versus && ratio ? cell(ratio, value => `${Math.round(value * 100)}%`) : '',
  ])
  const table = [HEADINGS, ...lines]
  const widths = HEADINGS.map((_, column) => Math.max(...table.map(line => line[column]?.length ?? 0)))
  return table
    .map(line =>
      line
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n')
}

function cell({ median, min, max }: Figure, write: (value: number) => string): string {
  return `${write(median)} (${write(min)}–${write(max)})`
}

/** How far the bare rows are from being the same in every round: what differs by less is noise. */
export function describeNoise(results: readonly Result[]): string {
  const spreads = results
    .filter(({ row }) => row.storage === undefined)
    .map(({ row, requestsPerSecond: { median, min, max } }) => {
      return `${row.name} ${(((max - min) / median) * 100).toFixed(0)}%`
    })
  return spreads.length === 0
    ? 'no bare row ran'
    : `${spreads.join(', ')} between the slowest and the fastest round`
}
