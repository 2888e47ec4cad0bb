import { monthOf, type SeriesQuery, USAGE_DIMENSIONS, type UsageCounter, type UsageRow } from '@xwms/core'
import { inOrderOf } from './order.ts'

const DAY_MS = 24 * 60 * 60 * 1000

const START = {
  hour: (hour: Date) => hour,
  day: (hour: Date) => new Date(Math.floor(hour.getTime() / DAY_MS) * DAY_MS),
  month: monthOf,
  none: () => undefined,
} as const satisfies Record<SeriesQuery['interval'], (hour: Date) => Date | undefined>

const FIELDS = {
  client: 'clientId',
  domain: 'domainId',
  route: 'route',
  mode: 'mode',
  status_class: 'statusClass',
  price: 'unitPriceNanoEuro',
} as const satisfies Record<SeriesQuery['by'][number], keyof UsageRow>

const ORDER = ['start', ...USAGE_DIMENSIONS.map(dimension => FIELDS[dimension])] as const

/** Adds counters up. */
export function seriesOf(
  counters: readonly UsageCounter[],
  { interval, by, after, limit, domainId, route, mode, statusClass }: SeriesQuery,
): UsageRow[] {
  const rows = new Map<string, UsageRow>()
  for (const counter of counters) {
    if (domainId !== undefined && counter.domainId !== domainId) continue
    if (route !== undefined && counter.route !== route) continue
    if (mode !== undefined && counter.mode !== mode) continue
    if (statusClass !== undefined && counter.statusClass !== statusClass) continue
    const of = {
      start: START[interval](counter.hour),
      clientId: undefined,
      domainId: undefined,
      route: undefined,
      mode: undefined,
      statusClass: undefined,
      unitPriceNanoEuro: undefined,
      ...Object.fromEntries(by.map(dimension => [FIELDS[dimension], counter[FIELDS[dimension]]])),
    }
    const key = JSON.stringify(ORDER.map(name => of[name] ?? null))
    const row = rows.get(key) ?? { ...of, requests: 0n, costNanoEuro: 0n }
    rows.set(key, {
      ...row,
      requests: row.requests + counter.requests,
      costNanoEuro: row.costNanoEuro + counter.requests * BigInt(counter.unitPriceNanoEuro),
    })
  }
  const order = inOrderOf(ORDER)
  return [...rows.values()]
    .filter(row => after === undefined || order(row, after) > 0)
    .sort(order)
    .slice(0, limit)
}
