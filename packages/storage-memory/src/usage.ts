import type { Usage, UsageCounter, UsageEvent, UsageQuery } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import { byTime } from './order.ts'

/**
 * How many events are remembered. The counters stay complete beyond it; what goes is the recognition of an event that
 * is written again after this many others.
 */
const EVENTS_KEPT = 100_000

const HOUR_MS = 60 * 60 * 1000

export function usage({ usageEvents, usageCounters }: Data): Usage {
  // One walk through the events as they age: a new one each time would step over all that were ever removed.
  const oldest = usageEvents.keys()

  function count(event: UsageEvent): void {
    const { workspaceId, clientId, domainId, route, mode } = event
    const hour = new Date(Math.floor(event.at.getTime() / HOUR_MS) * HOUR_MS)
    const statusClass = Math.floor(event.status / 100)
    const key = JSON.stringify([hour, workspaceId, clientId, domainId, route, mode, statusClass])
    const counter: UsageCounter = usageCounters.get(key) ?? {
      hour,
      workspaceId,
      clientId,
      domainId,
      route,
      mode,
      statusClass,
      requests: 0n,
      priceNanoEuro: 0n,
    }
    usageCounters.set(key, {
      ...counter,
      requests: counter.requests + 1n,
      priceNanoEuro: counter.priceNanoEuro + BigInt(event.priceNanoEuro),
    })
  }

  function asked({ workspaceId, clientId, from, to }: UsageQuery) {
    return (item: UsageCounter | UsageEvent) => {
      const at = 'hour' in item ? item.hour : item.at
      return (
        at >= from &&
        at < to &&
        (workspaceId === undefined || item.workspaceId === workspaceId) &&
        (clientId === undefined || item.clientId === clientId)
      )
    }
  }

  return {
    async append(events) {
      for (const event of events) {
        if (usageEvents.has(event.id)) continue
        usageEvents.set(event.id, copy(event))
        count(event)
        if (usageEvents.size > EVENTS_KEPT) usageEvents.delete(oldest.next().value ?? '')
      }
    },
    async counters(query) {
      return [...usageCounters.entries()]
        .filter(([, counter]) => asked(query)(counter))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, counter]) => copy(counter))
    },
    async events(query, limit) {
      return [...usageEvents.values()]
        .filter(asked(query))
        .sort(
          byTime(
            event => event.at,
            event => event.id,
          ),
        )
        .slice(0, limit)
        .map(copy)
    },
  }
}
