import * as z from 'zod'
import type { Context } from '../../context/context.ts'
import type { ManagedCall, ManagedEndpoint } from '../../context/endpoint.ts'
import { MANAGE_PATH } from '../../context/tokens/resources.ts'
import { InputError } from '../../errors.ts'
import { jsonResponse } from '../../http/response.ts'
import { type CsvCell, csv } from '../../lib/csv.ts'
import { formatCents, formatEuro } from '../../lib/money.ts'
import { formatMonth, monthOf } from '../../lib/month.ts'
import { DOMAIN_MODES } from '../../model/client.ts'
import type { MonthCost } from '../../model/invoice.ts'
import { USAGE_DIMENSIONS, USAGE_INTERVALS, type UsageDimension, type UsageRow } from '../../model/usage.ts'
import type { SeriesQuery } from '../../storage/metering.ts'
import { previewMonth } from '../invoices.ts'
import { environmentOf } from './change.ts'
import { csvResponse, format, formatFor, VARY } from './format.ts'
import { nextLink } from './list-response.ts'
import { checked, count, hour, id, once, several, statusClass, validationFailed } from './query.ts'
import { readSeriesCursor, writeSeriesCursor } from './series-cursor.ts'

const FORMATS = ['json', 'csv'] as const

const MOST_ROWS = 10_000
/** Whoever reads a table wants it whole; whoever reads JSON can go on by the cursor. */
const USUAL_ROWS = { json: 1000, csv: MOST_ROWS } as const

const usageQuery = z.strictObject({
  from: hour.optional(),
  to: hour.optional(),
  interval: z.enum(USAGE_INTERVALS, `must be one of ${USAGE_INTERVALS.join(', ')}`).default('day'),
  by: several(USAGE_DIMENSIONS).default([]),
  client_id: id.optional(),
  domain_id: id.optional(),
  route: once().optional(),
  mode: z.enum(DOMAIN_MODES, `must be one of ${DOMAIN_MODES.join(', ')}`).optional(),
  status_class: statusClass.optional(),
  format: format(FORMATS),
  limit: count(MOST_ROWS).optional(),
  cursor: z
    .string('must be given once')
    .transform((text, context) => {
      const position = readSeriesCursor(text)
      if (position !== undefined) return position
      context.addIssue({ code: 'custom', message: 'must be the next_cursor of the page before' })
      return z.NEVER
    })
    .optional(),
})

/** How many requests were metered, and what they cost: in time, by what tells them apart, and for the month as a whole. */
export const usage: ManagedEndpoint = {
  method: 'GET',
  path: `${MANAGE_PATH}/workspaces/:workspace_id/usage`,
  body: 'none',
  failure: 'problem',
  cors: true,
  permission: 'usage:read',
  async handle(context, call) {
    const asked = checked(usageQuery, call.query)
    const format = formatFor(call, asked.format, FORMATS)
    const limit = asked.limit ?? USUAL_ROWS[format]
    const now = context.now()
    const { from, to } = periodOf(asked, now)
    const query: SeriesQuery = {
      workspaceId: call.manager.workspace.id,
      clientId: asked.client_id,
      domainId: asked.domain_id,
      route: asked.route,
      mode: asked.mode,
      statusClass: asked.status_class,
      from,
      to,
      interval: asked.interval,
      by: asked.by,
    }
    const found = await context.storage.usage.series({
      ...query,
      after: asked.cursor,
      limit: limit + 1,
    })
    const rows = found.slice(0, limit)
    const last = rows.at(-1)
    const next = found.length > limit && last !== undefined ? writeSeriesCursor(last) : undefined
    if (format === 'csv') return csvResponse(usageCsv(query, rows), nextLink(call, next))
    return jsonResponse(
      200,
      {
        workspace_id: query.workspaceId,
        from,
        to,
        interval: query.interval,
        by: USAGE_DIMENSIONS.filter(dimension => query.by.includes(dimension)),
        series: rows.map(row => rowJson(query, row)),
        total: await totalOf(context, query),
        month: await monthJson(context, call),
        next_cursor: next ?? null,
      },
      { ...VARY, ...nextLink(call, next) },
    )
  },
}

/** This month so far; where only the end is given, the month that it ends. */
function periodOf(
  { from: given, to: end }: { readonly from?: Date | undefined; readonly to?: Date | undefined },
  now: Date,
): { readonly from: Date; readonly to: Date } {
  const to = end ?? now
  const from = given ?? monthOf(new Date(to.getTime() - 1))
  if (from < to) return { from, to }
  if (end === undefined) throw validationFailed({ from: 'must not be in the future' })
  throw validationFailed({ from: 'must be before to' })
}

async function totalOf({ storage }: Context, query: SeriesQuery): Promise<object> {
  const [total] = await storage.usage.series({ ...query, interval: 'none', by: [] })
  return sumJson(total ?? { requests: 0n, costNanoEuro: 0n })
}

/** What the whole workspace costs in the month that it is, so far and at its end, as its invoice will say. */
async function monthJson(context: Context, call: ManagedCall): Promise<object | null> {
  const { workspace } = call.manager
  const environment = { ...environmentOf(context, call), config: context.config }
  const month = monthOf(environment.now)
  try {
    const { cost, forecast } = await previewMonth(environment, { workspaceId: workspace.id, month })
    return { month: formatMonth(month), so_far: costJson(cost), forecast: costJson(forecast) }
  } catch (error) {
    // Nothing can be said of a plan that is configured no more, or of a month that a clock ahead has closed.
    if (error instanceof InputError) return null
    throw error
  }
}

function costJson({ lines, feeNanoEuro, netNanoEuro, netCents }: MonthCost): object {
  const sum = (name: 'requests' | 'free' | 'included' | 'billable') =>
    Number(lines.reduce((total, line) => total + line[name], 0n))
  return {
    requests: sum('requests'),
    free: sum('free'),
    included: sum('included'),
    billable: sum('billable'),
    fee_nano_euro: String(feeNanoEuro),
    net_nano_euro: String(netNanoEuro),
    net: formatCents(netCents),
  }
}

/** Nobody sends 2^53 requests. */
function sumJson({ requests, costNanoEuro }: Pick<UsageRow, 'requests' | 'costNanoEuro'>): object {
  return {
    requests: Number(requests),
    cost_nano_euro: String(costNanoEuro),
    cost: formatEuro(costNanoEuro),
  }
}

/** What a row says of each dimension, under its name in answers. */
const CELLS: Readonly<Record<UsageDimension, readonly [name: string, of: (row: UsageRow) => CsvCell]>> = {
  client: ['client_id', row => row.clientId],
  domain: ['domain_id', row => row.domainId],
  route: ['route', row => row.route],
  mode: ['mode', row => row.mode],
  status_class: ['status_class', row => row.statusClass],
  price: ['unit_price_nano_euro', row => row.unitPriceNanoEuro],
}

function cellsOf({ interval, by }: SeriesQuery): (readonly [name: string, of: (row: UsageRow) => CsvCell])[] {
  const dimensions = USAGE_DIMENSIONS.filter(dimension => by.includes(dimension))
  return [
    ...(interval === 'none' ? [] : [['start', (row: UsageRow) => row.start?.toISOString()] as const]),
    ...dimensions.map(dimension => CELLS[dimension]),
  ]
}

function rowJson(query: SeriesQuery, row: UsageRow): object {
  const cells = cellsOf(query).map(([name, of]) => [name, of(row) ?? null])
  return { ...Object.fromEntries(cells), ...sumJson(row) }
}

function usageCsv(query: SeriesQuery, rows: readonly UsageRow[]): string {
  const cells = cellsOf(query)
  return csv(
    [...cells.map(([name]) => name), 'requests', 'cost_nano_euro'],
    rows.map(row => [...cells.map(([, of]) => of(row)), row.requests, row.costNanoEuro]),
  )
}
