import {
  closedTerms,
  type Invoice,
  type Invoices,
  type LateQuery,
  type MonthFacts,
  type MonthUsage,
  monthAfter,
} from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import { lateUsage } from './late-usage.ts'
import { monthKey } from './usage.ts'

export function invoices({ workspaces, usageCounters, closedMonths, invoices, audit }: Data): Invoices {
  function factsOf(workspaceId: string, month: Date): MonthFacts | undefined {
    const record = workspaces.get(workspaceId)
    const end = monthAfter(month)
    if (record === undefined || record.workspace.createdAt >= end) return undefined
    const plans = record.plans.filter(({ since }) => since < end)
    return copy({
      workspace: record.workspace,
      month,
      planName: plans.at(-1)?.plan ?? record.workspace.plan,
      firstUsedAt: firstUse(workspaceId),
      usage: usageOf(workspaceId, month),
      earlierMonths: lateIn({ workspaceId, month, from: new Date(0), to: month }).map(
        ({ madeIn, requests }) => ({ month: madeIn, requests }),
      ),
    })
  }

  function firstUse(workspaceId: string): Date | undefined {
    const hours = [...usageCounters.values()]
      .filter(counter => counter.workspaceId === workspaceId)
      .map(({ hour }) => hour.getTime())
    return hours.length === 0 ? undefined : new Date(Math.min(...hours))
  }

  function usageOf(workspaceId: string, month: Date): MonthUsage[] {
    const sums = new Map<string, MonthUsage>()
    for (const counter of usageCounters.values()) {
      if (counter.workspaceId !== workspaceId || counter.month.getTime() !== month.getTime()) continue
      const { route, mode, statusClass, unitPriceNanoEuro } = counter
      const key = JSON.stringify([route, mode, statusClass, unitPriceNanoEuro])
      const { requests = 0n, late = 0n } = sums.get(key) ?? {}
      sums.set(key, {
        route,
        mode,
        statusClass,
        unitPriceNanoEuro,
        requests: requests + counter.requests,
        late: late + (counter.month > counter.hour ? counter.requests : 0n),
      })
    }
    return [...sums.values()]
  }

  const lateIn = (query: LateQuery) => lateUsage([...usageCounters.values()], query)

  const invoiceOf = (workspaceId: string, month: Date) =>
    invoices.find(each => each.workspaceId === workspaceId && each.month.getTime() === month.getTime())

  return {
    async facts(workspaceId, month) {
      return factsOf(workspaceId, month)
    },
    async late(query) {
      return lateIn(query)
    },
    async close(workspaceId, month, now, compose) {
      const facts = factsOf(workspaceId, month)
      if (facts === undefined) return { outcome: 'not_found' }
      const known = invoiceOf(workspaceId, month)
      if (known !== undefined) return { outcome: 'already_closed', invoice: copy(known) }
      const sameYear = (invoice: Invoice) => invoice.issuedAt.getUTCFullYear() === now.getUTCFullYear()
      const { invoice, audit: entry } = compose(facts, invoices.filter(sameYear).length + 1)
      const terms = closedTerms(invoice)
      invoices.push(copy(invoice))
      closedMonths.set(monthKey({ workspaceId, month }), terms)
      audit.push(copy(entry))
      return { outcome: 'closed', invoice }
    },
    async unclosed(month, limit, after = '') {
      return [...workspaces.values()]
        .map(({ workspace }) => workspace)
        .filter(({ id, createdAt }) => id > after && createdAt < monthAfter(month) && !invoiceOf(id, month))
        .map(({ id }) => id)
        .sort()
        .slice(0, limit)
    },
    async find(number) {
      return copy(invoices.find(invoice => invoice.number === number))
    },
    async list({ workspaceId, month, after }, limit) {
      const end = after === undefined ? invoices.length : invoices.findIndex(({ number }) => number === after)
      return invoices
        .slice(0, Math.max(0, end))
        .reverse()
        .filter(
          invoice =>
            (workspaceId === undefined || invoice.workspaceId === workspaceId) &&
            (month === undefined || invoice.month.getTime() === month.getTime()),
        )
        .slice(0, limit)
        .map(copy)
    },
  }
}
