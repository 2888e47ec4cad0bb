import type { Usage } from '@xwms/core'
import type { Database } from './database.ts'
import { usageCounters, usageEvents } from './tables.ts'

const monthOf = (at: Date) => at.toISOString().slice(0, 7)

export function usage({ kysely, schema, prepared }: Database): Usage {
  // Events first, by id; then the counters of those that were new, by key. Every process writes in this order, so that
  // two of them may wait for each other's rows but never in a circle.
  const append = prepared(
    'usage.append',
    `with written as (
      ${usageEvents.insertion(schema, '$1')} order by id, at
      on conflict (id, at) do nothing
      returning workspace_id, client_id, domain_id, route, mode, at, status, price_nano_euro
    )
    insert into ${schema}.usage_counters as known
      (hour, workspace_id, client_id, domain_id, route, mode, status_class, requests, price_nano_euro)
    select date_trunc('hour', at, 'UTC'), workspace_id, client_id, domain_id, route, mode, status / 100,
      count(*), sum(price_nano_euro)
    from written
    group by 1, 2, 3, 4, 5, 6, 7
    order by 1, 2, 3, 4, 5, 6, 7
    on conflict (client_id, hour, domain_id, route, mode, status_class, workspace_id) do update set
      requests = known.requests + excluded.requests,
      price_nano_euro = known.price_nano_euro + excluded.price_nano_euro`,
  )
  const prepareMonth = prepared('usage.prepare-month', `select from ${schema}.prepare_usage_month($1)`)

  /** The months whose partitions are known to be there, and with each the month after it. */
  const preparedMonths = new Set<string>()

  return {
    async append(events) {
      for (const { at } of events) {
        if (preparedMonths.has(monthOf(at))) continue
        await prepareMonth([at])
        preparedMonths.add(monthOf(at))
      }
      if (events.length > 0) await append([usageEvents.pack(events)])
    },
    async counters({ workspaceId, clientId, from, to }) {
      const rows = await kysely
        .selectFrom('usage_counters')
        .selectAll()
        .where('hour', '>=', from)
        .where('hour', '<', to)
        .$if(workspaceId !== undefined, query => query.where('workspace_id', '=', workspaceId ?? ''))
        .$if(clientId !== undefined, query => query.where('client_id', '=', clientId ?? ''))
        .orderBy('hour')
        .orderBy('workspace_id')
        .orderBy('client_id')
        .orderBy('domain_id')
        .orderBy('route')
        .orderBy('mode')
        .orderBy('status_class')
        .execute()
      return rows.map(usageCounters.read)
    },
    async events({ workspaceId, clientId, from, to }, limit) {
      const rows = await kysely
        .selectFrom('usage_events')
        .selectAll()
        .where('at', '>=', from)
        .where('at', '<', to)
        .$if(workspaceId !== undefined, query => query.where('workspace_id', '=', workspaceId ?? ''))
        .$if(clientId !== undefined, query => query.where('client_id', '=', clientId ?? ''))
        .orderBy('at')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(usageEvents.read)
    },
  }
}
