import type { Logger } from '../../config/options.ts'
import type { Plan } from '../../model/plan.ts'
import type { Workspace } from '../../model/workspace.ts'
import type { Storage } from '../../storage/storage.ts'

/** For the caller who is refused for want of a plan that the configuration should have: no payment would change it. */
export const PLAN_MISSING =
  'This service does not have the plan that this client’s workspace is on. Its operator has to mend that: tell them the request id.'

/** The plans of workspaces, as the configuration has them. One that it does not have is the operator's to mend, and told to them. */
export class WorkspacePlans {
  readonly #plans: ReadonlyMap<string, Plan>
  readonly #logger: Logger
  /** Those that a start found missing: they are told, whichever workspace is on them. */
  #toldAtStart: ReadonlySet<string> = new Set()
  /** By workspace, the plan that was told to be missing. */
  readonly #told = new Map<string, string>()

  constructor(plans: Readonly<Record<string, Plan>>, logger: Logger) {
    this.#plans = new Map(Object.entries(plans))
    this.#logger = logger
  }

  /**
   * Tells of all plans that workspaces are on and the configuration does not have, in one line: the first request of each workspace
   * would be late to hear of it. Never rejects: nothing that is served depends on it.
   */
  async check({ workspaces }: Pick<Storage, 'workspaces'>): Promise<void> {
    try {
      const inUse = await workspaces.plansInUse()
      const missing = inUse.filter(({ plan }) => !this.#plans.has(plan))
      if (missing.length === 0) return
      this.#toldAtStart = new Set(missing.map(({ plan }) => plan))
      this.#logger.error(
        { plans: missing },
        'Requests of workspaces are refused: the configuration does not have their plans. Add them to the option plans, or move the workspaces to other ones.',
      )
    } catch (error) {
      this.#logger.warn(
        { error },
        'Whether the configuration has the plans of all workspaces could not be looked up; one that it lacks is told at the first request.',
      )
    }
  }

  /** The plan of a workspace; `undefined` where the configuration has none of that name (any more). */
  of(workspace: Workspace): Plan | undefined {
    const plan = this.#plans.get(workspace.plan)
    if (plan === undefined) this.#tell(workspace)
    return plan
  }

  /** Once, because every request of the workspace's clients finds the same. */
  #tell({ id: workspaceId, plan }: Workspace): void {
    if (this.#toldAtStart.has(plan) || this.#told.get(workspaceId) === plan) return
    this.#told.set(workspaceId, plan)
    this.#logger.error(
      { workspaceId, plan },
      'Requests of a workspace are refused: the configuration does not have its plan. Add it to the option plans, or move the workspace to another one.',
    )
  }
}
