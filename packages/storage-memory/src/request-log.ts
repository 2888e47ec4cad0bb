import type { RequestLog } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import { byTime } from './order.ts'

/** How many entries are kept over all clients; the oldest go first. */
const ENTRIES_KEPT = 10_000

export function requestLog({ requestLog }: Data): RequestLog {
  // One walk through the entries as they age: a new one each time would step over all that were ever removed.
  const oldest = requestLog.keys()

  return {
    async append(entries) {
      for (const entry of entries) {
        if (requestLog.has(entry.id)) continue
        requestLog.set(entry.id, copy(entry))
        if (requestLog.size > ENTRIES_KEPT) requestLog.delete(oldest.next().value ?? '')
      }
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
