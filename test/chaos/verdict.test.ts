// The judge is judged: books that are wrong in one way each, and whether that is noticed.
import t from 'tap'
import {
  type BookedCounter,
  type BookedEvent,
  type BookedMonth,
  type Books,
  judge,
  problemsOf,
} from './verdict.ts'

const AT = new Date('2026-03-14T15:09:26.535Z')
const HOUR = new Date('2026-03-14T15:00:00Z')
const MONTH = new Date('2026-03-01T00:00:00Z')

interface Doctored extends Omit<Books, 'log'> {
  events: BookedEvent[]
  counters: BookedCounter[]
  months: BookedMonth[]
  /** Default: in step with the events. */
  log?: string[]
}

const PLACE = {
  workspaceId: 'ws',
  clientId: 'cl',
  domainId: 'do',
  route: 'GET /orders',
  mode: 'live',
  month: MONTH,
}

function event(requestId: string, status = 200, unitPriceNanoEuro = 50): BookedEvent {
  return { ...PLACE, requestId, at: AT, status, unitPriceNanoEuro }
}

function counter(requests: number, statusClass = 2, unitPriceNanoEuro = 50): BookedCounter {
  return { ...PLACE, hour: HOUR, statusClass, unitPriceNanoEuro, requests }
}

/** Three that were served, one that was free, one 410, one that heard nothing; and refusals. */
const ANSWERS = new Map([
  ...[1, 2, 3].map(n => [`paid-${n}`, 200] as const),
  ['free', 200],
  ['gone', 410],
  ['cut', 0],
  ['cut-early', 0],
  ['away', 503],
  ['revoked', 401],
  ['full', 429],
])

function rightBooks(): Doctored {
  return {
    events: [
      ...[1, 2, 3].map(n => event(`paid-${n}`)),
      event('free', 200, 0),
      event('gone', 410),
      event('cut'),
    ],
    counters: [counter(4), counter(1, 2, 0), counter(1, 4)],
    months: [{ workspaceId: 'ws', month: MONTH, unitPriceNanoEuro: 50, requests: 5 }],
  }
}

function complete(books: Doctored): Books {
  return { log: books.events.map(({ requestId }) => requestId), ...books }
}

/** What is said of books that somebody has been at. */
function problemsAfter(doctor: (books: Doctored) => void, answers = ANSWERS, mayBeCharged = 1): string[] {
  const books = rightBooks()
  doctor(books)
  return problemsOf(judge(answers, complete(books)), mayBeCharged)
}

t.test('books that are right are right', async t => {
  t.strictSame(
    problemsAfter(() => {}),
    [],
  )
  const { received, sent, events, chargedUnanswered } = judge(ANSWERS, complete(rightBooks()))
  t.same({ sent, events, chargedUnanswered }, { sent: 10, events: 6, chargedUnanswered: ['cut'] })
  t.equal(received.get(200), 4)
  t.equal(received.get(0), 2)
})

t.test('whatever is wrong is noticed, and nothing else', async t => {
  const cases: Readonly<Record<string, readonly [doctor: (books: Doctored) => void, noticed: RegExp[]]>> = {
    'a lost event, of which the counters know nothing either': [
      books => {
        books.events.shift()
        books.counters[0] = counter(3)
        books.months[0] = { ...(books.months[0] as BookedMonth), requests: 4 }
      },
      [/^1 whole answers without an event: paid-1$/],
    ],
    'the lost event of an answer that the host itself refused': [
      books => {
        books.events = books.events.filter(({ requestId }) => requestId !== 'gone')
        books.counters.pop()
        books.months[0] = { ...(books.months[0] as BookedMonth), requests: 4 }
      },
      [/without an event: gone$/],
    ],
    'an event that was lost from the ledger alone': [
      books => void books.events.shift(),
      [/without an event: paid-1$/, /^1 counters that differ from the events: .*: 4 instead of 3$/],
    ],
    'a doubled event, counted twice': [
      books => {
        books.events.push(event('paid-2'))
        books.counters[0] = counter(5)
        books.months[0] = { ...(books.months[0] as BookedMonth), requests: 6 }
      },
      [/^1 requests with more than one event: paid-2: 2 events$/],
    ],
    'a counter off by one': [
      books => {
        books.counters[1] = counter(2, 2, 0)
      },
      [/^1 counters that differ .* 2 instead of 1$/],
    ],
    'a counter in another hour': [
      books => {
        books.counters[1] = { ...counter(1, 2, 0), hour: new Date('2026-03-14T16:00:00Z') }
      },
      [/^2 counters that differ/],
    ],
    'a counter that is missing': [
      books => void books.counters.splice(1, 1),
      [/^1 counters that differ .* 0 instead of 1$/],
    ],
    'a month total off by one': [
      books => {
        books.months[0] = { ...(books.months[0] as BookedMonth), requests: 6 }
      },
      [/^1 month totals that differ from the counters: 2026-03 ws 50: 6 instead of 5$/],
    ],
    'a request that the log lacks': [
      books => {
        books.log = ['paid-1', 'paid-2', 'paid-3', 'free', 'gone']
      },
      [/^1 requests that the log knows otherwise than the events: cut: 0 instead of 1$/],
    ],
    'a request that the log has twice': [
      books => {
        books.log = ['paid-1', 'paid-1', 'paid-2', 'paid-3', 'free', 'gone', 'cut']
      },
      [/^1 requests that the log .* paid-1: 2 instead of 1$/],
    ],
    'an event of nobody': [
      books => {
        books.events.push(event('stranger', 200, 0))
        books.counters[1] = counter(2, 2, 0)
      },
      [/^1 events of requests that nobody sent: stranger$/],
    ],
    'a refusal that was charged': [
      books => {
        books.events.push(event('full', 200, 0))
        books.counters[1] = counter(2, 2, 0)
      },
      [/^1 refused requests with an event: full$/],
    ],
    'a status that is not the one of the answer': [
      books => {
        books.events[3] = event('free', 201, 0)
      },
      [/^1 events with another status than the answer: free$/],
    ],
    'more charged without an answer than were under way': [
      books => {
        books.events.push(event('away', 200, 0))
        books.counters[1] = counter(2, 2, 0)
      },
      [/^2 requests were charged without a whole answer, of 1 at most$/],
    ],
  }
  for (const [name, [doctor, noticed]] of Object.entries(cases)) {
    const problems = problemsAfter(doctor)
    t.equal(problems.length, noticed.length, `${name}: ${problems.join('\n')}`)
    for (const [index, pattern] of noticed.entries()) t.match(problems[index], pattern, name)
  }
})

t.test('an answer that nobody may get is noticed', async t => {
  for (const status of [500, 404, -1]) {
    t.strictSame(
      problemsAfter(() => {}, new Map([...ANSWERS, ['odd', status]])),
      [`1 answers that should not be: odd: ${status}`],
    )
  }
})
