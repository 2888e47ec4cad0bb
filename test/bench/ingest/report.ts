import type { Figure } from '../figures.ts'
import { cell, members, table } from '../format.ts'
import type { Row } from './rows.ts'

/** A row over all rounds. */
export interface Result {
  readonly row: Row
  readonly eventsPerSecond: Figure
  readonly cpuMicros: Figure
  /** Of PostgreSQL's processes; unknown where they run on another machine. */
  readonly databaseCpuMicros: Figure | undefined
  readonly p99Ms: Figure
  /** Events per second as a share of the other row's in the same round. */
  readonly ratio: Figure | undefined
}

/** The results for a program: the median of each figure under its name, the extremes under `…_min` and `…_max`. */
export function asJson(results: readonly Result[]): string {
  return JSON.stringify({
    rows: results.map(({ row, eventsPerSecond, cpuMicros, databaseCpuMicros, p99Ms, ratio }) => ({
      name: row.name,
      ...members('eps', eventsPerSecond, 0),
      ...members('cpu_us', cpuMicros, 2),
      ...members('database_cpu_us', databaseCpuMicros, 2),
      ...members('batch_p99_ms', p99Ms, 2),
      ...members('ratio', ratio, 3),
      versus: row.versus ?? null,
    })),
  })
}

const HEADINGS = ['', 'events/s', 'CPU µs/event', 'PostgreSQL µs/event', 'batch p99 ms', 'of bare']

/** The results for a person: medians with (minimum–maximum), a line per row. */
export function asTable(results: readonly Result[]): string {
  const lines = results.map(({ row, eventsPerSecond, cpuMicros, databaseCpuMicros, p99Ms, ratio }) => [
    row.name,
    cell(eventsPerSecond, value => Math.round(value).toLocaleString('en')),
    cell(cpuMicros, value => value.toFixed(2)),
    databaseCpuMicros ? cell(databaseCpuMicros, value => value.toFixed(2)) : 'unknown',
    cell(p99Ms, value => value.toFixed(1)),
    ratio ? cell(ratio, value => `${Math.round(value * 100)}%`) : '',
  ])
  return table([HEADINGS, ...lines])
}
