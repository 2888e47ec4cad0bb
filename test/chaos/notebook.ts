import type { Exchange } from './driver.ts'
import type { End, Served } from './losses.ts'

/** What is noted while a scene goes on, beside the answers. */
export interface Notes {
  /** How often each thing was done to the system. */
  readonly faults: Readonly<Record<string, number>>
  /** Faults that could not be carried out, such as a revocation while PostgreSQL was away. */
  readonly skipped: number
  /**
   * How many requests may have been charged without a whole answer: those under way when a process was killed, a connection
   * cut or PostgreSQL stopped, and those whose callers left.
   */
  readonly mayBeCharged: number
  /** Served from the first byte to the last while there was no database. */
  readonly servedWhileAway: number
  /** Served to the caller with the small limit. */
  readonly limitedServed: number
  /** After how many milliseconds the revoked secret was served last; absent where nobody revoked it. */
  readonly servedAfterRevocationMs: number | undefined
  /** The signals that ended processes, in order. */
  readonly ends: readonly End[]
  /** How processes ended that were asked to, other than in order. */
  readonly disorderly: readonly string[]
  /** What the processes wrote on standard error. */
  readonly complaints: string
}

export interface Notebook {
  /** By request id. */
  readonly answers: ReadonlyMap<string, number>
  /** Those who received a whole answer of the host's, by request id. */
  readonly served: ReadonlyMap<string, Served>
  /** @param awaySince since when there has been no database, where there is none */
  note(exchange: Exchange, awaySince: number | undefined): void
  /** @param underWay how many requests were under way where it hit */
  fault(name: string, underWay: number): void
  skip(): void
  revoked(at: number): void
  end(end: End): void
  ended(words: readonly string[]): void
  complain(text: string): void
  notes(): Notes
}

const IN_ORDER = 'ended with exit code 0'

export function openNotebook(): Notebook {
  const answers = new Map<string, number>()
  const servedById = new Map<string, Served>()
  const ends: End[] = []
  const faults: { [name: string]: number } = {}
  const disorderly: string[] = []
  let skipped = 0
  let mayBeCharged = 0
  let servedWhileAway = 0
  let limitedServed = 0
  let revokedAt: number | undefined
  let servedAfterMs = 0
  let complaints = ''

  return {
    answers,
    served: servedById,
    note({ requestId, caller, place, sentAt, doneAt, status, left }, awaySince) {
      answers.set(requestId, status)
      if (left) mayBeCharged++
      // A 410 is the host's own answer: the caller was admitted.
      const served = (status >= 200 && status < 300) || status === 410
      if (served) servedById.set(requestId, { requestId, place, sentAt, doneAt })
      if (served && awaySince !== undefined && sentAt >= awaySince) servedWhileAway++
      if (served && caller === 'limited') limitedServed++
      if (served && caller === 'doomed' && revokedAt !== undefined) {
        servedAfterMs = Math.max(servedAfterMs, sentAt - revokedAt)
      }
    },
    fault(name, underWay) {
      faults[name] = (faults[name] ?? 0) + 1
      mayBeCharged += underWay
    },
    skip() {
      skipped++
    },
    revoked(at) {
      revokedAt = at
    },
    end(end) {
      ends.push(end)
    },
    ended(words) {
      disorderly.push(...words.filter(word => word !== IN_ORDER))
    },
    complain(text) {
      if (complaints.length < MOST_COMPLAINTS) complaints += text
    },
    notes: () => ({
      ...{ faults, skipped, mayBeCharged, servedWhileAway, limitedServed, ends, disorderly, complaints },
      servedAfterRevocationMs: revokedAt === undefined ? undefined : servedAfterMs,
    }),
  }
}

const MOST_COMPLAINTS = 20_000
