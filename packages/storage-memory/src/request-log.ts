import type { MeteredRequest, RequestLog, RequestLogEntry, RequestLogQuery, UsageEvent } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import { newestFirst } from './order.ts'

/** Keeps an admitted request whose event says who called. */
export function logAdmitted(
  { requestLog }: Data,
  event: UsageEvent,
  { ip, userAgent }: NonNullable<MeteredRequest['caller']>,
): void {
  const { mode, sub, priceNanoEuro, month, ...request } = event
  requestLog.set(event.id, { ...request, ip, userAgent, refusedBy: undefined, facts: {} })
}

export function requestLog({ requestLog }: Data): RequestLog {
  return {
    async append(entries) {
      for (const entry of entries) if (!requestLog.get(entry.id)) requestLog.set(entry.id, copy(entry))
    },
    async search(query) {
      const found = [...requestLog.values()].filter(entry => asked(query, entry))
      return newestFirst(found, entry => entry, query.before, query.limit).map(copy)
    },
  }
}

function asked(
  { from, to, before, limit, statusClass, ...equal }: RequestLogQuery,
  entry: RequestLogEntry,
): boolean {
  return (
    entry.at >= from &&
    entry.at < to &&
    (statusClass === undefined || Math.floor(entry.status / 100) === statusClass) &&
    Object.entries(equal).every(
      ([name, value]) => value === undefined || entry[name as keyof typeof equal] === value,
    )
  )
}
