import { InputError } from '../errors.ts'
import { type CsvCell, csv } from '../lib/csv.ts'
import { formatEuro } from '../lib/money.ts'
import { formatMonth } from '../lib/month.ts'
import type { MonthCost } from '../model/invoice.ts'
import { USAGE_DIMENSIONS, type UsageDimension, type UsageRow } from '../model/usage.ts'
import type { LateQuery } from '../storage/billing.ts'
import type { SeriesQuery } from '../storage/metering.ts'
import type { Storage } from '../storage/storage.ts'
import { checkCall, invoiceEnvironment, monthInput } from './billing-input.ts'
import { type InvoiceEnvironment, type MonthInput, previewMonth } from './invoices.ts'

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
  /** The same for people, exactly: `EUR 29.000125`. An invoice has it rounded to the cent. */
  readonly net: string
}

/**
 * What a month costs a workspace so far, and will have cost at its end if requests go on coming as they did; once it is closed,
 * what its invoice says.
 */
export interface MonthSummary {
  /** `2026-10` */
  readonly month: string
  /** The number of its invoice; `null` while the month is open. */
  readonly invoice: string | null
  readonly so_far: CostSummary
  /** `null` until a day of use was seen, when nothing can be said of the rest, and of a month that is closed. */
  readonly forecast: CostSummary | null
  /** Whether a cap will refuse requests before the month ends, which the forecast leaves out. */
  readonly forecast_capped: boolean
}

/**
 * A month as its invoice says it, or will say it. `null` where nothing can be said: of a plan that is configured no more, and of
 * a month before the workspace was there.
 * @throws {InputError} `invalid_input`
 */
export async function monthSummary(
  environment: InvoiceEnvironment,
  input: MonthInput,
): Promise<MonthSummary | null> {
  checkCall({ ...invoiceEnvironment, ...monthInput }, environment, input)
  const month = formatMonth(input.month)
  try {
    const { cost, forecast, forecastCapped } = await previewMonth(environment, input)
    return {
      month,
      invoice: null,
      so_far: summaryOf(cost),
      forecast: forecast === undefined ? null : summaryOf(forecast),
      forecast_capped: forecastCapped,
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const [invoice] = await environment.storage.invoices.list(input, 1)
    if (invoice === undefined) return null
    return {
      month,
      invoice: invoice.number,
      so_far: summaryOf(invoice),
      forecast: null,
      forecast_capped: false,
    }
  }
}

/** Requests that count in a later month than they were made in, because they came in after that one was closed. */
export interface BilledLater {
  /** In which they were made, and in which usage tells of them: `2026-10`. */
  readonly month: string
  readonly requests: number
  /** Whose invoice they stand on. */
  readonly billed_in: string
  /** Its number; `null` while that month is open. */
  readonly invoice: string | null
}

/** Why usage and an invoice differ: which of the requests asked for are billed with a later month, oldest first. */
export async function billedLater(
  { invoices }: Pick<Storage, 'invoices'>,
  query: LateQuery & { readonly workspaceId: string },
): Promise<BilledLater[]> {
  const late = await invoices.late(query)
  const numbers = new Map<number, string>()
  for (const month of new Set(late.map(({ countedIn }) => countedIn.getTime()))) {
    const of = { workspaceId: query.workspaceId, month: new Date(month) }
    for (const { number } of await invoices.list(of, 1)) numbers.set(month, number)
  }
  return late.map(({ madeIn, countedIn, requests }) => ({
    month: formatMonth(madeIn),
    requests: Number(requests),
    billed_in: formatMonth(countedIn),
    invoice: numbers.get(countedIn.getTime()) ?? null,
  }))
}

function summaryOf({ lines, feeNanoEuro, netNanoEuro }: MonthCost): CostSummary {
  const sum = (name: 'requests' | 'free' | 'included' | 'billable') =>
    Number(lines.reduce((total, line) => total + line[name], 0n))
  return {
    requests: sum('requests'),
    free: sum('free'),
    included: sum('included'),
    billable: sum('billable'),
    fee_nano_euro: String(feeNanoEuro),
    net_nano_euro: String(netNanoEuro),
    net: formatEuro(netNanoEuro),
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
