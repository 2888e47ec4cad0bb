import type { RequestLog } from '@xwms/core'
import type { Database } from './database.ts'
import { requestLog as table } from './tables.ts'

export function requestLog({ kysely, schema, prepared }: Database): RequestLog {
  const append = prepared(
    'request-log.append',
    `${table.insertion(schema, '$1')} order by id on conflict (id) do nothing`,
  )

  return {
    async append(entries) {
      if (entries.length > 0) await append([table.pack(entries)])
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
      return rows.map(table.read)
    },
  }
}
