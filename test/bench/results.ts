import { type Figure, figure } from './figures.ts'
import type { Row } from './rows.ts'

/** What one row did in one round. */
export interface Turn {
  readonly requestsPerSecond: number
  /** Of the server's process, all its threads together. */
  readonly cpuMicrosPerRequest: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** A row over all rounds. */
export interface Result {
  readonly row: Row
  readonly requestsPerSecond: Figure
  readonly cpuMicrosPerRequest: Figure
  readonly p50Ms: Figure
  readonly p99Ms: Figure
  /** Requests per second as a share of the bare row's in the same round; `undefined` where there is none to compare with. */
  readonly ratio: Figure | undefined
}

/** @param turns by the row's name, one for each round */
export function summarise(rows: readonly Row[], turns: ReadonlyMap<string, readonly Turn[]>): Result[] {
  return rows.map(row => {
    const own = turns.get(row.name) ?? []
    const bare = turns.get(row.versus ?? row.name)
    return {
      row,
      requestsPerSecond: figure(own.map(turn => turn.requestsPerSecond)),
      cpuMicrosPerRequest: figure(own.map(turn => turn.cpuMicrosPerRequest)),
      p50Ms: figure(own.map(turn => turn.p50Ms)),
      p99Ms: figure(own.map(turn => turn.p99Ms)),
      ratio:
        bare &&
        figure(own.map((turn, round) => turn.requestsPerSecond / (bare[round] as Turn).requestsPerSecond)),
    }
  })
}
