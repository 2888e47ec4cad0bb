import type { Audit, AuditEntry } from '@xwms/core'
import type { Kysely } from 'kysely'
import type { Database } from './database.ts'
import { type Tables, audit as table } from './tables.ts'

/** Writes the entry of a change, in the transaction of that change. */
export async function recordAudit(transaction: Kysely<Tables>, entry: AuditEntry): Promise<void> {
  await transaction.insertInto('audit').values(table.write(entry)).execute()
}

export function audit({ kysely }: Database): Audit {
  return {
    async list(workspaceId, limit) {
      const rows = await kysely
        .selectFrom('audit')
        .selectAll()
        .where('workspace_id', '=', workspaceId)
        .orderBy('at', 'desc')
        .orderBy('written', 'desc')
        .limit(limit)
        .execute()
      return rows.map(table.read)
    },
  }
}
