import type { Address, Addresses } from '@xwms/core'
import type { Notices } from './changes.ts'
import type { Database } from './database.ts'
import { addresses as table } from './tables.ts'

export function addresses({ kysely }: Database, notices: Notices): Addresses {
  /** The columns of an address without its id, which the database gives. */
  function columnsOf(address: Omit<Address, 'id'>) {
    const { id, ...columns } = table.write({ ...address, id: 0 })
    return columns
  }

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
      const row = await kysely
        .insertInto('addresses')
        .values(columnsOf({ ...fields, sub, createdAt: now, updatedAt: now }))
        .returningAll()
        .executeTakeFirstOrThrow()
      notices.tell({ kind: 'user', sub })
      return table.read(row)
    },
    async update(sub, id, fields, now) {
      const { created_at, ...columns } = columnsOf({ ...fields, sub, createdAt: now, updatedAt: now })
      const row = await kysely
        .updateTable('addresses')
        .set(columns)
        .where('sub', '=', sub)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst()
      if (!row) return undefined
      notices.tell({ kind: 'user', sub })
      return table.read(row)
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
