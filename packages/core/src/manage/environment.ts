import type { Plan } from '../model/plan.ts'
import type { Storage } from '../storage/storage.ts'

/** What every change finds around it, beside its input. */
export interface ManageEnvironment {
  readonly storage: Pick<Storage, 'users' | 'workspaces' | 'clients'>
  /** Plans by name, as in the configuration. */
  readonly plans: Readonly<Record<string, Plan>>
  /** Scopes by name, as in the configuration. `undefined` where that is out of reach: their form alone is checked. */
  readonly scopes: Readonly<Record<string, string>> | undefined
  readonly now: Date
  /** Who makes the change: a `sub`, or the name of a tool such as `cli`. */
  readonly actor: string
  /** From where, when that is known. */
  readonly ip: string | undefined
}
