import type { Maintenance, RetentionDays } from '@xwms/core'
import type { Data } from './data.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** A late replay is still recognised for what it is. */
const aDay = () => DAY_MS
/** There may be one for every request, so they go soon: no sooner than the clocks of those who ask may differ. */
const aMoment = () => 5 * MINUTE_MS

/** What is removed when, under the names that the tables of a database have. */
function expiringOf(data: Data) {
  const { logoutDeliveries, usageEvents, audit } = data
  return [
    { table: 'sessions', kept: data.sessions, keptMs: aDay },
    { table: 'session_clients', kept: data.participations, keptMs: aDay },
    { table: 'interactions', kept: data.interactions, keptMs: aDay },
    { table: 'pushed_requests', kept: data.pushedRequests, keptMs: aDay },
    { table: 'device_codes', kept: data.deviceCodes, keptMs: aDay },
    { table: 'codes', kept: data.codes, keptMs: aDay },
    { table: 'access_tokens', kept: data.accessTokens, keptMs: aDay },
    { table: 'refresh_tokens', kept: data.refreshTokens, keptMs: aDay },
    { table: 'grants', kept: data.grants, keptMs: aDay },
    { table: 'replays', kept: data.replays, keptMs: aMoment },
    { table: 'limit_windows', kept: data.windowUses, keptMs: aMoment },
    { table: 'limit_reservations', kept: data.limitWindows, keptMs: aMoment },
    // Whoever delivers them moves this on, and gives them up after a day: nobody delivers these.
    { table: 'logout_deliveries', kept: logoutDeliveries, keptMs: aDay },
    {
      table: 'usage_events',
      kept: { removeBefore: async (time: Date) => usageEvents.deleteWhere(({ at }) => at < time) },
      keptMs: ({ eventDays }: RetentionDays) => eventDays * DAY_MS,
    },
    {
      table: 'request_log',
      kept: data.requestLog,
      keptMs: ({ requestLogDays }: RetentionDays) => requestLogDays * DAY_MS,
    },
    {
      table: 'audit',
      kept: { removeBefore: async (time: Date) => audit.deleteWhere(({ at }) => at < time) },
      keptMs: ({ auditDays }: RetentionDays) => auditDays * DAY_MS,
    },
    {
      table: 'workspace_events',
      kept: { removeBefore: async (time: Date) => removeEventsBefore(data, time) },
      keptMs: ({ auditDays }: RetentionDays) => auditDays * DAY_MS,
    },
    // Those who read them are told what counted, and what blocked somebody before makes the next block longer.
    { table: 'blocks', kept: data.blocks, keptMs: () => 30 * DAY_MS },
    { table: 'failures', kept: data.failures, keptMs: () => 0 },
  ]
}

function removeEventsBefore({ workspaceEvents }: Data, time: Date): number {
  let removed = 0
  for (const events of workspaceEvents.values())
    for (const [key, { at }] of events) if (at < time && events.delete(key)) removed++
  return removed
}

export function maintenance(data: Data): Maintenance {
  const expiring = expiringOf(data)
  let running = false

  return {
    async run(now, retention, signal) {
      if (running) return undefined
      running = true
      try {
        const tables = []
        for (const { table, kept, keptMs } of expiring) {
          if (signal?.aborted) break
          const startedAt = performance.now()
          const removed = await kept.removeBefore(new Date(now.getTime() - keptMs(retention)), signal)
          const durationMs = performance.now() - startedAt
          tables.push({ table, removed, partitions: undefined, durationMs })
        }
        return { tables }
      } finally {
        running = false
      }
    },
  }
}
