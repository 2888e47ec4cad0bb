import {
  type BatchTotals,
  type MonthTotal,
  monthOf,
  type Usage,
  type UsageBatch,
  type WorkspaceMonth,
} from '@xwms/core'
import { textArray, timeArray } from './binary-array.ts'
import type { Database } from './database.ts'
import { preparation } from './partitions.ts'
import { ShapeIds } from './shape-ids.ts'
import { usageCounters, usageEvents } from './tables.ts'
import { columnsOf, shapesOf } from './usage-columns.ts'
import { narrowed, usageSeries } from './usage-series.ts'

/** Null where there is nothing to tell. */
interface TotalsRow {
  readonly total_months: number[] | null
  readonly total_prices: string[] | null
  readonly total_requests: string[] | null
  readonly window_totals: string[] | null
}

interface AppendRow extends TotalsRow {
  readonly billing_months: Date[]
}

/** How `append_usage` says that the database does not know the id of a shape. */
const UNKNOWN_SHAPES = 'XWS01'

const placeholders = (count: number) =>
  Array.from({ length: count }, (_, index) => `$${index + 1}`).join(', ')

export function usage(database: Database): Usage {
  const { kysely, schema, prepared } = database
  const append = prepared<AppendRow>(
    'usage.append',
    `select * from ${schema}.append_usage(${placeholders(34)})`,
  )
  const totals = prepared<TotalsRow>('usage.totals', `select * from ${schema}.usage_totals($1, $2, $3, $4)`)
  const prepareMonths = preparation(database, 'usage_events')
  const prepareDays = preparation(database, 'request_log')
  const shapeIds = new ShapeIds(database)

  async function write(batch: UsageBatch) {
    const shapes = shapesOf(batch.events)
    await shapeIds.name(shapes.all)
    const { values, months } = columnsOf(batch, shapes)
    const [row] = (await append(values)) as [AppendRow]
    return { row, months }
  }

  /** A database that was set back, such as to a replica that lacked the latest commits, makes anew what it has forgotten. */
  async function writeAnyway(batch: UsageBatch) {
    try {
      return await write(batch)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === UNKNOWN_SHAPES)) throw error
      shapeIds.forget()
      return await write(batch)
    }
  }

  return {
    async append(batch) {
      const { events } = batch
      if (events.length > 0) {
        await prepareMonths(events.map(({ at }) => at))
        await prepareDays(events.filter(({ caller }) => caller !== undefined).map(({ at }) => at))
      }
      const { row, months } = await writeAnyway(batch)
      // Months that were closed may have led several to the same one.
      const billing = months.map(({ workspaceId }, index) => ({
        workspaceId,
        month: row.billing_months[index] as Date,
      }))
      const { windows: used, months: all } = readTotals(row, billing)
      const distinct = new Map(all.map(total => [`${total.workspaceId} ${total.month.getTime()}`, total]))
      return { windows: used, months: [...distinct.values()] }
    },
    async totals(windows, months) {
      const [row] = (await totals([
        textArray(months.map(({ workspaceId }) => workspaceId)),
        timeArray(months.map(({ month }) => month.getTime())),
        textArray(windows.map(({ key }) => key)),
        timeArray(windows.map(({ since }) => since.getTime())),
      ])) as [TotalsRow]
      return readTotals(row, months)
    },
    async counters(query) {
      const rows = await kysely
        .selectFrom('usage_counters')
        .selectAll()
        .where('hour', '>=', query.from)
        .where('month', '>=', monthOf(query.from))
        .where('hour', '<', query.to)
        .where(where => where.and(narrowed(query)))
        .orderBy('hour')
        .orderBy('workspace_id')
        .orderBy('client_id')
        .orderBy('domain_id')
        .orderBy('route')
        .orderBy('mode')
        .orderBy('status_class')
        .orderBy('unit_price_nano_euro')
        .orderBy('month')
        .execute()
      return rows.map(usageCounters.read)
    },
    series: usageSeries(database),
    async events(query, limit) {
      const rows = await kysely
        .selectFrom('usage_events')
        .selectAll()
        .where('at', '>=', query.from)
        .where('at', '<', query.to)
        .where(where => where.and(narrowed(query)))
        // Events are found by their workspace; whose a client is, its shapes know.
        .$if(query.clientId !== undefined && query.workspaceId === undefined, events =>
          events.where('workspace_id', 'in', counters =>
            counters
              .selectFrom('usage_shapes')
              .select('workspace_id')
              .where('client_id', '=', query.clientId ?? ''),
          ),
        )
        .orderBy('at')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(usageEvents.read)
    },
  }
}

/** @param months those that were asked for, in their order */
function readTotals(row: TotalsRow, months: readonly WorkspaceMonth[]): BatchTotals {
  const lines: MonthTotal['lines'][number][][] = months.map(() => [])
  for (const [index, position] of (row.total_months ?? []).entries())
    lines[position - 1]?.push({
      unitPriceNanoEuro: Number(row.total_prices?.[index]),
      requests: Number(row.total_requests?.[index]),
    })
  for (const ofMonth of lines) ofMonth.sort((a, b) => a.unitPriceNanoEuro - b.unitPriceNanoEuro)
  return {
    windows: (row.window_totals ?? []).map(Number),
    months: months.map(({ workspaceId, month }, index) => ({
      workspaceId,
      month,
      lines: lines[index] ?? [],
    })),
  }
}
