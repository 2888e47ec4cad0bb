import type { MeteredRequest, RequestLog, UsageEvent } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import { byTime } from './order.ts'

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
    async list(clientId, limit) {
      return [...requestLog.values()]
        .filter(entry => entry.clientId === clientId)
        .sort(
          byTime(
            entry => entry.at,
            entry => entry.id,
          ),
        )
        .reverse()
        .slice(0, limit)
        .map(copy)
    },
  }
}
