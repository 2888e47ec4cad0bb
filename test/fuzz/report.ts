import type { Outcome } from './connection.ts'

/** What became of the requests to one place. */
export interface Tally {
  sent: number
  /** Answered by the kit: it puts its request id on every answer. */
  byKit: number
  /** Of those, answered with 2xx or 3xx: the request was still, or again, a good one. */
  accepted: number
  /** Of those, put off with 503 because there was too much to do. */
  putOff: number
}

/** Something that must not be. */
export interface Finding {
  readonly what: string
  /** The number of the request, by which it can be sent again. */
  readonly request?: number
  readonly raw?: Buffer
  readonly outcome?: Outcome
}

/** What came of a campaign. */
export interface Report {
  readonly tallies: ReadonlyMap<string, Tally>
  /** Answered by Node or the framework: not ours, or no HTTP. */
  readonly byOthers: number
  /** Closed by the server without an answer, or by us because the request had no end. */
  readonly unanswered: number
  /** Bytes in use after a garbage collection, along the way. */
  readonly heap: readonly number[]
  /** For how long the server answered nobody, at most. */
  readonly standstillMs: number
  readonly seconds: number
  readonly findings: readonly Finding[]
}
