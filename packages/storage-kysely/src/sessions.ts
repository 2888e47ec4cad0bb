import type { Sessions } from '@xwms/core'
import type { Database } from './database.ts'
import { sweepOf } from './sweep.ts'
import { sessions as table } from './tables.ts'

export function sessions(database: Database): Sessions {
  const { kysely, schema, prepared } = database
  const sweep = sweepOf(database, 'sessions', 'expires_at')
  const find = prepared(
    'sessions.find',
    `select ${table.columns} from ${schema}.sessions where id_hash = $1 and expires_at > $2`,
  )

  return {
    async create(session) {
      await kysely.insertInto('sessions').values(table.write(session)).execute()
      await sweep(session.createdAt)
    },
    async find(idHash, now) {
      const [row] = await find([idHash, now])
      return row && table.read(row)
    },
    async end(idHash) {
      await kysely.deleteFrom('sessions').where('id_hash', '=', idHash).execute()
    },
  }
}
