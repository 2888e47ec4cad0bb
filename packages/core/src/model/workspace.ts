import type { Sub } from './user.ts'

export const PLAN_STATUSES = ['active', 'inactive'] as const
export type PlanStatus = (typeof PLAN_STATUSES)[number]

/** The team that owns clients, holds a plan and gets the invoice. */
export interface Workspace {
  readonly id: string
  readonly name: string
  /** The name of a plan in the configuration. */
  readonly plan: string
  readonly planStatus: PlanStatus
  /** The owner's own ceiling on billable requests (live ones with a price) in a calendar month (UTC); rule 14. */
  readonly monthlyRequestCap: number | undefined
  /** The owner's own ceiling on what billable requests beyond the included ones may cost in a calendar month; rule 14. */
  readonly monthlySpendCapNanoEuro: number | undefined
  readonly createdAt: Date
}

export const ROLES = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const
export type Role = (typeof ROLES)[number]

/** A person's place in a workspace. */
export interface Member {
  readonly workspaceId: string
  readonly sub: Sub
  readonly role: Role
  readonly createdAt: Date
}
