/** One line of the ledger. */
export interface BookedEvent {
  readonly requestId: string
  readonly at: Date
  readonly workspaceId: string
  readonly clientId: string
  readonly domainId: string
  readonly route: string
  readonly mode: string
  readonly status: number
  readonly unitPriceNanoEuro: number
  /** The first moment of the billing month that it counts in. */
  readonly month: Date
}

/** One hourly counter. */
export interface BookedCounter extends Omit<BookedEvent, 'requestId' | 'at' | 'status'> {
  readonly hour: Date
  readonly statusClass: number
  readonly requests: number
}

/** What a workspace has to pay of in a month, so far. */
export interface BookedMonth {
  readonly workspaceId: string
  readonly month: Date
  readonly unitPriceNanoEuro: number
  readonly requests: number
}

/** Everything that the database says about usage. */
export interface Books {
  readonly events: Iterable<BookedEvent>
  readonly counters: Iterable<BookedCounter>
  readonly months: Iterable<BookedMonth>
  /** The request ids of admitted requests in the request log, which keeps all of them here. */
  readonly log: Iterable<string>
}

/** No answer came, or not the whole of it. */
export const NOTHING_WHOLE = 0
/** An answer came that counts as whole by the rules of HTTP, and yet is not what the host wrote. */
export const GARBLED = -1

/** By request id: the status of an answer that its caller received whole, or one of the two above. */
export type Answers = ReadonlyMap<string, number>

/** What the books and the callers say of each other. Every list but the last two has to be empty. */
export interface Verdict {
  /** Requests sent. */
  readonly sent: number
  /** By status; under {@link NOTHING_WHOLE} those without a whole answer. */
  readonly received: ReadonlyMap<number, number>
  readonly events: number
  /** Whole answers of the host's own, and no event. */
  readonly lost: readonly string[]
  /** More than one event. */
  readonly doubled: readonly string[]
  /** Events of requests that nobody sent. */
  readonly invented: readonly string[]
  /** Events with another status than the answer. */
  readonly mistaken: readonly string[]
  /** Events of requests that were refused before anything could be charged. */
  readonly chargedRefusals: readonly string[]
  /** Answers that no request may get, whatever happens around it. */
  readonly unexpected: readonly string[]
  /** Counters that are not what the events add up to. */
  readonly counters: readonly string[]
  /** Month totals that are not what the counters add up to. */
  readonly months: readonly string[]
  /** Requests that are not in the log as often as among the events. */
  readonly log: readonly string[]
  /** Events of requests that were put off with 503: what they did was recorded after all. */
  readonly chargedPutOff: readonly string[]
  /** Events of requests whose caller received no whole answer. */
  readonly chargedUnanswered: readonly string[]
}

/** What the host's own routes answer: each of these has its event. */
const METERED: ReadonlySet<number> = new Set([200, 410])
/** The rule chain's refusals, decided before the host was asked. */
const REFUSED: ReadonlySet<number> = new Set([401, 429])
/** The storage is away. */
const PUT_OFF = 503

/** Compares what callers received with what was booked. */
export function judge(answers: Answers, books: Books): Verdict {
  const lists = { invented: [], mistaken: [], chargedRefusals: [], chargedPutOff: [], chargedUnanswered: [] }
  const found: Record<keyof typeof lists, string[]> = lists
  const counted = new Map<string, number>()
  const booked = new Map<string, number>()
  for (const event of books.events) {
    const { requestId: id } = event
    const times = (booked.get(id) ?? 0) + 1
    booked.set(id, times)
    add(
      counted,
      counterKey({ ...event, hour: hourOf(event.at), statusClass: Math.floor(event.status / 100) }),
      1,
    )
    const status = answers.get(id)
    if (status === undefined) found.invented.push(id)
    else if (status === NOTHING_WHOLE) found.chargedUnanswered.push(id)
    else if (status === PUT_OFF) found.chargedPutOff.push(id)
    else if (REFUSED.has(status)) found.chargedRefusals.push(id)
    else if (status !== event.status) found.mistaken.push(id)
  }

  const received = new Map<number, number>()
  const lost: string[] = []
  const unexpected: string[] = []
  for (const [id, status] of answers) {
    add(received, status, 1)
    if (METERED.has(status)) {
      if (!booked.has(id)) lost.push(id)
    } else if (status !== NOTHING_WHOLE && status !== PUT_OFF && !REFUSED.has(status)) {
      unexpected.push(`${id}: ${status}`)
    }
  }

  const counters = new Map<string, number>()
  const billable = new Map<string, number>()
  for (const counter of books.counters) {
    add(counters, counterKey(counter), counter.requests)
    if (counter.unitPriceNanoEuro > 0) add(billable, monthKey(counter), counter.requests)
  }
  const months = new Map<string, number>()
  for (const month of books.months) add(months, monthKey(month), month.requests)
  const logged = new Map<string, number>()
  for (const id of books.log) add(logged, id, 1)

  return {
    ...found,
    sent: answers.size,
    received,
    events: [...booked.values()].reduce((sum, times) => sum + times, 0),
    lost,
    doubled: [...booked].filter(([, times]) => times > 1).map(([id, times]) => `${id}: ${times} events`),
    unexpected,
    counters: differences(counted, counters),
    months: differences(billable, months),
    log: differences(booked, logged),
  }
}

function add<Key>(sums: Map<Key, number>, key: Key, more: number): void {
  sums.set(key, (sums.get(key) ?? 0) + more)
}

const HOUR_MS = 3_600_000

function hourOf(at: Date): Date {
  return new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS)
}

function counterKey(counter: Omit<BookedCounter, 'requests'>): string {
  const { hour, workspaceId, clientId, domainId, route, mode, statusClass, unitPriceNanoEuro } = counter
  const text = [workspaceId, clientId, domainId, route, mode, `${statusClass}xx`, unitPriceNanoEuro].join(' ')
  return `${hour.toISOString()} ${text} in ${counter.month.toISOString().slice(0, 7)}`
}

function monthKey({ workspaceId, month, unitPriceNanoEuro }: Omit<BookedMonth, 'requests'>): string {
  return `${month.toISOString().slice(0, 7)} ${workspaceId} ${unitPriceNanoEuro}`
}

function differences(wanted: ReadonlyMap<string, number>, found: ReadonlyMap<string, number>): string[] {
  return [...new Set([...wanted.keys(), ...found.keys()])]
    .filter(key => (wanted.get(key) ?? 0) !== (found.get(key) ?? 0))
    .map(key => `${key}: ${found.get(key) ?? 0} instead of ${wanted.get(key) ?? 0}`)
}

/** What must not be, in words that tell what each list is. */
const FAULTS = {
  lost: 'whole answers without an event',
  doubled: 'requests with more than one event',
  invented: 'events of requests that nobody sent',
  mistaken: 'events with another status than the answer',
  chargedRefusals: 'refused requests with an event',
  unexpected: 'answers that should not be',
  counters: 'counters that differ from the events',
  months: 'month totals that differ from the counters',
  log: 'requests that the log knows otherwise than the events',
} as const satisfies Partial<Record<keyof Verdict, string>>

/** How many of a list are named. */
const NAMED = 5

/**
 * Everything that is wrong, in words; nothing when all is well.
 * @param mayBeCharged how many events there may be of requests whose callers learnt of no success: as many as were under way
 * when a process was killed, a connection cut or PostgreSQL stopped
 */
export function problemsOf(verdict: Verdict, mayBeCharged: number): string[] {
  const problems = Object.entries(FAULTS).flatMap(([name, words]) => {
    const list = verdict[name as keyof typeof FAULTS]
    return list.length === 0 ? [] : [`${list.length} ${words}: ${list.slice(0, NAMED).join('; ')}`]
  })
  const charged = verdict.chargedPutOff.length + verdict.chargedUnanswered.length
  if (charged > mayBeCharged) {
    problems.push(`${charged} requests were charged without a whole answer, of ${mayBeCharged} at most`)
  }
  return problems
}
