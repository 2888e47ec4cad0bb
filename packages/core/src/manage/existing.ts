import { InputError } from '../errors.ts'
import { normaliseHost } from '../lib/host.ts'
import type { Client, Domain, Secret } from '../model/client.ts'
import type { Plan } from '../model/plan.ts'
import type { Workspace } from '../model/workspace.ts'
import type { ManageEnvironment } from './environment.ts'

// What a change refers to: each function answers the thing, or throws an InputError that names the field.

/** @throws {InputError} `workspace_not_found` */
export async function existingWorkspace(environment: ManageEnvironment, id: string): Promise<Workspace> {
  const workspace = await environment.storage.workspaces.find(id)
  if (workspace === undefined) throw notFound('workspace', 'workspaceId', id)
  return workspace
}

/** @throws {InputError} `client_not_found` */
export async function existingClient(environment: ManageEnvironment, id: string): Promise<Client> {
  const client = await environment.storage.clients.find(id)
  if (client === undefined) throw notFound('client', 'clientId', id)
  return client
}

/** @throws {InputError} `secret_not_found` */
export async function existingSecret(
  environment: ManageEnvironment,
  client: Client,
  id: string,
): Promise<Secret> {
  const secret = (await environment.storage.clients.secrets(client.id)).find(each => each.id === id)
  if (secret === undefined) throw notFound('secret of this client', 'secretId', id)
  return secret
}

/**
 * A client's domain by its id or its host, as `X-Client-Domain` names it.
 * @throws {InputError} `domain_not_found`
 */
export async function existingDomain(
  environment: ManageEnvironment,
  client: Client,
  idOrHost: string,
): Promise<Domain> {
  const host = normaliseHost(idOrHost)
  const domains = await environment.storage.clients.domains(client.id)
  const domain = domains.find(each => each.id === idOrHost || each.host === host)
  if (domain === undefined) throw notFound('domain of this client', 'domain', idOrHost)
  return domain
}

/**
 * The plan that a workspace is on.
 * @throws {InputError} `unknown_plan` when the configuration has none of that name any more
 */
export function planOf(environment: ManageEnvironment, workspace: Workspace): Plan {
  const plan = Object.hasOwn(environment.plans, workspace.plan)
    ? environment.plans[workspace.plan]
    : undefined
  if (plan === undefined) {
    throw new InputError(
      'unknown_plan',
      `The workspace ${workspace.id} is on the plan "${workspace.plan}", which the configuration does not have. Add it to the configuration's plans.`,
    )
  }
  return plan
}

/** A limit of the plan stands in the way. */
export function limitReached(
  code: 'client_limit_reached' | 'domain_limit_reached' | 'secret_limit_reached',
  plan: Plan,
  limit: string,
  remedy: string,
): InputError {
  return new InputError(code, `The plan ${plan.title} allows ${limit}, and no more. ${remedy}`)
}

/** What was there when a change began is gone before it is stored; people do not cause that, so it is no InputError. */
export function vanished(thing: string, id: string): Error {
  return new Error(`The ${thing} ${id} was there, and is gone.`)
}

export function notFound(thing: string, field: string, id: string): InputError {
  const code = `${thing.split(' ')[0]}_not_found`
  return new InputError(code, `There is no ${thing} ${JSON.stringify(id)}.`, { [field]: 'does not exist' })
}
