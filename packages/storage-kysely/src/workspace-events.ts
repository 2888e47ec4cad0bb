import type { WorkspaceEvents } from '@xwms/core'
import type { Database } from './database.ts'
import { workspaceEvents as table } from './tables.ts'

export function workspaceEvents({ kysely, schema, prepared }: Database): WorkspaceEvents {
  const record = prepared(
    'workspace-events.record',
    `${table.insertion(schema, '$1')} on conflict (workspace_id, key) do nothing returning id`,
  )

  return {
    async record(event) {
      const recorded = await record([table.pack([event])])
      return { outcome: recorded.length > 0 ? 'recorded' : 'known' }
    },
    async list({ workspaceId, types, before, limit }) {
      const rows = await kysely
        .selectFrom('workspace_events')
        .selectAll()
        .where('workspace_id', '=', workspaceId)
        .$if(types !== undefined, query =>
          query.where(({ eb, fn, val }) => eb('type', '=', fn.any(val(types as readonly string[])))),
        )
        .$if(before !== undefined, query =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('at', 'id'), '<', tuple(before?.at as Date, before?.id as string)),
          ),
        )
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(table.read)
    },
  }
}
