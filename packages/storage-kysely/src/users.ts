import type { Users } from '@xwms/core'
import { recordAudit } from './audit.ts'
import type { Database } from './database.ts'
import { groupedLookup } from './group.ts'
import { users as table } from './tables.ts'

export function users(database: Database): Users {
  const { kysely, schema } = database
  const find = groupedLookup(database, {
    name: 'users.find',
    columns: table.columns,
    from: `${schema}.users`,
    key: ['sub'],
  })

  return {
    create(user, entry) {
      return kysely.transaction().execute(async transaction => {
        const { numInsertedOrUpdatedRows: stored } = await transaction
          .insertInto('users')
          .values(table.write(user))
          .onConflict(conflict => conflict.doNothing())
          .executeTakeFirstOrThrow()
        if (stored) {
          await recordAudit(transaction, entry)
          return { outcome: 'created' }
        }
        const holder = await transaction
          .selectFrom('users')
          .select('sub')
          .where('email', '=', user.email)
          .executeTakeFirst()
        return { outcome: holder ? 'email_taken' : 'sub_taken' }
      })
    },
    async find(sub) {
      const row = await find(sub)
      return row && table.read(row)
    },
    async findByEmail(email) {
      const row = await kysely.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst()
      return row && table.read(row)
    },
    async rehash(sub, from, to) {
      await kysely
        .updateTable('users')
        .set({ password_hash: to })
        .where('sub', '=', sub)
        .where('password_hash', '=', from)
        .execute()
    },
  }
}
