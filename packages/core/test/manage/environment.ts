import { memory } from '@xwms/storage-memory'
import { BUILT_IN_SCOPES, DEFAULT_PLANS } from '../../src/config/defaults.ts'
import { InputError } from '../../src/errors.ts'
import type { ManageEnvironment } from '../../src/manage/environment.ts'
import { createWorkspace } from '../../src/manage/workspaces.ts'
import type { Workspace } from '../../src/model/workspace.ts'
import type { Storage } from '../../src/storage/storage.ts'

export const NOW = new Date('2026-01-31T12:00:00Z')
export const OWNER = '4711'

/** An environment over a storage of its own. */
export function environment(): ManageEnvironment & { readonly storage: Storage } {
  return {
    storage: memory(),
    plans: DEFAULT_PLANS,
    scopes: BUILT_IN_SCOPES,
    now: NOW,
    actor: 'test',
    ip: '192.0.2.1',
  }
}

export function workspaceOn(plan: string, environment: ManageEnvironment): Promise<Workspace> {
  return createWorkspace(environment, { name: 'Acme', plan, owner: OWNER })
}

/** The code and the fields of the InputError that an attempt ends with. */
export async function refusal(
  attempt: Promise<unknown>,
): Promise<{ code: string; fields: Readonly<Record<string, string>>; message: string }> {
  try {
    await attempt
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return { code: error.code, fields: error.fields, message: error.message }
  }
  throw new Error('The attempt succeeded.')
}
