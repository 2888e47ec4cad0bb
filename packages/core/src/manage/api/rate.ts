import { v7 as uuidv7 } from 'uuid'
import type { Context, KnownToken } from '../../context/context.ts'
import { callerOf } from '../../context/metering/admitted-request.ts'
import { fullWords } from '../../context/metering/full.ts'
import { RateControl } from '../../context/metering/rate-control.ts'
import { rateLimitFields, refusalFields } from '../../context/metering/rate-limit-fields.ts'
import { HttpError } from '../../errors.ts'
import type { HttpRequest } from '../../http/request.ts'

/** A call of the management API by somebody whose token is good. */
export interface ManagementCall {
  readonly request: HttpRequest
  readonly requestId: string
  /** Its name in the request log. */
  readonly route: string
}

/**
 * Counts a call of whoever the token is of: a client for itself, or a user through a client, however many tokens they have.
 * @returns the header fields that tell what is left
 * @throws {HttpError} 429 `rate_limited`
 */
export type ManagementRate = (
  known: KnownToken,
  call: ManagementCall,
) => Promise<Readonly<Record<string, string>>>

/** The limit of the option `management.rateLimit`. */
export function createManagementRate(context: Context): ManagementRate {
  const { rateLimit } = context.config.management
  if (rateLimit === false) return async () => ({})
  const control = new RateControl(context, 'management', rateLimit)
  return async (known, call) => {
    const { client, user } = known
    const { full, window } = await control.count(user === undefined ? client.id : `${client.id} ${user.sub}`)
    if (full === undefined) return rateLimitFields([window], context.now().getTime())
    const error = new HttpError(429, 'rate_limited', fullWords(full), { headers: refusalFields(full) })
    note(context, known, call, error)
    throw error
  }
}

/** Tells the client's owner. */
function note(
  context: Context,
  { client, grant }: KnownToken,
  { request, requestId, route }: ManagementCall,
  { status, code }: HttpError,
): void {
  context.meter.note({
    id: uuidv7(),
    at: context.now(),
    requestId,
    workspaceId: client.workspaceId,
    clientId: client.id,
    domainId: undefined,
    route,
    status,
    durationMs: 0,
    ...callerOf({ headers: request.headers, ip: () => request.ip }),
    refusedBy: code,
    facts: { grant_id: grant.id, limit_name: 'management' },
  })
}
