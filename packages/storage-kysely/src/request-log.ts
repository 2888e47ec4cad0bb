import type { RequestLog, RequestLogEntry, RequestLogQuery } from '@xwms/core'
import type { Database } from './database.ts'
import { preparation } from './partitions.ts'
import { requestLog as table } from './tables.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Sorts before every other. */
const NIL = '00000000-0000-0000-0000-000000000000'

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
    async search(query) {
      const { from, to, statusClass = 0, before, limit } = query
      const rows = await kysely
        .selectFrom('request_log')
        .selectAll()
        .where('at', '>=', from)
        .where('at', '<', to)
        .where(where => where.and(narrowed(query)))
        .$if(statusClass > 0, query =>
          query.where('status', '>=', statusClass * 100).where('status', '<', (statusClass + 1) * 100),
        )
        .$if(before !== undefined, query =>
          query
            // Said apart, for PostgreSQL to leave out the days after it.
            .where('at', '<=', before?.at as Date)
            .where(({ eb, refTuple, tuple }) =>
              eb(refTuple('at', 'id'), '<', tuple(before?.at as Date, uuidOr(NIL, before?.id))),
            ),
        )
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(read)
    },
  }
}

/** The columns that a query asks to be equal. */
function narrowed({
  workspaceId,
  clientId,
  domainId,
  route,
  status,
  refusedBy,
  ip,
  requestId,
}: RequestLogQuery) {
  return {
    workspace_id: workspaceId,
    ...(clientId !== undefined && { client_id: clientId }),
    ...(domainId !== undefined && { domain_id: domainId }),
    ...(route !== undefined && { route }),
    ...(status !== undefined && { status }),
    ...(refusedBy !== undefined && { refused_by: refusedBy }),
    ...(ip !== undefined && { ip }),
    ...(requestId !== undefined && { request_id: requestId }),
  }
}

/** Whatever a cursor says, PostgreSQL takes only UUIDs for one. */
function uuidOr(fallback: string, id: string | undefined): string {
  return id !== undefined && UUID.test(id) ? id : fallback
}

/** The entries of admitted requests have no facts. */
function read(row: object & { facts: unknown }): RequestLogEntry {
  return table.read({ ...row, facts: row.facts ?? {} })
}
