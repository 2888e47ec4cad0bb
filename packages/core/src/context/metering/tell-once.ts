import { StorageUnavailableError } from '../../errors.ts'
import type { Context } from '../context.ts'
import type { MonthUse } from './month-use.ts'
import type { UsageWarning } from './usage-warnings.ts'

/**
 * Tells the people of a workspace what there is to tell of its month, each thing once, in the background and in the order given: what
 * comes later is recorded later, and handed to the host later. Other processes are kept from telling it again by the storage. What
 * could not be recorded, and what was to come after it, is tried again when there is reason to tell it again.
 */
export function tellOnce(context: Teller, use: MonthUse, warnings: readonly UsageWarning[]): void {
  const untold = warnings.filter(({ key }) => !use.warned.has(key))
  if (untold.length === 0) return
  for (const { key } of untold) use.warned.add(key)
  use.telling = use.telling.then(() => tellInOrder(context, use, untold))
}

type Teller = Pick<Context, 'events' | 'logger' | 'now'> & {
  readonly outage: Pick<Context['outage'], 'tell'>
}

async function tellInOrder(
  { events, outage, logger, now }: Teller,
  use: MonthUse,
  warnings: readonly UsageWarning[],
): Promise<void> {
  for (const [position, warning] of warnings.entries()) {
    try {
      const hand = await events.keep({ ...warning, at: now() })
      void hand?.()
    } catch (error) {
      for (const { key } of warnings.slice(position)) use.warned.delete(key)
      const { workspaceId } = warning
      if (error instanceof StorageUnavailableError) outage.tell(error, { workspaceId })
      else logger.warn({ error, workspaceId }, 'A usage warning could not be recorded.')
      return
    }
  }
}
