import {
  invoiceDocument,
  type LedgerCheck,
  type LedgerDifference,
  type ReconcileQuery,
  type Reconciler,
  type UsageCounter,
  type UsageEvent,
} from '@xwms/core'
import type { Data } from './data.ts'
import { invoices } from './invoices.ts'
import { monthKey } from './usage.ts'

/** Sums of an account by what is compared; the key also says of which workspace and month it is. */
type Account = Map<
  string,
  { readonly of: Pick<LedgerDifference, 'workspaceId' | 'month' | 'item'>; sum: bigint }
>

const HOUR_MS = 3_600_000

export function reconciler(data: Data): Reconciler {
  const { list } = invoices(data)
  return {
    async invoices(query, limit) {
      return (await list(query, limit)).map(invoice => ({
        number: invoice.number,
        workspaceId: invoice.workspaceId,
        month: invoice.month,
        document: invoiceDocument(invoice),
        terms: data.closedMonths.get(monthKey(invoice)),
      }))
    },
    async compare(query, limit) {
      const inMonths = within(query)
      const since = Math.max(query.eventsSince.getTime(), data.usageEvents.completeSince.getTime())
      const eventsSince = new Date(since)
      const events = account(
        data.usageEvents.list().filter(event => inMonths(event) && event.at >= eventsSince),
        event => [itemOf(event, Math.floor(event.status / 100), event.priceNanoEuro, hourOf(event.at)), 1n],
      )
      const counters = [...data.usageCounters.values()].filter(inMonths)
      const counted = account(
        counters.filter(({ hour }) => hour >= eventsSince),
        counter => [
          itemOf(counter, counter.statusClass, counter.unitPriceNanoEuro, counter.hour),
          counter.requests,
        ],
      )
      const billable = account(
        counters.filter(({ mode, unitPriceNanoEuro }) => mode === 'live' && unitPriceNanoEuro > 0),
        ({ unitPriceNanoEuro, requests }) => [`billable, at ${unitPriceNanoEuro}`, requests],
      )
      const totals: Account = new Map()
      for (const [key, lines] of data.monthTotals) {
        const [workspaceId = '', time] = key.split('\n')
        const month = new Date(Number(time))
        if (!inMonths({ workspaceId, month })) continue
        for (const [price, requests] of lines)
          add(totals, { workspaceId, month, item: `billable, at ${price}` }, BigInt(requests))
      }
      const closed: Account = new Map()
      const issued: Account = new Map()
      for (const invoice of data.invoices.filter(inMonths)) {
        const { workspaceId, month, number } = invoice
        add(issued, { workspaceId, month, item: number }, 1n)
        if (data.closedMonths.has(monthKey(invoice))) add(closed, { workspaceId, month, item: number }, 1n)
      }
      const differences = [
        ...differencesOf('events_counters', events, counted),
        ...differencesOf('counters_month_totals', billable, totals),
        ...differencesOf('closed_months_invoices', closed, issued),
      ]
      return {
        eventsSince,
        events: sumOf(events),
        counted: sumOf(counted),
        billable: sumOf(totals),
        differing: differences.length,
        differences: differences.slice(0, limit),
      }
    },
  }
}

function within({ workspaceId, from, to }: ReconcileQuery) {
  return (of: { readonly workspaceId: string; readonly month: Date }) =>
    of.month >= from && of.month <= to && (workspaceId === undefined || of.workspaceId === workspaceId)
}

function itemOf(
  { route, mode, clientId, domainId }: UsageEvent | UsageCounter,
  statusClass: number,
  price: number,
  hour: Date,
): string {
  const domain = domainId === undefined ? 'no domain' : `domain ${domainId}`
  const when = `${hour.toISOString().slice(0, 16)}Z`
  return `${route}, ${mode}, ${statusClass}xx, at ${price}, client ${clientId}, ${domain}, ${when}`
}

function hourOf(at: Date): Date {
  return new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS)
}

function account<Entry extends { readonly workspaceId: string; readonly month: Date }>(
  entries: readonly Entry[],
  read: (entry: Entry) => [item: string, requests: bigint],
): Account {
  const sums: Account = new Map()
  for (const entry of entries) {
    const [item, requests] = read(entry)
    add(sums, { workspaceId: entry.workspaceId, month: entry.month, item }, requests)
  }
  return sums
}

function add(
  sums: Account,
  of: Pick<LedgerDifference, 'workspaceId' | 'month' | 'item'>,
  requests: bigint,
): void {
  const key = JSON.stringify([of.month, of.workspaceId, of.item])
  const known = sums.get(key) ?? { of, sum: 0n }
  known.sum += requests
  sums.set(key, known)
}

function sumOf(sums: Account): bigint {
  return [...sums.values()].reduce((total, { sum }) => total + sum, 0n)
}

function differencesOf(check: LedgerCheck, one: Account, other: Account): LedgerDifference[] {
  return [...new Set([...one.keys(), ...other.keys()])].sort().flatMap(key => {
    const [expected, found] = [one.get(key), other.get(key)]
    const of = expected?.of ?? found?.of
    if (of === undefined || expected?.sum === found?.sum) return []
    return [{ check, ...of, expected: expected?.sum ?? 0n, found: found?.sum ?? 0n }]
  })
}
