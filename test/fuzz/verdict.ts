import type { Finding, Report } from './campaign.ts'

/** Of all requests; the rest is refused by Node, or meant for the host. */
const LEAST_SHARE_BY_KIT = 0.8
/** Of the requests to one place, where there were enough of them to tell. */
const LEAST_SHARE_OF_A_PLACE = 0.7
const ENOUGH_TO_TELL = 100
/** How much more memory may be in use at the end than after the first lap. */
const GROWTH_BYTES = 8 * 1024 * 1024

/** Everything that is wrong with a campaign, in words; nothing when all is well. */
export function problemsOf(report: Report): string[] {
  return [...report.findings.map(describeFinding), ...depthProblems(report), ...growthProblems(report)]
}

/** The campaign in one line. */
export function summaryOf({ tallies, byOthers, unanswered, heap }: Report): string {
  const { sent, byKit, accepted } = total(tallies)
  const mebibytes = heap.map(bytes => Math.round(bytes / 1024 / 1024)).join(', ')
  return (
    `${sent} requests: ${byKit} answered by the kit (${accepted} with 2xx or 3xx), ${byOthers} by Node or the ` +
    `framework, ${unanswered} not; heap ${mebibytes} MiB`
  )
}

function total(tallies: Report['tallies']) {
  const sum = { sent: 0, byKit: 0, accepted: 0 }
  for (const { sent, byKit, accepted } of tallies.values()) {
    sum.sent += sent
    sum.byKit += byKit
    sum.accepted += accepted
  }
  return sum
}

/** A campaign that the kit hardly saw proves nothing. */
function depthProblems({ tallies }: Report): string[] {
  const { sent, byKit } = total(tallies)
  if (sent < ENOUGH_TO_TELL) return []
  const problems: string[] = []
  if (byKit < sent * LEAST_SHARE_BY_KIT) problems.push(`Only ${byKit} of ${sent} requests reached the kit`)
  for (const [place, tally] of tallies) {
    if (tally.sent >= ENOUGH_TO_TELL && tally.byKit < tally.sent * LEAST_SHARE_OF_A_PLACE)
      problems.push(`Only ${tally.byKit} of ${tally.sent} requests reached ${place}`)
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
