import * as z from 'zod'
import { auditEntry } from '../context/audit-entry.ts'
import { changeStored } from '../context/change-stored.ts'
import { checkInput } from '../context/check-input.ts'
import { randomId } from '../lib/random.ts'
import { label, oneOf, text } from '../lib/schema.ts'
import type { Sub } from '../model/user.ts'
import { type Member, PLAN_STATUSES, type PlanStatus, type Workspace } from '../model/workspace.ts'
import type { ManageEnvironment } from './environment.ts'
import { existingWorkspace } from './existing.ts'
import { replaced } from './input.ts'

/** What {@link createWorkspace} is told. */
export interface WorkspaceInput {
  readonly name: string
  /** The name of a plan in the configuration. */
  readonly plan: string
  /** Its first owner. That there is such a person is for the caller to know: people may live in the host's own accounts. */
  readonly owner: Sub
}

/** What {@link updateWorkspace} changes. Whatever is left out stays as it is; `null` removes. */
export interface WorkspaceChanges {
  readonly name?: string
  /** The name of a plan in the configuration. */
  readonly plan?: string
  /** Inactive refuses every request of every client; rule 4. */
  readonly planStatus?: PlanStatus
  /** The most billable requests in a calendar month (UTC); rule 14. */
  readonly monthlyRequestCap?: number | null
  /** The most that requests beyond the included ones may cost in a calendar month, in nano-euro; rule 14. */
  readonly monthlySpendCapNanoEuro?: number | bigint | null
}

/**
 * Creates a workspace with its first owner; its plan is active at once.
 * @throws {InputError} `invalid_input`
 */
export async function createWorkspace(
  environment: ManageEnvironment,
  input: WorkspaceInput,
): Promise<Workspace> {
  const { name, plan, owner } = checkInput(workspaceInput(environment), input)
  const workspace: Workspace = {
    id: randomId('ws'),
    name,
    plan,
    planStatus: 'active',
    monthlyRequestCap: undefined,
    monthlySpendCapNanoEuro: undefined,
    billing: undefined,
    createdAt: environment.now,
  }
  const member: Member = {
    workspaceId: workspace.id,
    sub: owner,
    role: 'owner',
    createdAt: environment.now,
  }
  const audit = auditEntry(environment, {
    action: 'workspace.created',
    workspaceId: workspace.id,
    target: workspace.id,
    after: { ...workspace, owner },
  })
  await environment.storage.workspaces.create(workspace, [member], audit)
  return workspace
}

/**
 * Changes a workspace.
 * @throws {InputError} `invalid_input`, `workspace_not_found` or `changed_meanwhile`
 */
export async function updateWorkspace(
  environment: ManageEnvironment,
  workspaceId: string,
  changes: WorkspaceChanges,
): Promise<Workspace> {
  return await changeWorkspace(environment, workspaceId, before =>
    changedWorkspace(environment, before, changes),
  )
}

/**
 * What a workspace becomes by changes.
 * @throws {InputError} `invalid_input`
 */
export function changedWorkspace(
  environment: ManageEnvironment,
  before: Workspace,
  changes: WorkspaceChanges,
): Workspace {
  const fields = checkInput(workspaceChanges(environment), changes)
  return {
    ...before,
    name: fields.name ?? before.name,
    plan: fields.plan ?? before.plan,
    planStatus: fields.planStatus ?? before.planStatus,
    monthlyRequestCap: replaced(before.monthlyRequestCap, fields.monthlyRequestCap),
    monthlySpendCapNanoEuro: replaced(before.monthlySpendCapNanoEuro, fields.monthlySpendCapNanoEuro),
  }
}

/**
 * Changes a workspace as it is when the change is written.
 * @throws {InputError} `workspace_not_found`, `changed_meanwhile`, or whatever `change` throws
 */
export async function changeWorkspace(
  environment: ManageEnvironment,
  workspaceId: string,
  change: (before: Workspace) => Workspace,
): Promise<Workspace> {
  const { after } = await changeStored({
    kind: 'workspace',
    read: () => existingWorkspace(environment, workspaceId),
    change,
    write: (before, after) => {
      const about = { workspaceId, target: workspaceId }
      const audit = auditEntry(environment, { action: 'workspace.updated', ...about, before, after })
      return environment.storage.workspaces.update(before, after, audit)
    },
  })
  return after
}

function planName({ plans }: ManageEnvironment) {
  return z.enum(Object.keys(plans), `must be one of the plans ${Object.keys(plans).join(', ')}`)
}

/** A ceiling that may be removed. Zero lets no billable request through, or none beyond those that the plan includes. */
const cap = z.int('must be a whole number').min(0, 'must not be negative').nullish()

/** Money that programs reckon with is a bigint; the ceiling is kept as a number, and has to be one exactly. */
const spendCap = z.preprocess(
  given => (typeof given === 'bigint' && given <= Number.MAX_SAFE_INTEGER ? Number(given) : given),
  cap,
)

function workspaceChanges(environment: ManageEnvironment) {
  return z.strictObject({
    name: label.optional(),
    plan: planName(environment).optional(),
    planStatus: oneOf(PLAN_STATUSES).optional(),
    monthlyRequestCap: cap,
    monthlySpendCapNanoEuro: spendCap.optional(),
  })
}

function workspaceInput(environment: ManageEnvironment) {
  return z.strictObject({
    name: label,
    plan: planName(environment),
    owner: text().regex(/^[1-9]\d{0,15}$/, 'must be the sub of a user'),
  })
}
