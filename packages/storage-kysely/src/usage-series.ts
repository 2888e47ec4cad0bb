import {
  type SeriesQuery,
  USAGE_DIMENSIONS,
  type UsageDimension,
  type UsageQuery,
  type UsageRow,
} from '@xwms/core'
import { type Expression, type SqlBool, sql } from 'kysely'
import type { Database } from './database.ts'
import { usageCounters } from './tables.ts'

const COLUMNS = {
  client: 'client_id',
  domain: 'domain_id',
  route: 'route',
  mode: 'mode',
  status_class: 'status_class',
  price: 'unit_price_nano_euro',
} as const satisfies Record<UsageDimension, string>

type Narrowing = UsageQuery & Pick<SeriesQuery, 'domainId' | 'route' | 'mode'>

interface SeriesRow {
  readonly start: Date | null
  readonly requests: string
  readonly cost_nano_euro: string
}

/** Sums of counters, made where the counters are. */
export function usageSeries({ kysely }: Database): (query: SeriesQuery) => Promise<UsageRow[]> {
  return async query => {
    const { interval, by, limit, from, to } = query
    const columns = USAGE_DIMENSIONS.filter(dimension => by.includes(dimension)).map(
      dimension => COLUMNS[dimension],
    )
    // As literals, not parameters: PostgreSQL has to see that what is selected is what is grouped by.
    const start =
      interval === 'none'
        ? sql<Date | null>`null::timestamptz`
        : sql<Date | null>`date_trunc(${sql.lit(interval)}, hour, 'UTC')`
    const groups = [...(interval === 'none' ? [] : [start]), ...columns.map(column => sql.ref(column))]
    let rows = kysely
      .selectFrom('usage_counters')
      .select([
        start.as('start'),
        sql<string>`sum(requests)`.as('requests'),
        // In numeric, because the product of two of these may outgrow a bigint.
        sql<string>`coalesce(sum(requests * unit_price_nano_euro::numeric), 0)`.as('cost_nano_euro'),
      ])
      .select(columns)
      .where('hour', '>=', from)
      .where('hour', '<', to)
      .where(where => where.and(narrowed(query)))
      // Without groups there would be one row even of nothing.
      .having(sql<SqlBool>`count(*) > 0`)
    for (const group of groups) rows = rows.groupBy(group as Expression<unknown>).orderBy(group)
    if (limit !== undefined) rows = rows.limit(limit)
    return (await rows.execute()).map(row => read(row as SeriesRow))
  }
}

/** The columns that a query asks to be equal. */
export function narrowed({ workspaceId, clientId, month, domainId, route, mode }: Narrowing) {
  return {
    ...(workspaceId !== undefined && { workspace_id: workspaceId }),
    ...(clientId !== undefined && { client_id: clientId }),
    ...(month !== undefined && { month }),
    ...(domainId !== undefined && { domain_id: domainId }),
    ...(route !== undefined && { route }),
    ...(mode !== undefined && { mode }),
  }
}

function read(row: SeriesRow): UsageRow {
  const { clientId, domainId, route, mode, statusClass, unitPriceNanoEuro } = usageCounters.read(row)
  return {
    start: row.start ?? undefined,
    clientId,
    domainId,
    route,
    mode,
    statusClass,
    unitPriceNanoEuro,
    requests: BigInt(row.requests),
    costNanoEuro: BigInt(row.cost_nano_euro),
  }
}
