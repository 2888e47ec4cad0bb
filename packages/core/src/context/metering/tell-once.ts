import { StorageUnavailableError } from '../../errors.ts'
import type { Context } from '../context.ts'
import type { MonthUse } from './month-use.ts'
import type { UsageWarning } from './usage-warnings.ts'

/**
 * Tells the people of a workspace something about its month, once and in the background. Other processes are kept from telling it
 * again by the storage. What could not be recorded is tried again when there is reason to tell it again.
 */
export function tellOnce(
  {
    events,
    outage,
    logger,
    now,
  }: Pick<Context, 'events' | 'logger' | 'now'> & {
    readonly outage: Pick<Context['outage'], 'tell'>
  },
  use: MonthUse,
  warning: UsageWarning,
): void {
  if (use.warned.has(warning.key)) return
  use.warned.add(warning.key)
  events.record({ ...warning, at: now() }).catch(error => {
    use.warned.delete(warning.key)
    const { workspaceId } = warning
    if (error instanceof StorageUnavailableError) outage.tell(error, { workspaceId })
    else logger.warn({ error, workspaceId }, 'A usage warning could not be recorded.')
  })
}
