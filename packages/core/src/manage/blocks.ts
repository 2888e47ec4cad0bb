import { type Author, auditEntry } from '../context/audit-entry.ts'
import { failuresBehind } from '../context/protection/trial.ts'
import type { Block } from '../model/block.ts'
import type { Storage } from '../storage/storage.ts'
import { notFound } from './existing.ts'

/** What lifting a block finds around it. */
export interface BlockEnvironment extends Author {
  readonly storage: Pick<Storage, 'blocks'>
}

/** A block after somebody tried to lift it. */
export interface LiftedBlock {
  readonly block: Block
  /** `already_over`: it was lifted before, or had expired. */
  readonly outcome: 'lifted' | 'already_over'
}

/**
 * Ends a block before its time, and whoever it was about begins anew: the failures that led to it are forgotten, and earlier blocks
 * make the next one no longer. Every process hears of it within a second.
 * @param workspaceId whose block it has to be; `undefined`: anybody's
 * @throws {InputError} `block_not_found`
 */
export async function liftBlock(
  environment: BlockEnvironment,
  blockId: string,
  workspaceId?: string,
): Promise<LiftedBlock> {
  const { blocks } = environment.storage
  const [before] = await blocks.get([blockId])
  if (before === undefined || (workspaceId !== undefined && before.workspaceId !== workspaceId)) {
    throw notFound('block', 'blockId', blockId)
  }
  const after = { ...before, liftedAt: environment.now }
  const audit = auditEntry(environment, {
    action: 'block.lifted',
    workspaceId: before.workspaceId,
    target: before.id,
    before,
    after,
  })
  const { outcome } = await blocks.lift(blockId, environment.now, audit, failuresBehind(before.subject))
  return outcome === 'lifted' ? { block: after, outcome } : { block: before, outcome: 'already_over' }
}
