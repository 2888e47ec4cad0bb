import { type LateQuery, type LateUsage, monthOf, type UsageCounter } from '@xwms/core'

/** Counters of a later month than their own, summed up by both. */
export function lateUsage(counters: readonly UsageCounter[], query: LateQuery): LateUsage[] {
  const { from, to, month, ...equal } = query
  const sums = new Map<string, LateUsage>()
  for (const counter of counters) {
    const { hour, month: countedIn } = counter
    if (countedIn <= hour || hour < from || hour >= to) continue
    if (month !== undefined && countedIn.getTime() !== month.getTime()) continue
    if (NARROWING.some(name => equal[name] !== undefined && equal[name] !== counter[name])) continue
    const madeIn = monthOf(hour)
    const key = `${madeIn.getTime()} ${countedIn.getTime()}`
    const requests = (sums.get(key)?.requests ?? 0n) + counter.requests
    sums.set(key, { madeIn, countedIn: new Date(countedIn), requests })
  }
  return [...sums.values()].sort(
    (a, b) => a.madeIn.getTime() - b.madeIn.getTime() || a.countedIn.getTime() - b.countedIn.getTime(),
  )
}

const NARROWING = ['workspaceId', 'clientId', 'domainId', 'route', 'mode', 'statusClass'] as const
