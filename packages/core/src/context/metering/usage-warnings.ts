import { formatEuro } from '../../lib/money.ts'
import { formatMonth } from '../../lib/month.ts'
import type { Plan } from '../../model/plan.ts'
import type { Workspace } from '../../model/workspace.ts'
import type { TimelyEvent } from '../../model/workspace-event.ts'
import type { Cap, MonthUse } from './month-use.ts'

const PERCENTS = [50, 80, 100] as const

/** What a workspace has of something in a month, and how much of it is used. */
interface Measure {
  readonly type: 'usage.allowance' | 'usage.request_cap' | 'usage.spend_cap'
  readonly used: bigint
  readonly of: bigint
  /** `of` for a person. */
  readonly words: string
}

/** An event about a workspace's month; when it is told is settled then. */
export type UsageWarning = Omit<TimelyEvent, 'at'>

/**
 * A warning for each mark (50, 80 and 100 %) of the allowance and of the owner's caps that a month has reached. Each has a key by
 * which it is recorded once, until the allowance or the cap itself changes.
 * @param counted by which requests: those in the ledger, or those that are under way, too
 */
export function usageWarnings(
  use: MonthUse,
  workspace: Workspace,
  plan: Plan,
  counted: 'settled' | 'all' = 'settled',
): UsageWarning[] {
  return measuresOf(use, workspace, plan, counted).flatMap(measure =>
    PERCENTS.filter(percent => measure.used * 100n >= measure.of * BigInt(percent)).map(percent =>
      warningOf(measure, percent, use),
    ),
  )
}

/**
 * What there is to tell where a request is refused by a cap: the marks, by the same requests as it was refused by, and then the
 * refusal. The requests that fill a cap may be under way for long, and a refusal is not to come before the marks that lead to it.
 */
export function warningsOfRefusal(
  use: MonthUse,
  workspace: Workspace,
  plan: Plan,
  cap: Cap,
): readonly UsageWarning[] {
  const refusal = refusalWarning(use, workspace, plan, cap)
  // The first of many refusals is looked at closely.
  return use.warned.has(refusal.key) ? [] : [...usageWarnings(use, workspace, plan, 'all'), refusal]
}

/**
 * That requests are refused from now on, because of a cap: the owner's own, or the plan's where that is smaller. A spend cap refuses
 * what would go beyond it, which may be before all of it is used up, and dear requests before cheap ones.
 */
function refusalWarning(
  { workspaceId, month }: MonthUse,
  workspace: Workspace,
  plan: Plan,
  cap: Cap,
): UsageWarning {
  const { monthlyRequestCap, monthlySpendCapNanoEuro } = workspace
  const { includedRequests } = plan
  const isPlans = endsWithPlan(plan, workspace)
  const name = cap === 'spend' ? 'spend_cap' : isPlans ? 'allowance' : 'request_cap'
  const of = BigInt(
    (cap === 'spend' ? monthlySpendCapNanoEuro : isPlans ? includedRequests : monthlyRequestCap) ?? 0,
  )
  const words = {
    spend_cap: `the spend cap of ${formatEuro(of)} a month is reached. Raise the cap`,
    request_cap: `the cap of ${requestsText(of)} a month is reached. Raise the cap`,
    allowance: `the plan allows ${requestsText(of)} a month and no more. Change the plan`,
  }[name]
  const monthName = formatMonth(month)
  return {
    workspaceId,
    clientId: undefined,
    type: 'usage.refused',
    key: `usage.refused:${monthName}:${name}:${of}`,
    message: `Requests are refused from now on: ${words}, or wait for the next month (UTC).`,
    data: { month: monthName, cap: name, of: String(of) },
  }
}

/** Whether a plan ends with what it includes before the owner's own cap does. */
export function endsWithPlan(
  { includedRequests, hardCap }: Plan,
  { monthlyRequestCap }: Pick<Workspace, 'monthlyRequestCap'>,
): boolean {
  return hardCap && includedRequests <= (monthlyRequestCap ?? includedRequests)
}

function measuresOf(use: MonthUse, workspace: Workspace, plan: Plan, counted: 'settled' | 'all'): Measure[] {
  const { includedRequests } = plan
  const { monthlyRequestCap, monthlySpendCapNanoEuro } = workspace
  const requests = BigInt(counted === 'all' ? use.requests : use.settledRequests)
  const measures: Measure[] = []
  if (includedRequests > 0) {
    const words = `the ${requestsText(includedRequests)} that the plan includes`
    measures.push({ type: 'usage.allowance', used: requests, of: BigInt(includedRequests), words })
  }
  if (monthlyRequestCap) {
    const words = `the cap of ${requestsText(monthlyRequestCap)} a month`
    measures.push({ type: 'usage.request_cap', used: requests, of: BigInt(monthlyRequestCap), words })
  }
  if (monthlySpendCapNanoEuro) {
    const of = BigInt(monthlySpendCapNanoEuro)
    const words = `the spend cap of ${formatEuro(of)} a month`
    const used = counted === 'all' ? use.cost(includedRequests) : use.settledCost(includedRequests)
    measures.push({ type: 'usage.spend_cap', used, of, words })
  }
  return measures
}

function warningOf(
  { type, of, words }: Measure,
  percent: number,
  { workspaceId, month }: MonthUse,
): UsageWarning {
  const name = formatMonth(month)
  return {
    workspaceId,
    clientId: undefined,
    type,
    key: `${type}:${name}:${of}:${percent}`,
    message:
      percent === 100
        ? `${capitalised(words)}: all used up.`
        : `${capitalised(words)}: ${percent} % used up.`,
    data: { month: name, percent, of: String(of) },
  }
}

function requestsText(requests: number | bigint): string {
  return `${requests.toLocaleString('en')} ${BigInt(requests) === 1n ? 'request' : 'requests'}`
}

function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
