import { randomUUID } from 'node:crypto'
import type { AuditEntry, Block } from '@xwms/core'

/** The audit entry of somebody who lifts a block now. */
export function auditEntryForLift(block: Block | undefined): AuditEntry {
  if (block === undefined) throw new Error('There is no block to lift.')
  return {
    id: `aud_${randomUUID()}`,
    at: new Date(block.createdAt.getTime() + 1),
    actor: 'test',
    action: 'block.lifted',
    workspaceId: block.workspaceId,
    target: block.id,
    ip: undefined,
    before: undefined,
    after: undefined,
  }
}
