import type { Addresses } from '@xwms/core'
import type { Notices } from './changes.ts'
import type { Database } from './database.ts'
import { standing } from './standing.ts'
import { addresses as table } from './tables.ts'

export function addresses({ kysely }: Database, notices: Notices): Addresses {
  return {
    async list(sub) {
      const rows = await kysely
        .selectFrom('addresses')
        .selectAll()
        .where('sub', '=', sub)
        .orderBy('id')
        .execute()
      return rows.map(table.read)
    },
    async find(sub, id) {
      const row = await kysely
        .selectFrom('addresses')
        .selectAll()
        .where('sub', '=', sub)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && table.read(row)
    },
    async create(sub, fields, now) {
      // The database gives the id.
      const { id, ...columns } = table.write({ ...fields, id: 0, sub, createdAt: now, updatedAt: now })
      const row = await kysely
        .insertInto('addresses')
        .values(columns)
        .returningAll()
        .executeTakeFirstOrThrow()
      notices.tell({ kind: 'user', sub })
      return table.read(row)
    },
    async update(before, after) {
      const { id, sub, created_at, ...columns } = table.write(after)
      const outcome = await kysely.transaction().execute(async transaction => {
        const row = transaction
          .selectFrom('addresses')
          .selectAll()
          .where('sub', '=', before.sub)
          .where('id', '=', before.id)
        const outcome = await standing(table, row, before)
        if (outcome === 'updated')
          await transaction.updateTable('addresses').set(columns).where('id', '=', before.id).execute()
        return outcome
      })
      if (outcome === 'updated') notices.tell({ kind: 'user', sub: before.sub })
      return { outcome }
    },
    async delete(sub, id) {
      const { numDeletedRows } = await kysely
        .deleteFrom('addresses')
        .where('sub', '=', sub)
        .where('id', '=', id)
        .executeTakeFirst()
      if (numDeletedRows > 0n) notices.tell({ kind: 'user', sub })
      return numDeletedRows > 0n
    },
  }
}
