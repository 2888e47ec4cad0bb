import type { Context } from '../../context/context.ts'
import type { ManagedCall } from '../../context/endpoint.ts'
import { HttpError, InputError } from '../../errors.ts'
import { addressText } from '../../lib/ip.ts'
import type { Storage } from '../../storage/storage.ts'
import type { ManageEnvironment } from '../environment.ts'
import { validationFailed } from './query.ts'

/** The environment of `manage/`, in the name of whoever calls: a user by their `sub`, a client by its id. */
export function environmentOf(
  { storage, config, now }: Context,
  { manager, request }: ManagedCall,
): ManageEnvironment & { readonly storage: Storage } {
  return {
    storage,
    plans: config.plans,
    scopes: config.scopes,
    now: now(),
    actor: manager.user?.sub ?? manager.client.id,
    ip: addressText(request.ip),
  }
}

/** What `manage/` refuses, as the management API says it; anything else of it is a bad value. */
const REFUSALS: Readonly<Record<string, readonly [status: number, message: string]>> = {
  client_not_found: [404, 'There is no such client in this workspace.'],
  block_not_found: [404, 'There is no such block in this workspace.'],
  unknown_plan: [409, 'The plan of this workspace is not configured any more.'],
  changed_meanwhile: [409, 'Others keep changing the same at this moment, and each was quicker.'],
}

/**
 * Makes a change, and answers its refusals as HTTP.
 * @throws {HttpError} 422 `validation_failed` with the fields in snake_case, or what the table says
 */
export async function change<Changed>(work: () => Promise<Changed>): Promise<Changed> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const [status, message] = REFUSALS[error.code] ?? []
    if (status !== undefined) throw new HttpError(status, error.code, message ?? error.message)
    throw validationFailed(
      Object.fromEntries(Object.entries(error.fields).map(([name, problem]) => [snakeCase(name), problem])),
    )
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
