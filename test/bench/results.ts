import { type Figure, figure } from './figures.ts'

/** What one row did in one round. */
export interface Turn {
  readonly requestsPerSecond: number
  /** Of the server's process, all its threads together. */
  readonly cpuMicrosPerRequest: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** What is compared: a name, and that of the row that it is measured against. */
export interface Compared {
  readonly name: string
  readonly versus?: string
  /** A further one. */
  readonly byHand?: string
}

/** A row over all rounds. */
export interface Result<Row extends Compared> {
  readonly row: Row
  readonly requestsPerSecond: Figure
  readonly cpuMicrosPerRequest: Figure
  readonly p50Ms: Figure
  readonly p99Ms: Figure
  /** Requests per second as a share of the other row's in the same round; `undefined` where there is none to compare with. */
  readonly ratio: Figure | undefined
  /** The same for the CPU time of a request. */
  readonly cpuRatio: Figure | undefined
  /** Requests per second as a multiple of those of the guard made by hand. */
  readonly timesByHand: Figure | undefined
}

/** @param turns by the row's name, one for each round */
export function summarise<Row extends Compared>(
  rows: readonly Row[],
  turns: ReadonlyMap<string, readonly Turn[]>,
): Result<Row>[] {
  return rows.map(row => {
    const own = turns.get(row.name) ?? []
    const other = turns.get(row.versus ?? row.name)
    const byHand = row.byHand === undefined ? undefined : turns.get(row.byHand)
    return {
      row,
      requestsPerSecond: figure(own.map(turn => turn.requestsPerSecond)),
      cpuMicrosPerRequest: figure(own.map(turn => turn.cpuMicrosPerRequest)),
      p50Ms: figure(own.map(turn => turn.p50Ms)),
      p99Ms: figure(own.map(turn => turn.p99Ms)),
      ratio: other && compare(own, other, turn => turn.requestsPerSecond),
      cpuRatio: other && compare(own, other, turn => turn.cpuMicrosPerRequest),
      timesByHand: byHand && compare(own, byHand, turn => turn.requestsPerSecond),
    }
  })
}

/** Round by round, because what differs between rounds is the machine. */
function compare(own: readonly Turn[], other: readonly Turn[], of: (turn: Turn) => number): Figure {
  return figure(own.map((turn, round) => of(turn) / of(other[round] as Turn)))
}
