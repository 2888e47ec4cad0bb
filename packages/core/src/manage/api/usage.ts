import * as z from 'zod'
import type { ManagedEndpoint } from '../../context/endpoint.ts'
import { MANAGE_PATH } from '../../context/tokens/resources.ts'
import { jsonResponse } from '../../http/response.ts'
import { MAX_KEPT_TEXT } from '../../lib/kept-text.ts'
import { monthOf } from '../../lib/month.ts'
import { DOMAIN_MODES } from '../../model/client.ts'
import { USAGE_DIMENSIONS, USAGE_INTERVALS } from '../../model/usage.ts'
import type { SeriesQuery } from '../../storage/metering.ts'
import { billedLater, monthSummary, usageCsv, usageRowJson, usageTotal } from '../usage.ts'
import { environmentOf } from './change.ts'
import { cursorOf, placeIn, writeCursor } from './cursor.ts'
import { csvResponse, format, formatFor, VARY } from './format.ts'
import { nextLink } from './list-response.ts'
import { checked, count, hour, id, once, several, statusClass, validationFailed } from './query.ts'
import { readSeriesPosition, writeSeriesPosition } from './series-position.ts'

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
  route: once(MAX_KEPT_TEXT).optional(),
  mode: z.enum(DOMAIN_MODES, `must be one of ${DOMAIN_MODES.join(', ')}`).optional(),
  status_class: statusClass.optional(),
  format: format(FORMATS),
  limit: count(MOST_ROWS).optional(),
  cursor: cursorOf(readSeriesPosition),
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
    const query = {
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
    } satisfies SeriesQuery
    const found = await context.storage.usage.series({
      ...query,
      // A month that begins meanwhile would be another answer, of the same words.
      after: placeIn(call, asked.cursor, from),
      limit: limit + 1,
    })
    const rows = found.slice(0, limit)
    const last = rows.at(-1)
    const next =
      found.length > limit && last !== undefined
        ? writeCursor(call, writeSeriesPosition(last), from)
        : undefined
    if (format === 'csv') return csvResponse(usageCsv(query, rows), nextLink(call, next))
    return jsonResponse(
      200,
      {
        workspace_id: query.workspaceId,
        from,
        to,
        interval: query.interval,
        by: USAGE_DIMENSIONS.filter(dimension => query.by.includes(dimension)),
        series: rows.map(row => usageRowJson(query, row)),
        total: await usageTotal(context.storage, query),
        billed_later: await billedLater(context.storage, query),
        month: await monthSummary(
          { ...environmentOf(context, call), config: context.config },
          { workspaceId: query.workspaceId, month: monthOfPeriod(to, now) },
        ),
        next_cursor: next ?? null,
      },
      { ...VARY, ...nextLink(call, next) },
    )
  },
}

/** The month that a period ends in. What is to come has no month of its own yet. */
function monthOfPeriod(to: Date, now: Date): Date {
  return to > now ? monthOf(now) : monthOf(new Date(to.getTime() - 1))
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
