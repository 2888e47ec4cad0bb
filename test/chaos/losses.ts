/** A request whose caller received a whole answer of the host's. */
export interface Served {
  readonly requestId: string
  /** The place of the process that answered. */
  readonly place: number
  /** When the caller sent it and had the whole answer, in milliseconds. */
  readonly sentAt: number
  readonly doneAt: number
}

/** A time in which a process knew its storage to be away, in milliseconds. */
export interface Away {
  readonly from: number
  /** Absent while it lasts. */
  readonly to: number | undefined
}

/** A signal that ended the process at a place. */
export interface End {
  readonly place: number
  readonly at: number
  readonly signal: 'SIGKILL' | 'SIGTERM'
}

/** Requests without an event that nothing allows: under `admit` those whose process knew its storage all the time. */
export function lostWhileThere(lost: readonly Served[], away: readonly (readonly Away[])[]): string[] {
  const isExplained = ({ place, sentAt, doneAt }: Served) =>
    away[place]?.some(({ from, to = Number.POSITIVE_INFINITY }) => from <= doneAt && to >= sentAt)
  return namesOf(lost.filter(one => !isExplained(one)))
}

/** How much later than another one an answer may be received that was given before it. */
const JITTER_MS = 500

/**
 * The same under `after-response`: those that no SIGKILL explains. What a killed process had not written yet is the last that it
 * answered, because it writes in the order of its answers; whatever it lost before something that it wrote it lost in another way.
 */
export function lostWithoutKill(
  lost: readonly Served[],
  booked: readonly Served[],
  ends: readonly End[],
): string[] {
  const endOf = ({ place, sentAt }: Served) => ends.find(end => end.place === place && end.at >= sentAt)
  const lastWritten = new Map<End | undefined, number>()
  for (const one of booked) {
    const end = endOf(one)
    lastWritten.set(end, Math.max(lastWritten.get(end) ?? 0, one.doneAt))
  }
  return namesOf(
    lost.filter(one => {
      const end = endOf(one)
      return end?.signal !== 'SIGKILL' || one.doneAt < (lastWritten.get(end) ?? 0) - JITTER_MS
    }),
  )
}

function namesOf(requests: readonly Served[]): string[] {
  return requests.map(({ requestId }) => requestId)
}
