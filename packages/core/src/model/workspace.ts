import type { Sub } from './user.ts'

export const PLAN_STATUSES = ['active', 'inactive'] as const
export type PlanStatus = (typeof PLAN_STATUSES)[number]

/** To whom a workspace's invoices are made out. */
export interface BillingDetails {
  /** Of the company or the person. */
  readonly name: string
  /** Street, postal code and town, as they are to be printed. */
  readonly addressLines: readonly string[]
  /** ISO 3166-1 alpha-2; it may decide about VAT. */
  readonly country: string
  readonly vatId?: string
  readonly email?: string
}

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
  /** Absent until somebody gives them; invoices then bear the workspace's name alone. */
  readonly billing: BillingDetails | undefined
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
