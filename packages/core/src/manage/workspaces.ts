import * as z from 'zod'
import { auditEntry } from '../context/audit-entry.ts'
import { randomId } from '../lib/random.ts'
import { label, text } from '../lib/schema.ts'
import type { Sub } from '../model/user.ts'
import type { Member, Workspace } from '../model/workspace.ts'
import type { ManageEnvironment } from './environment.ts'
import { checkInput } from './input.ts'

/** What {@link createWorkspace} is told. */
export interface WorkspaceInput {
  readonly name: string
  /** The name of a plan in the configuration. */
  readonly plan: string
  /** Its first owner. That there is such a person is for the caller to know: people may live in the host's own accounts. */
  readonly owner: Sub
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

function workspaceInput({ plans }: ManageEnvironment) {
  return z.strictObject({
    name: label,
    plan: z.enum(Object.keys(plans), `must be one of the plans ${Object.keys(plans).join(', ')}`),
    owner: text().regex(/^[1-9]\d{0,15}$/, 'must be the sub of a user'),
  })
}
