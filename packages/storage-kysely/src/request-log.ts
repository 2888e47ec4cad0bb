import type { RequestLog } from '@xwms/core'
import type { Database } from './database.ts'
import { preparation } from './partitions.ts'
import { requestLog as table } from './tables.ts'

export function requestLog(database: Database): RequestLog {
  const { kysely, schema, prepared } = database
  const prepare = preparation(database, 'request_log')
  const append = prepared(
    'request-log.append',
    `${table.insertion(schema, '$1')} order by id on conflict (id, at) where facts is not null do nothing`,
  )

  return {
    async append(entries) {
      if (entries.length === 0) return
      await prepare(entries.map(({ at }) => at))
      await append([table.pack(entries)])
    },
    async list(clientId, limit) {
      const rows = await kysely
        .selectFrom('request_log')
        .selectAll()
        .where('client_id', '=', clientId)
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(read)
    },
  }
}

/** The entries of admitted requests have no facts of their own. */
function read(row: object & { facts: unknown }) {
  return table.read({ ...row, facts: row.facts ?? {} })
}
