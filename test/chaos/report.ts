import { LIMIT } from './installation.ts'
import type { Notes } from './notebook.ts'
import type { Cut, CuttingProxy } from './proxy.ts'
import type { Reconciled } from './reconcile.ts'
import type { Scene } from './scenes.ts'
import { GARBLED, NOTHING_WHOLE, problemsOf as problemsOfBooks, type Verdict } from './verdict.ts'

/** What came of a scene. */
export interface SceneReport {
  readonly scene: Scene
  readonly seed: number
  readonly seconds: number
  readonly processes: number
  readonly notes: Notes
  readonly cuts: readonly CuttingProxy['cuts'][]
  readonly verdict: Verdict
  readonly reconciled: Reconciled
  /** How many requests the processes say that they admitted without metering them. */
  readonly unmetered: number
  /** Requests that were answered and have no event, and nothing that the scene allows is the reason. */
  readonly unexplained: readonly string[]
  /** How long it took until every process served again once nothing was done to it. */
  readonly recoveryMs: number
  /** What every process answered at the end to callers that are to be refused. */
  readonly lastWords: { readonly doomed: readonly number[]; readonly limited: readonly number[] }
}

/**
 * How soon a process knows of a revocation, at the latest: within a second where it hears of changes, and where a connection
 * has gone silent, when it finds that out. It asks every five seconds, and waits five for the answer.
 */
const REVOCATION_MS = 11_000

/** Un-synced admissions of one process, at most: what each further one may admit beyond the limit. */
const OVERSHOOT = Math.max(1, Math.floor(LIMIT / 20))

/** Everything that is wrong with a scene, in words; nothing when all is well. */
export function problemsOf(report: SceneReport): string[] {
  const { scene, processes, notes, lastWords, reconciled } = report
  const problems = problemsOfBooks({ ...report.verdict, lost: report.unexplained }, notes.mayBeCharged)
  if (reconciled.problem !== '') problems.push(`xwms usage reconcile did not pass:\n${reconciled.problem}`)
  else if (reconciled.events !== report.verdict.events)
    problems.push(`xwms usage reconcile saw ${reconciled.events} events of ${report.verdict.events}`)
  if (notes.disorderly.length > 0)
    problems.push(`Processes did not end in order: ${notes.disorderly.join(', ')}`)
  if (notes.complaints !== '') problems.push(`The processes complained:\n${notes.complaints}`)
  if (notes.servedAfterRevocationMs === undefined) problems.push('No secret was revoked')
  else if (notes.servedAfterRevocationMs > REVOCATION_MS)
    problems.push(`A revoked secret was served ${notes.servedAfterRevocationMs} ms after its revocation`)
  if (lastWords.doomed.some(status => status !== 401))
    problems.push(`The revoked secret got ${lastWords.doomed.join(', ')} at the end, and not 401 everywhere`)
  if (lastWords.limited.some(status => status !== 429))
    problems.push(`The limit let through ${lastWords.limited.join(', ')} at the end, and not 429 everywhere`)
  // A process that is killed takes with it what it had not written.
  const killed = scene.mayLose === 'by SIGKILL' ? (notes.faults['processes killed'] ?? 0) : 0
  const most = LIMIT + (processes - 1 + killed) * OVERSHOOT
  if (scene.limits && notes.limitedServed > most)
    problems.push(
      `${notes.limitedServed} requests were served under a limit of ${LIMIT}, with ${most} at most`,
    )
  return [...problems, ...untoldProblems(report), ...depthProblems(report)]
}

/** What is not metered has to be told: all of it, and no more than was answered or ended without an answer. */
function untoldProblems({ scene, unmetered, verdict }: SceneReport): string[] {
  const lost = scene.mayLose === 'while away' ? verdict.lost.length : 0
  const most = lost + (verdict.received.get(NOTHING_WHOLE) ?? 0)
  if (unmetered >= lost && unmetered <= most) return []
  return [`${unmetered} requests were told of as not metered, and it were ${lost} to ${most}`]
}

/** Chaos that did not come about proves nothing. */
function depthProblems({ scene, seed, seconds, processes, notes, verdict, cuts }: SceneReport): string[] {
  const problems: string[] = []
  const served = verdict.received.get(200) ?? 0
  if (served < seconds) problems.push(`Only ${served} of ${verdict.sent} were served`)
  if (scene.whenUnavailable !== 'refuse' && notes.servedWhileAway === 0)
    problems.push('Nobody was served while PostgreSQL was away')
  const planned = scene.plan({ seed, seconds, processes }).length
  const happened = Object.entries(notes.faults).filter(([name]) => name !== 'connections cut')
  const count = happened.reduce((sum, [, times]) => sum + times, 0)
  if (count < planned - 1) problems.push(`Only ${count} of ${planned} faults came about`)
  if (scene.mayLose === 'while away' && verdict.lost.length === 0) problems.push('Nothing went unmetered')
  if (scene.cuts.commits > 0 && total(cutsOf(cuts)) === 0) problems.push('No cut met a commit')
  return problems
}

function cutsOf(cuts: readonly CuttingProxy['cuts'][]): Map<Cut, number> {
  const sums = new Map<Cut, number>()
  for (const { commits } of cuts) {
    for (const [cut, times] of commits) sums.set(cut, (sums.get(cut) ?? 0) + times)
  }
  return sums
}

function total(sums: ReadonlyMap<Cut, number>): number {
  return [...sums.values()].reduce((sum, times) => sum + times, 0)
}

/** A scene in some lines. */
export function summaryOf(report: SceneReport): string {
  const { scene, seed, seconds, processes, notes, verdict, lastWords, reconciled } = report
  const statuses = [...verdict.received].sort(([one], [other]) => one - other)
  const received = statuses.map(([status, times]) => `${times} ${STATUS_WORDS[status] ?? `with ${status}`}`)
  const faults = Object.entries(notes.faults).map(([name, times]) => `${times} ${name}`)
  const commits = [...cutsOf(report.cuts)].map(([cut, times]) => `${cut} ${times}`)
  const late = notes.servedAfterRevocationMs ?? 0
  return [
    `${scene.name}: ${scene.title}`,
    `  ${seconds} s with seed ${seed}, ${processes} processes: ${verdict.sent} requests sent, ${verdict.events} events`,
    `  callers received: ${received.join(', ')}`,
    `  done to them: ${faults.join(', ') || 'nothing'}; not possible: ${notes.skipped}`,
    `  xwms usage reconcile: ${reconciled.problem === '' ? `passed, ${reconciled.events} events` : 'did not pass'}`,
    `  commits cut: ${commits.join(', ') || 'none'}`,
    `  charged without a whole answer: ${verdict.chargedPutOff.length} put off with 503, ` +
      `${verdict.chargedUnanswered.length} unanswered; at most ${notes.mayBeCharged}`,
    `  served while PostgreSQL was away: ${notes.servedWhileAway}`,
    ...(scene.mayLose === 'nothing' ? [] : [lossLine(report)]),
    `  limit ${LIMIT}: ${notes.limitedServed} served; revoked secret: served for ${late} ms more, ` +
      `then ${lastWords.doomed.join(', ')}; recovered in ${report.recoveryMs} ms`,
  ].join('\n')
}

function lossLine({ scene, verdict, unmetered }: SceneReport): string {
  const { length } = verdict.lost
  return scene.mayLose === 'while away'
    ? `  answered and not metered, as the log says: ${length} of ${unmetered}`
    : `  answered and lost by SIGKILL: ${length}`
}

const STATUS_WORDS: Readonly<Record<number, string>> = {
  [NOTHING_WHOLE]: 'without a whole answer',
  [GARBLED]: 'garbled',
}

/** A scene for a program. */
export function asJson(report: SceneReport): object {
  const { scene, seed, seconds, processes, notes, verdict, recoveryMs, lastWords, reconciled } = report
  const { unmetered, unexplained } = report
  return {
    scene: scene.name,
    ...{ seed, seconds, processes, recoveryMs, lastWords, reconciled, unmetered, unexplained },
    notes,
    commitsCut: Object.fromEntries(cutsOf(report.cuts)),
    verdict: { ...verdict, received: Object.fromEntries(verdict.received) },
    problems: problemsOf(report),
  }
}
