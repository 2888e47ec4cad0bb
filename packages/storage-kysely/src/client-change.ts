import type { AuditEntry } from '@xwms/core'
import type { Kysely } from 'kysely'
import { recordAudit } from './audit.ts'
import type { Notices } from './changes.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

/**
 * Locks a client's row, so that changes to what it holds come one after the other. Rows that refer to it can still be
 * written meanwhile, which a full `for update` would prevent.
 */
export async function lockClient(transaction: Kysely<Tables>, clientId: string): Promise<void> {
  await transaction
    .selectFrom('clients')
    .select('id')
    .where('id', '=', clientId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
}

/** Locks a workspace's row, so that what its plan limits is counted by one transaction at a time. */
export async function lockWorkspace(transaction: Kysely<Tables>, workspaceId: string): Promise<void> {
  await transaction
    .selectFrom('workspaces')
    .select('id')
    .where('id', '=', workspaceId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
}

/**
 * Runs a change of a client in a transaction, with its audit entry; nothing is audited or told of when `work` answers false.
 * @returns what `work` answered
 */
export type ClientChange = (
  clientId: string,
  entry: AuditEntry,
  work: (transaction: Kysely<Tables>) => Promise<boolean>,
) => Promise<boolean>

export function clientChange({ kysely }: Database, notices: Notices): ClientChange {
  return async (clientId, entry, work) => {
    const changed = await kysely.transaction().execute(async transaction => {
      if (!(await work(transaction))) return false
      await recordAudit(transaction, entry)
      return true
    })
    if (changed) notices.tell({ kind: 'client', clientId })
    return changed
  }
}
