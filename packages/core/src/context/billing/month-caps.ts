import type { Plan } from '../../model/plan.ts'
import type { Workspace } from '../../model/workspace.ts'

/** What a workspace's month is held to. An absent cap is none. */
export interface MonthCaps {
  /** How many billable requests the plan's fee covers. */
  readonly includedRequests: number
  /** The most billable requests. */
  readonly requests: number | undefined
  /** The most that billable requests beyond the included ones may cost together, in nano-euro. */
  readonly spendNanoEuro: number | undefined
}

/** The smaller of what the plan and the owner allow; `undefined` where neither has a cap. */
export function capsOf(
  { includedRequests, hardCap }: Pick<Plan, 'includedRequests' | 'hardCap'>,
  workspace: Pick<Workspace, 'monthlyRequestCap' | 'monthlySpendCapNanoEuro'>,
): MonthCaps | undefined {
  const { monthlyRequestCap, monthlySpendCapNanoEuro: spendNanoEuro } = workspace
  if (!hardCap && monthlyRequestCap === undefined && spendNanoEuro === undefined) return undefined
  const requests = hardCap
    ? Math.min(includedRequests, monthlyRequestCap ?? includedRequests)
    : monthlyRequestCap
  return { includedRequests, requests, spendNanoEuro }
}
