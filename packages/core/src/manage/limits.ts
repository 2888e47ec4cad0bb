import { rateLimit as rateLimitShape } from '../config/metering-options.ts'
import { InputError } from '../errors.ts'
import { text } from '../lib/schema.ts'
import type { Client } from '../model/client.ts'
import type { RateLimit } from '../model/plan.ts'
import type { Workspace } from '../model/workspace.ts'
import { checkCall } from './billing-input.ts'
import { limitByOwner, ownerLimitProblem } from './client-limits.ts'
import { changeClient } from './clients.ts'
import type { ManageEnvironment } from './environment.ts'
import { existingClient, existingWorkspace, notFound, planOf } from './existing.ts'
import { changedWorkspace, changeWorkspace, type WorkspaceChanges } from './workspaces.ts'

// What the people of a workspace may change by themselves: limits of their own, within those of their plan or what their operator gave them.

/** What {@link changeCaps} changes. Whatever is left out stays as it is; `null` removes the cap. */
export type CapChanges = Pick<WorkspaceChanges, 'monthlyRequestCap' | 'monthlySpendCapNanoEuro'>

/**
 * Changes the caps that a workspace sets itself.
 * @throws {InputError} `invalid_input`, `workspace_not_found`, `unknown_plan` or `changed_meanwhile`
 */
export async function changeCaps(
  environment: ManageEnvironment,
  workspaceId: string,
  changes: CapChanges,
): Promise<Workspace> {
  return await changeWorkspace(environment, workspaceId, before => {
    const { includedRequests, hardCap } = planOf(environment, before)
    const monthlyRequestCap = changes?.monthlyRequestCap
    if (hardCap && typeof monthlyRequestCap === 'number' && monthlyRequestCap > includedRequests) {
      const problem = `must be at most ${includedRequests}, where the plan ends`
      throw new InputError('invalid_input', `monthlyRequestCap ${problem}.`, { monthlyRequestCap: problem })
    }
    return changedWorkspace(environment, before, changes)
  })
}

/** A client, and the workspace that it has to be in. */
export interface ClientOfWorkspace {
  readonly workspaceId: string
  readonly clientId: string
}

const limitOrNone = rateLimitShape.nullable()

/**
 * Gives a client a limit of its owner's choice, within the plan's or what the operator gave it, whichever lets more through; `null`
 * leads back to what the operator gave it, or else to the plan's.
 * @throws {InputError} `invalid_input`, `client_not_found`, `unknown_plan` or `changed_meanwhile`
 */
export async function changeClientLimit(
  environment: ManageEnvironment,
  target: ClientOfWorkspace,
  rateLimit: RateLimit | null,
): Promise<Client> {
  checkCall({ workspaceId: text(), clientId: text(), rateLimit: limitOrNone }, target, { rateLimit })
  const read = () => clientOf(environment, target)
  return await changeClient(environment, read, async client => {
    const plan = planOf(environment, await existingWorkspace(environment, client.workspaceId))
    const problem = rateLimit && ownerLimitProblem(rateLimit, plan.rateLimit, client.operatorRateLimit)
    if (problem) throw new InputError('invalid_input', `rateLimit ${problem}.`, { rateLimit: problem })
    return {
      ...client,
      ...limitByOwner(client, rateLimit, environment),
      updatedAt: environment.now,
    }
  })
}

/**
 * A client of a workspace; somebody else's is not there either.
 * @throws {InputError} `client_not_found`
 */
export async function clientOf(
  environment: ManageEnvironment,
  { workspaceId, clientId }: ClientOfWorkspace,
): Promise<Client> {
  const client = await existingClient(environment, clientId)
  if (client.workspaceId !== workspaceId) throw notFound('client', 'clientId', clientId)
  return client
}
