import type { Client } from '../model/client.ts'
import type { Workspace } from '../model/workspace.ts'
import type { Reservation } from '../storage/metering.ts'
import type { Context } from './context.ts'

type Window = 'rate' | 'quota'

/** Whether a request found room, and where there was none. */
export interface Room {
  /** The window that is full. */
  readonly fullWindow: Window | undefined
  readonly limit: number
  readonly retryAfterSeconds: number
}

/** Counts the request against the plan's rate limit and the month's cap, in one atomic step: rules 13 and 14. */
export async function admit(
  context: Context,
  known: { readonly client: Client; readonly workspace: Workspace },
  now: Date,
): Promise<Room> {
  const windows: Window[] = []
  const reservations: Reservation[] = []
  const plan = context.config.plans[known.workspace.plan]
  if (plan?.rateLimit) {
    windows.push('rate')
    reservations.push(rateWindow(known.client.id, plan.rateLimit, now))
  }
  const caps = [plan?.hardCap ? plan.includedRequests : undefined, known.workspace.monthlyRequestCap].filter(
    cap => cap !== undefined,
  )
  if (caps.length > 0) {
    windows.push('quota')
    reservations.push(monthWindow(known.workspace.id, Math.min(...caps), now))
  }
  const free = { fullWindow: undefined, limit: 0, retryAfterSeconds: 0 }
  if (reservations.length === 0) return free
  const outcome = await context.storage.limits.admit(reservations)
  if (outcome.admitted) return free
  const full = reservations[outcome.refusedBy] as Reservation
  return {
    fullWindow: windows[outcome.refusedBy],
    limit: full.limit,
    retryAfterSeconds: Math.max(1, Math.ceil((full.windowEnd.getTime() - now.getTime()) / 1000)),
  }
}

function rateWindow(
  clientId: string,
  limit: { requests: number; windowSeconds: number },
  now: Date,
): Reservation {
  const length = limit.windowSeconds * 1000
  const start = Math.floor(now.getTime() / length) * length
  return {
    key: `rate:${clientId}`,
    windowStart: new Date(start),
    windowEnd: new Date(start + length),
    limit: limit.requests,
  }
}

function monthWindow(workspaceId: string, limit: number, now: Date): Reservation {
  const year = now.getUTCFullYear()
  const month = now.getUTCMonth()
  return {
    key: `quota:${workspaceId}`,
    windowStart: new Date(Date.UTC(year, month)),
    windowEnd: new Date(Date.UTC(year, month + 1)),
    limit,
  }
}

/** Rate limit fields (draft-ietf-httpapi-ratelimit-headers) and Retry-After (RFC 9110 section 10.2.3). */
export function limitHeaders({ fullWindow, limit, retryAfterSeconds }: Room): Record<string, string> {
  return {
    'retry-after': String(retryAfterSeconds),
    'ratelimit-policy': `"${fullWindow}";q=${limit}`,
    ratelimit: `"${fullWindow}";r=0;t=${retryAfterSeconds}`,
  }
}
