import { InputError } from '../errors.ts'
import { type CsvCell, csv } from '../lib/csv.ts'
import { formatCents, formatEuro } from '../lib/money.ts'
import { formatMonth, monthOf } from '../lib/month.ts'
import type { MonthCost } from '../model/invoice.ts'
import { USAGE_DIMENSIONS, type UsageDimension, type UsageRow } from '../model/usage.ts'
import type { SeriesQuery } from '../storage/metering.ts'
import type { Storage } from '../storage/storage.ts'
import { type InvoiceEnvironment, previewMonth } from './invoices.ts'

// Usage in JSON and CSV, as the management API and the command line tell of it. Nano-euro are text in JSON, because its readers
// may round what is beyond 2^53.

/** Which rows a series has. */
type Shape = Pick<SeriesQuery, 'interval' | 'by'>

/** Requests and the sum of their prices. */
export interface UsageSum {
  /** Nobody sends 2^53 requests. */
  readonly requests: number
  readonly cost_nano_euro: string
  /** For people: `EUR 0.00002`. */
  readonly cost: string
}

/** What a month costs, before VAT. */
export interface CostSummary {
  readonly requests: number
  readonly free: number
  readonly included: number
  readonly billable: number
  readonly fee_nano_euro: string
  readonly net_nano_euro: string
  /** For people, to the cent: `EUR 29.00`. */
  readonly net: string
}

/** What a month costs a workspace so far, and will have cost at its end if requests go on coming as they did. */
export interface MonthSummary {
  /** `2026-10` */
  readonly month: string
  readonly so_far: CostSummary
  /** `null` until a day of use was seen: nothing could be said of the rest. */
  readonly forecast: CostSummary | null
}

/**
 * The month that it is, as its invoice will say. `null` where nothing can be said: of a plan that is configured no more, and
 * of a month that somebody whose clock is ahead has closed.
 */
export async function monthSummary(
  environment: InvoiceEnvironment,
  workspaceId: string,
): Promise<MonthSummary | null> {
  const month = monthOf(environment.now)
  try {
    const { cost, forecast } = await previewMonth(environment, { workspaceId, month })
    return {
      month: formatMonth(month),
      so_far: summaryOf(cost),
      forecast: forecast === undefined ? null : summaryOf(forecast),
    }
  } catch (error) {
    if (error instanceof InputError) return null
    throw error
  }
}

function summaryOf({ lines, feeNanoEuro, netNanoEuro, netCents }: MonthCost): CostSummary {
  const sum = (name: 'requests' | 'free' | 'included' | 'billable') =>
    Number(lines.reduce((total, line) => total + line[name], 0n))
  return {
    requests: sum('requests'),
    free: sum('free'),
    included: sum('included'),
    billable: sum('billable'),
    fee_nano_euro: String(feeNanoEuro),
    net_nano_euro: String(netNanoEuro),
    net: formatCents(netCents),
  }
}

/** All that a series adds up to, whatever its intervals, dimensions and pages. */
export async function usageTotal(
  { usage }: Pick<Storage, 'usage'>,
  query: Omit<SeriesQuery, 'interval' | 'by' | 'after' | 'limit'>,
): Promise<UsageSum> {
  const [total] = await usage.series({
    ...query,
    interval: 'none',
    by: [],
    after: undefined,
    limit: undefined,
  })
  return usageSum(total ?? { requests: 0n, costNanoEuro: 0n })
}

function usageSum({ requests, costNanoEuro }: Pick<UsageRow, 'requests' | 'costNanoEuro'>): UsageSum {
  return {
    requests: Number(requests),
    cost_nano_euro: String(costNanoEuro),
    cost: formatEuro(costNanoEuro),
  }
}

/** A column of a series: its name, and what a row says there. */
type Column = readonly [name: string, of: (row: UsageRow) => CsvCell]

const START: Column = ['start', row => row.start?.toISOString()]

const COLUMNS: Readonly<Record<UsageDimension, Column>> = {
  client: ['client_id', row => row.clientId],
  domain: ['domain_id', row => row.domainId],
  route: ['route', row => row.route],
  mode: ['mode', row => row.mode],
  status_class: ['status_class', row => row.statusClass],
  price: ['unit_price_nano_euro', row => row.unitPriceNanoEuro],
}

function columnsOf({ interval, by }: Shape): readonly Column[] {
  const dimensions = USAGE_DIMENSIONS.filter(dimension => by.includes(dimension))
  return [...(interval === 'none' ? [] : [START]), ...dimensions.map(dimension => COLUMNS[dimension])]
}

/** The names of the columns that tell rows apart. */
export function usageColumns(shape: Shape): readonly string[] {
  return columnsOf(shape).map(([name]) => name)
}

/** A row of a series with what it was asked to be told apart by; what has no value is null. */
export function usageRowJson(
  shape: Shape,
  row: UsageRow,
): UsageSum & Readonly<Record<string, string | number | null>> {
  const cells = columnsOf(shape).map(([name, of]) => [name, jsonOf(name, of(row))])
  return { ...Object.fromEntries(cells), ...usageSum(row) }
}

/** Money is text, as everywhere in JSON. */
function jsonOf(name: string, cell: CsvCell): string | number | null {
  if (cell === undefined) return null
  return typeof cell === 'bigint' || name.endsWith('_nano_euro') ? String(cell) : cell
}

/** A series as CSV. */
export function usageCsv(shape: Shape, rows: readonly UsageRow[]): string {
  const columns = columnsOf(shape)
  return csv(
    [...usageColumns(shape), 'requests', 'cost_nano_euro'],
    rows.map(row => [...columns.map(([, of]) => of(row)), row.requests, row.costNanoEuro]),
  )
}
