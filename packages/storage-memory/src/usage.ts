import {
  type BatchTotals,
  type MeteredRequest,
  type MonthTotal,
  monthAfter,
  monthOf,
  type Usage,
  type UsageCounter,
  type UsageEvent,
  type UsageQuery,
  usageEventId,
  type WindowUse,
  type WorkspaceMonth,
} from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import { byTime, inOrderOf } from './order.ts'
import { logAdmitted } from './request-log.ts'
import { seriesOf } from './usage-series.ts'

const HOUR_MS = 60 * 60 * 1000

export const monthKey = ({ workspaceId, month }: WorkspaceMonth) => `${workspaceId}\n${month.getTime()}`

export function usage(data: Data): Usage {
  const { usageBatches, usageEvents, usageCounters, monthTotals, windowUses, closedMonths } = data

  /** The billing month of an event: its own, or the first after it that is open. */
  function billingMonth({ workspaceId, at }: Pick<MeteredRequest, 'workspaceId' | 'at'>): Date {
    let month = monthOf(at)
    while (closedMonths.has(monthKey({ workspaceId, month }))) month = monthAfter(month)
    return month
  }

  function count(event: UsageEvent): void {
    const { workspaceId, clientId, domainId, route, mode, month, priceNanoEuro: unitPriceNanoEuro } = event
    const hour = new Date(Math.floor(event.at.getTime() / HOUR_MS) * HOUR_MS)
    const statusClass = Math.floor(event.status / 100)
    const of = { hour, workspaceId, clientId, domainId, route, mode, statusClass, unitPriceNanoEuro, month }
    // Only a route can have spaces of its own, and it comes last.
    const key = `${hour.getTime()} ${month.getTime()} ${statusClass} ${unitPriceNanoEuro} ${mode} ${workspaceId} ${clientId} ${domainId} ${route ?? ''}`
    usageCounters.set(key, { ...of, requests: (usageCounters.get(key)?.requests ?? 0n) + 1n })
    if (mode !== 'live' || unitPriceNanoEuro === 0) return
    const lines = monthTotals.get(monthKey(event)) ?? new Map<number, number>()
    monthTotals.set(monthKey(event), lines)
    lines.set(unitPriceNanoEuro, (lines.get(unitPriceNanoEuro) ?? 0) + 1)
  }

  function use({ key, start, end, used }: WindowUse): void {
    const slots = windowUses.get(key)?.slots ?? new Map()
    for (const [other, slot] of slots) if (slot.end <= start) slots.delete(other)
    slots.set(start.getTime(), { end, used: (slots.get(start.getTime())?.used ?? 0) + used })
    windowUses.set(key, { slots, end })
  }

  function windowTotal({ key, since }: Pick<WindowUse, 'key' | 'since'>): number {
    let sum = 0
    for (const [start, { used }] of windowUses.get(key)?.slots ?? [])
      if (start >= since.getTime()) sum += used
    return sum
  }

  function monthTotal(of: WorkspaceMonth): MonthTotal {
    const lines = [...(monthTotals.get(monthKey(of)) ?? [])].sort(([a], [b]) => a - b)
    return {
      workspaceId: of.workspaceId,
      month: new Date(of.month),
      lines: lines.map(([unitPriceNanoEuro, requests]) => ({ unitPriceNanoEuro, requests })),
    }
  }

  function totals(
    windows: readonly Pick<WindowUse, 'key' | 'since'>[],
    months: readonly WorkspaceMonth[],
  ): BatchTotals {
    return { windows: windows.map(windowTotal), months: months.map(monthTotal) }
  }

  function countersOf(query: UsageQuery): UsageCounter[] {
    return [...usageCounters.values()].filter(counter => asked(query, counter, counter.hour))
  }

  return {
    async append({ id, events, windows }) {
      const months = new Map<string, WorkspaceMonth>()
      const written = usageBatches.has(id)
      for (const [position, { caller, ...request }] of events.entries()) {
        const event = copy({ ...request, id: usageEventId(id, position), month: billingMonth(request) })
        months.set(monthKey(event), event)
        if (written) continue
        usageEvents.push(event)
        count(event)
        if (caller) logAdmitted(data, event, caller)
      }
      if (!written) {
        for (const window of windows) use(copy(window))
        usageBatches.add(id, true)
      }
      return totals(windows, [...months.values()])
    },
    async totals(windows, months) {
      return totals(windows, months)
    },
    async counters(query) {
      return countersOf(query).sort(inOrderOf(KEY)).map(copy)
    },
    async series(query) {
      return seriesOf(countersOf(query), query)
    },
    async events(query, limit) {
      return usageEvents
        .list()
        .filter(event => asked(query, event, event.at))
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

/** What tells counters apart, in the order that they are listed in. */
const KEY = [
  'hour',
  'workspaceId',
  'clientId',
  'domainId',
  'route',
  'mode',
  'statusClass',
  'unitPriceNanoEuro',
  'month',
] as const

function asked(
  { workspaceId, clientId, month, from, to }: UsageQuery,
  item: Pick<UsageCounter, 'workspaceId' | 'clientId' | 'month'>,
  at: Date,
): boolean {
  return (
    at >= from &&
    at < to &&
    (workspaceId === undefined || item.workspaceId === workspaceId) &&
    (clientId === undefined || item.clientId === clientId) &&
    (month === undefined || item.month.getTime() === month.getTime())
  )
}
