import type { Workspaces } from '@xwms/core'
import { recordAudit } from './audit.ts'
import type { Notices } from './changes.ts'
import type { Database } from './database.ts'
import { members as membersTable, workspaces as table } from './tables.ts'

export function workspaces({ kysely }: Database, notices: Notices): Workspaces {
  return {
    async create(workspace, members, entry) {
      await kysely.transaction().execute(async transaction => {
        await transaction.insertInto('workspaces').values(table.write(workspace)).execute()
        if (members.length > 0)
          await transaction.insertInto('members').values(members.map(membersTable.write)).execute()
        await recordAudit(transaction, entry)
      })
    },
    async find(id) {
      const row = await kysely.selectFrom('workspaces').selectAll().where('id', '=', id).executeTakeFirst()
      return row && table.read(row)
    },
    async update(workspace, entry) {
      const { id, created_at, ...columns } = table.write(workspace)
      const changed = await kysely.transaction().execute(async transaction => {
        const { numUpdatedRows } = await transaction
          .updateTable('workspaces')
          .set(columns)
          .where('id', '=', id)
          .executeTakeFirst()
        if (numUpdatedRows === 0n) return undefined
        await recordAudit(transaction, entry)
        return await transaction.selectFrom('clients').select('id').where('workspace_id', '=', id).execute()
      })
      for (const client of changed ?? []) notices.tell({ kind: 'client', clientId: client.id })
      return changed !== undefined
    },
    async members(id) {
      const rows = await kysely
        .selectFrom('members')
        .selectAll()
        .where('workspace_id', '=', id)
        .orderBy('created_at')
        .orderBy('sub')
        .execute()
      return rows.map(membersTable.read)
    },
  }
}
