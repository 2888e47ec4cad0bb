import type { Outcome } from './connection.ts'
import type { Wire } from './draft.ts'
import type { Finding, Report } from './report.ts'
import type { Place } from './skeletons.ts'

/** Of all requests; the rest is refused by Node, or meant for the host. */
const LEAST_SHARE_BY_KIT = 0.8
/** Of the requests to one place, where there were enough of them to tell. */
const LEAST_SHARE_OF_A_PLACE = 0.7
const ENOUGH_TO_TELL = 100
/** Of the requests to one place: the rest would have to say more than that there is too much to do. */
const MOST_SHARE_PUT_OFF = 0.05
/** Where even what is asked for is shown as a refusal. */
const REFUSES: ReadonlySet<string> = new Set(['GET /error'])
/** How much more memory may be in use at the end than after the first lap. */
const GROWTH_BYTES = 8 * 1024 * 1024

type Answer = Extract<Outcome, { kind: 'answer' }>

/** The kit puts its request id on every answer; Node and the frameworks know no such thing. */
export function isOfKit({ head }: Answer): boolean {
  return /\r\nx-request-id: /i.test(head)
}

/**
 * What is wrong with what came back for a request, if anything is.
 * @param isIntact whether nobody but Node itself may have answered in the kit's place
 */
export function problemOf(place: Place, wire: Wire, isIntact: boolean, outcome: Outcome): string | undefined {
  const { bytes, complete } = wire
  switch (outcome.kind) {
    case 'silence':
      return complete ? 'No answer in time' : undefined
    case 'closed':
      // Node closes on CONNECT, for which nobody listens.
      return complete && !bytes.subarray(0, 8).equals(CONNECT)
        ? 'The connection was closed without an answer'
        : undefined
    case 'answer':
      if (complete && outcome.surplus > 0) return 'There was more than one answer'
      if (isIntact && !isOfKit(outcome) && !isOfNode(outcome)) return 'The answer has no request id'
      return answerProblem(outcome) ?? (isIntact ? refusalProblem(place, outcome, isHead(wire)) : undefined)
  }
}

const CONNECT = Buffer.from('CONNECT ')
const HEAD = Buffer.from('HEAD ')

function isHead({ bytes }: Wire): boolean {
  return bytes.subarray(0, HEAD.length).equals(HEAD)
}

/** What Node refuses by itself, without a word: no HTTP, too many fields, or an expectation that nobody knows. */
function isOfNode({ status, body }: Answer): boolean {
  return (body === '' || body === NO_CHUNKS) && [400, 417, 431].includes(status)
}

const NO_CHUNKS = '0\r\n\r\n'

/** 503 is for when there is too much to do; any other cause of it is in the log, which is looked at too. */
function answerProblem({ status, head, body }: Answer): string | undefined {
  if (status >= 500 && status !== 503) return `The status was ${status}`
  if (/\r\nx-injected:/i.test(head)) return 'A line of the request became a field of the answer'
  if (/node_modules|at .+\.ts:\d+/.test(body)) return 'The answer tells of the program'
  return undefined
}

/** RFC 6749 section 5.2: what an error and its description may be written in. */
const ERROR_TEXT = /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/

/** What a refusal is written in. */
const CONTENT_TYPES: Readonly<Record<Place['failure'], RegExp>> = {
  page: /\r\ncontent-type: text\/html;/i,
  envelope: /\r\ncontent-type: application\/json;/i,
  oauth: /\r\ncontent-type: application\/json;/i,
  problem: /\r\ncontent-type: application\/problem\+json\r?(?:\n|$)/i,
}

/** What is wrong with how the kit says no. */
function refusalProblem({ failure }: Place, answer: Answer, isHead: boolean): string | undefined {
  const { status, head, body } = answer
  if (status < 400 || !isOfKit(answer)) return undefined
  if (!/\r\ncache-control: no-store\r?(?:\n|$)/i.test(head)) return 'A refusal may be stored'
  if (!CONTENT_TYPES[failure].test(head)) return 'A refusal is of the wrong type'
  if (isHead) return undefined
  switch (failure) {
    case 'page':
      return body.startsWith('<!doctype html>') ? undefined : 'A refusal is no page'
    case 'envelope':
      return isEnvelope(jsonOf(body)) ? undefined : 'A refusal is no envelope'
    case 'oauth':
      return isOAuthError(jsonOf(body)) ? undefined : 'A refusal is no error of RFC 6749'
    case 'problem':
      return isProblem(jsonOf(body), status) ? undefined : 'A refusal is no problem of RFC 9457'
  }
}

type JsonObject = Readonly<Record<string, unknown>>

function jsonOf(text: string): JsonObject {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

function isEnvelope({ status, message, error }: JsonObject): boolean {
  const { code, request_id } = Object(error) as JsonObject
  return [message, code, request_id].every(text => typeof text === 'string') && status === 'error'
}

function isOAuthError({ error, error_description: description }: JsonObject): boolean {
  return [error, description].every(text => typeof text === 'string' && ERROR_TEXT.test(text))
}

function isProblem({ status: told, ...members }: JsonObject, status: number): boolean {
  const { type, title, detail, code, request_id, fix } = members
  return (
    [type, title, detail, code, request_id, fix].every(text => typeof text === 'string') && told === status
  )
}

/** Everything that is wrong with a campaign, in words; nothing when all is well. */
export function problemsOf(report: Report): string[] {
  return [...report.findings.map(describeFinding), ...depthProblems(report), ...growthProblems(report)]
}

/** The campaign in one line. */
export function summaryOf(report: Report): string {
  const { tallies, byOthers, unanswered, heap, standstillMs, seconds } = report
  const { sent, byKit, accepted, putOff } = total(tallies)
  const mebibytes = [heap[0], heap.at(-1)].map(bytes => Math.round((bytes ?? 0) / 1024 / 1024)).join(' to ')
  return (
    `${sent} requests to ${tallies.size} places in ${Math.round(seconds)} s: ${byKit} answered by the kit ` +
    `(${accepted} with 2xx or 3xx, ${putOff} with 503), ${byOthers} by Node or the framework, ${unanswered} not; ` +
    `heap ${mebibytes} MiB, longest standstill ${standstillMs} ms`
  )
}

/** What became of the requests to each place, in a line each. */
export function tableOf({ tallies, heap }: Report): string {
  const lines = [...tallies].map(
    ([name, { sent, byKit, accepted, putOff }]) =>
      `  ${name}: ${sent} sent, ${byKit} by the kit, ${accepted} accepted, ${putOff} put off`,
  )
  return [...lines, `  heap in KiB: ${heap.map(bytes => Math.round(bytes / 1024)).join(', ')}`].join('\n')
}

function total(tallies: Report['tallies']) {
  const sum = { sent: 0, byKit: 0, accepted: 0, putOff: 0 }
  for (const { sent, byKit, accepted, putOff } of tallies.values()) {
    sum.sent += sent
    sum.byKit += byKit
    sum.accepted += accepted
    sum.putOff += putOff
  }
  return sum
}

/** A campaign that the kit hardly saw, or that was never right about anything, proves nothing. */
function depthProblems({ tallies }: Report): string[] {
  const { sent, byKit } = total(tallies)
  if (sent < ENOUGH_TO_TELL) return []
  const problems: string[] = []
  if (byKit < sent * LEAST_SHARE_BY_KIT) problems.push(`Only ${byKit} of ${sent} requests reached the kit`)
  for (const [place, tally] of tallies) {
    if (tally.sent < ENOUGH_TO_TELL) continue
    if (tally.byKit < tally.sent * LEAST_SHARE_OF_A_PLACE)
      problems.push(`Only ${tally.byKit} of ${tally.sent} requests reached ${place}`)
    if (tally.accepted === 0 && !REFUSES.has(place))
      problems.push(`None of ${tally.sent} requests to ${place} was accepted`)
    if (tally.putOff > tally.sent * MOST_SHARE_PUT_OFF)
      problems.push(`${tally.putOff} of ${tally.sent} requests to ${place} were put off`)
  }
  return problems
}

function growthProblems({ heap }: Report): string[] {
  const [first = 0] = heap
  const last = heap.at(-1) ?? first
  if (last - first <= GROWTH_BYTES) return []
  return [`The heap does not level off: ${heap.map(bytes => Math.round(bytes / 1024)).join(', ')} KiB`]
}

function describeFinding({ what, request, raw, outcome }: Finding): string {
  if (raw === undefined) return what
  const answer =
    outcome?.kind === 'answer' ? `\n--- answer\n${outcome.head}\n\n${outcome.body.slice(0, 500)}` : ''
  return `${what}\n--- request ${request}\n${printable(raw)}${answer}\n---`
}

/** Bytes as they could stand in a JavaScript string, but with line ends as such. */
function printable(raw: Buffer): string {
  const text = raw
    .toString('latin1')
    .replace(/[^\x20-\x7e\n\r]|\\/g, byte => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replaceAll('\r\n', '\n')
  return text.length > 3000 ? `${text.slice(0, 3000)}… (${raw.length} bytes)` : text
}
