import { cell, members, spread, table } from './format.ts'
import type { Result } from './results.ts'
import type { Row } from './rows.ts'

/** The results for a program: the median of each figure under its name, the extremes under `…_min` and `…_max`. */
export function asJson(results: readonly Result<Row>[]): string {
  return JSON.stringify({
    rows: results.map(
      ({ row, requestsPerSecond, cpuMicrosPerRequest, p50Ms, p99Ms, ratio, timesByHand }) => ({
        name: row.name,
        ...members('rps', requestsPerSecond, 0),
        ...members('cpu_us', cpuMicrosPerRequest, 1),
        ...members('p50_ms', p50Ms, 3),
        ...members('p99_ms', p99Ms, 3),
        ...members('ratio', ratio, 3),
        ...members('times_by_hand', timesByHand, 2),
        versus: row.versus ?? null,
      }),
    ),
  })
}

const HEADINGS = ['', 'requests/s', 'CPU µs/request', 'p50 ms', 'p99 ms', 'of bare', '× by hand']

/** The results for a person: medians with (minimum–maximum), a line per row. */
export function asTable(results: readonly Result<Row>[]): string {
  const lines = results.map(
    ({ row, requestsPerSecond, cpuMicrosPerRequest, p50Ms, p99Ms, ratio, timesByHand }) => [
      row.name,
      cell(requestsPerSecond, value => Math.round(value).toLocaleString('en')),
      cell(cpuMicrosPerRequest, value => value.toFixed(1)),
      cell(p50Ms, value => value.toFixed(2)),
      cell(p99Ms, value => value.toFixed(2)),
      row.versus && ratio ? cell(ratio, value => `${Math.round(value * 100)}%`) : '',
      timesByHand ? cell(timesByHand, value => value.toFixed(1)) : '',
    ],
  )
  return table([HEADINGS, ...lines])
}

/** How far the bare rows are from being the same in every round: what differs by less is noise. */
export function describeNoise(results: readonly Result<Row>[]): string {
  const spreads = results
    .filter(({ row }) => row.guard === undefined)
    .map(({ row, requestsPerSecond }) => `${row.name} ${spread(requestsPerSecond)}`)
  return spreads.length === 0
    ? 'no bare row ran'
    : `${spreads.join(', ')} between the slowest and the fastest round`
}
