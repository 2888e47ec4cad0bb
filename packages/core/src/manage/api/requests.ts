import { isIP } from 'node:net'
import * as z from 'zod'
import type { ManagedEndpoint } from '../../context/endpoint.ts'
import { MANAGE_PATH } from '../../context/tokens/resources.ts'
import { addressText } from '../../lib/ip.ts'
import { MAX_KEPT_TEXT } from '../../lib/kept-text.ts'
import { readPosition, writePosition } from '../../lib/position.ts'
import type { RequestLogEntry } from '../../model/usage.ts'
import { cursorOf, placeIn } from './cursor.ts'
import { listResponse } from './list-response.ts'
import { checked, id, limit, once, statusClass, time, validationFailed } from './query.ts'

const requestsQuery = z.strictObject({
  client_id: id.optional(),
  domain_id: id.optional(),
  route: once(MAX_KEPT_TEXT).optional(),
  status: once()
    .regex(/^[1-5]\d\d$/, 'must be a status such as 403')
    .transform(Number)
    .optional(),
  status_class: statusClass.optional(),
  refused_by: once()
    .regex(/^[a-z_]{1,100}$/, 'must be a code such as ip_not_allowed')
    .optional(),
  ip: once()
    .refine(text => isIP(text) !== 0, 'must be an IPv4 or IPv6 address')
    .transform(addressText)
    .optional(),
  request_id: once().optional(),
  from: time.optional(),
  to: time.optional(),
  limit,
  cursor: cursorOf(readPosition),
})

const DAY_MS = 86_400_000
const USUAL_DAYS = 7
/** How far the clock of another process may be ahead. */
const AHEAD_MS = 60_000

/** The request log, newest first: refused requests, and admitted ones as they are kept. By default of the last seven days. */
export const requests: ManagedEndpoint = {
  method: 'GET',
  path: `${MANAGE_PATH}/workspaces/:workspace_id/requests`,
  body: 'none',
  failure: 'problem',
  cors: true,
  permission: 'requests:read',
  async handle({ storage, now }, call) {
    const asked = checked(requestsQuery, call.query)
    const to = asked.to ?? new Date(now().getTime() + AHEAD_MS)
    const from = asked.from ?? new Date(to.getTime() - USUAL_DAYS * DAY_MS)
    if (from >= to) throw validationFailed({ from: 'must be before to' })
    const things = await storage.requestLog.search({
      workspaceId: call.manager.workspace.id,
      clientId: asked.client_id,
      domainId: asked.domain_id,
      route: asked.route,
      status: asked.status,
      statusClass: asked.status_class,
      refusedBy: asked.refused_by,
      ip: asked.ip,
      requestId: asked.request_id,
      from,
      to,
      before: placeIn(call, asked.cursor),
      limit: asked.limit + 1,
    })
    return listResponse(call, {
      name: 'requests',
      things,
      limit: asked.limit,
      json: entryJson,
      placeOf: writePosition,
    })
  },
}

function entryJson(entry: RequestLogEntry): object {
  return {
    id: entry.id,
    at: entry.at,
    request_id: entry.requestId,
    client_id: entry.clientId,
    domain_id: entry.domainId ?? null,
    route: entry.route,
    status: entry.status,
    duration_ms: entry.durationMs,
    ip: entry.ip,
    user_agent: entry.userAgent ?? null,
    refused_by: entry.refusedBy ?? null,
    facts: entry.facts,
  }
}
