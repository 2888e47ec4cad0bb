import {
  type BilledLater,
  type MonthSummary,
  type SeriesQuery,
  type UsageRow,
  type UsageSum,
  usageColumns,
  usageRowJson,
} from '@xwms/core'
import { type Fields, type Result, table } from './result.ts'

/** What there is to tell of usage. */
export interface Usage {
  readonly query: SeriesQuery
  readonly rows: readonly UsageRow[]
  readonly total: UsageSum
  /** Of these requests, those that stand on the invoice of a later month. */
  readonly billedLater?: readonly BilledLater[]
  /** Of the workspace as a whole; `undefined` where usage of one client is asked for. */
  readonly month: MonthSummary | null | undefined
  /** The host of each domain, by its id; not needed without the dimension `domain`. */
  readonly hosts?: ReadonlyMap<string, string>
}

/** Usage as the management API tells it in JSON, and for people as a table with its total and what the month costs. */
export function usageReport({
  query,
  rows,
  total,
  billedLater = [],
  month,
  hosts = new Map(),
}: Usage): Result {
  const { from, to, interval, by } = query
  const series = rows.map(row => usageRowJson(query, row))
  const columns = usageColumns(query).map(name => (name === 'domain_id' ? 'domain' : name))
  const [first = ''] = columns
  const seen = series.map(row => ({ ...row, domain: hosts.get(String(row.domain_id)) ?? row.domain_id }))
  const lines: Fields[] = [...seen, first === '' ? { ...total } : { [first]: 'total', ...total }]
  return {
    json: {
      from,
      to,
      interval,
      by,
      series,
      total,
      billed_later: billedLater,
      ...(month !== undefined && { month }),
    },
    text: [
      table([...columns, 'requests', 'cost'], columns.length === 0 ? [{ ...total }] : lines, NUMBERS),
      ...billedLater.map(laterText),
      ...(month ? [monthText(month)] : []),
    ].join('\n\n'),
  }
}

const NUMBERS = ['unit_price_nano_euro', 'requests', 'cost']

/** What stands in place of a forecast. */
export const NO_FORECAST = 'A forecast needs a day of use in this month.'
/** What is said beside one that ends at a cap. */
export const CAPPED = 'A cap will refuse requests before the month ends, if they go on coming like this.'

function laterText({ month, requests, billed_in, invoice }: BilledLater): string {
  const where = invoice === null ? `the invoice for ${billed_in}` : `invoice ${invoice} (${billed_in})`
  return `${requests} of ${month} came in after its invoice and ${requests === 1 ? 'is' : 'are'} billed with ${where}.`
}

function monthText({ month, invoice, so_far, forecast, forecast_capped }: MonthSummary): string {
  const line = (name: string, { requests, included, billable, net }: MonthSummary['so_far']): Fields => ({
    [month]: name,
    requests,
    included,
    billable,
    net,
  })
  const columns = [month, 'requests', 'included', 'billable', 'net']
  if (invoice !== null) return table(columns, [line(invoice, so_far)], columns.slice(1))
  const lines = [line('so far', so_far), ...(forecast === null ? [] : [line('forecast', forecast)])]
  const text = table(columns, lines, columns.slice(1))
  if (forecast_capped) return `${text}\n${CAPPED}`
  return forecast === null ? `${text}\n${NO_FORECAST}` : text
}
