import {
  monthOf,
  type SeriesPosition,
  type SeriesQuery,
  USAGE_DIMENSIONS,
  type UsageDimension,
  type UsageQuery,
  type UsageRow,
} from '@xwms/core'
import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely'
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

const FIELDS = {
  client: 'clientId',
  domain: 'domainId',
  route: 'route',
  mode: 'mode',
  status_class: 'statusClass',
  price: 'unitPriceNanoEuro',
} as const satisfies Record<UsageDimension, keyof SeriesPosition>

type Narrowing = UsageQuery & Pick<SeriesQuery, 'domainId' | 'route' | 'mode' | 'statusClass'>

interface SeriesRow {
  readonly start: Date | null
  readonly requests: string
  readonly cost_nano_euro: string
}

/** Sums of counters, made where the counters are. */
export function usageSeries({ kysely }: Database): (query: SeriesQuery) => Promise<UsageRow[]> {
  return async query => {
    const { interval, by, after, limit, from, to } = query
    const dimensions = USAGE_DIMENSIONS.filter(dimension => by.includes(dimension))
    const columns = dimensions.map(dimension => COLUMNS[dimension])
    // As literals, not parameters: PostgreSQL has to see that what is selected is what is grouped by.
    const start =
      interval === 'none'
        ? sql<Date | null>`null::timestamptz`
        : sql<Date | null>`date_trunc(${sql.lit(interval)}, hour, 'UTC')`
    const since = after?.start !== undefined && after.start > from ? after.start : from
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
      .where('hour', '>=', since)
      // Follows from it, and is what the index begins with.
      .where('month', '>=', monthOf(since))
      .where('hour', '<', to)
      .where(where => where.and(narrowed(query)))
      // Without groups there would be one row even of nothing.
      .having(sql<SqlBool>`count(*) > 0`)
    for (const group of groups) rows = rows.groupBy(group as Expression<unknown>).orderBy(group)
    if (after !== undefined) {
      rows = rows.having(
        laterThan([
          ...(interval === 'none' ? [] : [[start, after.start] as const]),
          ...dimensions.map(dimension => [sql.ref(COLUMNS[dimension]), after[FIELDS[dimension]]] as const),
        ]),
      )
    }
    if (limit !== undefined) rows = rows.limit(limit)
    return (await rows.execute()).map(row => read(row as SeriesRow))
  }
}

/**
 * What comes after a row in the order of these columns. One without a value stands last, as PostgreSQL orders nulls, and where
 * every column has one, as most do, `is null` never holds.
 */
function laterThan(place: readonly (readonly [column: RawBuilder<unknown>, value: unknown])[]) {
  const same = ([column, value]: (typeof place)[number]) =>
    value === undefined ? sql`${column} is null` : sql`${column} = ${value}`
  const later = ([column, value]: (typeof place)[number]) =>
    value === undefined ? sql`false` : sql`(${column} > ${value} or ${column} is null)`
  const ways = place.map((each, index) =>
    sql.join([...place.slice(0, index).map(same), later(each)], sql` and `),
  )
  return ways.length === 0
    ? sql<SqlBool>`false`
    : sql<SqlBool>`(${sql.join(
        ways.map(way => sql`(${way})`),
        sql` or `,
      )})`
}

/** The columns that a query asks to be equal. */
export function narrowed({ workspaceId, clientId, month, domainId, route, mode, statusClass }: Narrowing) {
  return {
    ...(workspaceId !== undefined && { workspace_id: workspaceId }),
    ...(clientId !== undefined && { client_id: clientId }),
    ...(month !== undefined && { month }),
    ...(domainId !== undefined && { domain_id: domainId }),
    ...(route !== undefined && { route }),
    ...(mode !== undefined && { mode }),
    ...(statusClass !== undefined && { status_class: statusClass }),
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
