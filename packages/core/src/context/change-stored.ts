import { InputError } from '../errors.ts'
import type { UpdateOutcome } from '../storage/update.ts'

/**
 * How often a change is tried. A try fails only where somebody else's change was written meanwhile, so that one of those who
 * change the same at once always gets on; where everybody keeps changing it without a pause, somebody may not.
 */
const TRIES = 50

/** A change of something that is read, and written whole; its steps are taken anew where somebody else was quicker. */
export interface StoredChange<Thing> {
  /** What it is, in a sentence: `workspace`. */
  readonly kind: string
  /** Reads it anew. Throws where it is not there. */
  read(): Promise<Thing>
  /**
   * What it becomes, checked against what it is. Whoever answers `before` itself has nothing to write.
   * @param before what was read
   */
  change(before: Thing): Thing | Promise<Thing>
  /** Writes `after` in place of `before`, and of nothing else, with the audit entry that has both, where there is one. */
  write(before: Thing, after: Thing): Promise<UpdateOutcome>
}

/**
 * Changes something that is stored whole, so that no change takes another's with it: it is written only where it still is what
 * was read; otherwise the same change is made to what it has become. So changes of different members at the same moment all
 * hold, and what members have to be together is decided by what is there.
 * @returns both sides of the change that took place
 * @throws {InputError} `changed_meanwhile` when others were quicker again and again; whatever `read` and `change` throw
 */
export async function changeStored<Thing>(
  steps: StoredChange<Thing>,
): Promise<{ readonly before: Thing; readonly after: Thing }> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const before = await steps.read()
    const after = await steps.change(before)
    if (after === before) return { before, after }
    // One that is gone meanwhile is for `read` to tell, in its own words.
    if ((await steps.write(before, after)).outcome === 'updated') return { before, after }
  }
  throw new InputError(
    'changed_meanwhile',
    `Others keep changing the ${steps.kind} at this moment, and each was quicker. See what it is now, and try again.`,
  )
}
