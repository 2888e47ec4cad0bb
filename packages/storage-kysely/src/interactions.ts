import type { Interactions } from '@xwms/core'
import type { Database } from './database.ts'
import { interactions as table } from './tables.ts'

export function interactions({ kysely }: Database): Interactions {
  return {
    async create(interaction) {
      await kysely.insertInto('interactions').values(table.write(interaction)).execute()
    },
    async find(hash) {
      const row = await kysely
        .selectFrom('interactions')
        .selectAll()
        .where('hash', '=', hash)
        .executeTakeFirst()
      return row && table.read(row)
    },
    async deny(hash, now) {
      const { numUpdatedRows } = await kysely
        .updateTable('interactions')
        .set(({ fn, ref, val }) => ({ denied_at: fn.coalesce(ref('denied_at'), val(now)) }))
        .where('hash', '=', hash)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async finish(hash) {
      const { numDeletedRows } = await kysely
        .deleteFrom('interactions')
        .where('hash', '=', hash)
        .executeTakeFirst()
      return numDeletedRows > 0n
    },
  }
}
