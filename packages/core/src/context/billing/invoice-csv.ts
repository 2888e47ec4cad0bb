import { type CsvCell, csv } from '../../lib/csv.ts'
import { formatMonth } from '../../lib/month.ts'
import type { Invoice, InvoiceDraft, InvoiceLine } from '../../model/invoice.ts'
import { checkInvoice } from './check-invoice.ts'

const HEADER = [
  'invoice',
  'month',
  'kind',
  'description',
  'requests',
  'free',
  'included',
  'billable',
  'unit_price_nano_euro',
  'amount_nano_euro',
  'amount_cents',
]

/**
 * An invoice as CSV for spreadsheets and bookkeeping: a row for the fee and for each line, one of kind `earlier_month` for each
 * month that some of the lines' requests were made in, then `net`, `vat` and `gross`.
 * Amounts are whole numbers, of nano-euro where they are exact and of cents where they are rounded.
 * @throws {InputError} `invalid_input` for what is no invoice
 */
export function invoiceCsv(invoice: Invoice | InvoiceDraft): string {
  checkInvoice(invoice)
  const number = 'number' in invoice ? invoice.number : undefined
  const row = (kind: string, description: string, ...cells: readonly CsvCell[]) => [
    number,
    formatMonth(invoice.month),
    kind,
    description,
    ...cells,
  ]
  const usage = (line: InvoiceLine) =>
    row(
      'usage',
      line.route,
      line.requests,
      line.free,
      line.included,
      line.billable,
      line.unitPriceNanoEuro,
      line.amountNanoEuro,
      undefined,
    )
  const sum = (kind: string, description: string, nanoEuro: bigint | undefined, cents: bigint | undefined) =>
    row(kind, description, undefined, undefined, undefined, undefined, undefined, nanoEuro, cents)
  return csv(HEADER, [
    sum('fee', invoice.plan.title, invoice.feeNanoEuro, undefined),
    ...invoice.lines.map(usage),
    ...(invoice.earlierMonths ?? []).map(({ month, requests }) =>
      row('earlier_month', formatMonth(month), requests, ...Array<CsvCell>(6).fill(undefined)),
    ),
    sum('net', '', invoice.netNanoEuro, invoice.netCents),
    sum('vat', percent(invoice.vatBasisPoints), undefined, invoice.vatCents),
    sum('gross', '', undefined, invoice.grossCents),
  ])
}

/** Basis points as people write them: `2150` is `21.5 %`. */
export function percent(basisPoints: number): string {
  const hundredths = String(basisPoints).padStart(3, '0')
  const decimals = hundredths.slice(-2).replace(/0+$/, '')
  return `${hundredths.slice(0, -2)}${decimals && `.${decimals}`} %`
}
