import { writeFile } from 'node:fs/promises'
import {
  type EarlierMonth,
  formatCents,
  formatEuro,
  formatMonth,
  type Invoice,
  type InvoicePdf,
  invoiceCsv,
  invoiceDocument,
} from '@xwms/core'
import { invoicePage } from '@xwms/pages'
import { UsageError } from './problem.ts'
import { type Result, record, table } from './result.ts'

export const FORMATS = ['text', 'json', 'csv', 'html', 'pdf'] as const
export type Format = (typeof FORMATS)[number]

export interface FileOptions {
  readonly format: Format
  readonly output?: string
  /** For PDF. */
  readonly font?: string
}

/**
 * An invoice in one of its forms, printed or written to a file.
 * @param configured the option `invoices.pdf`, for a PDF without a font of its own
 * @throws {UsageError} where the options do not go together
 */
export async function invoiceResult(
  invoice: Invoice,
  { format, output, font }: FileOptions,
  configured?: InvoicePdf,
): Promise<Result> {
  const writePdf = font === undefined && configured ? configured : (invoice: Invoice) => pdfOf(invoice, font)
  const content = await contentOf(invoice, format, writePdf)
  if (output !== undefined) {
    await writeFile(output, content)
    return record({ number: invoice.number, format, file: output, bytes: Buffer.byteLength(content) })
  }
  if (typeof content !== 'string')
    throw new UsageError('invalid_arguments', 'a PDF is no text; give --output and a file')
  return { json: invoiceDocument(invoice), text: content.replace(/\n$/, '') }
}

async function contentOf(
  invoice: Invoice,
  format: Format,
  writePdf: InvoicePdf,
): Promise<string | Uint8Array> {
  switch (format) {
    case 'text':
      return invoiceText(invoice)
    case 'json':
      return `${JSON.stringify(invoiceDocument(invoice), undefined, 2)}\n`
    case 'csv':
      return invoiceCsv(invoice)
    case 'html':
      return invoicePage(invoice)
    case 'pdf':
      return await writePdf(invoice)
  }
}

/** The package is loaded for this alone, and may be absent: its fonts are large. */
async function pdfOf(invoice: Invoice, font: string | undefined): Promise<Uint8Array> {
  const { invoicePdf } = await import('@xwms/invoice-pdf').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new UsageError(
      'pdf_not_installed',
      'a PDF needs the package @xwms/invoice-pdf; install it: npm install --global @xwms/invoice-pdf',
    )
  })
  return await invoicePdf(invoice, font === undefined ? undefined : { regular: font })
}

function invoiceText(invoice: Invoice): string {
  const { lines, ...document } = invoiceDocument(invoice)
  const head = record({
    number: document.number,
    workspace_id: document.workspace_id,
    month: document.month,
    issued_at: document.issued_at,
    due_at: document.due_at,
    seller: document.seller.name,
    customer: document.customer.name,
    plan: document.plan.title,
    fee_nano_euro: document.fee_nano_euro,
    // Whoever adds up the amounts finds this, and not always whole cents.
    ...(isRounded(invoice) && { fee_and_lines_nano_euro: document.net_nano_euro }),
    net: isRounded(invoice) ? `${document.net} (rounded)` : document.net,
    vat: document.vat,
    gross: document.gross,
  })
  const earlier = earlierText(invoice.earlierMonths)
  const rows = lines.map(line => ({ ...line }))
  return [head.text, table(LINE_COLUMNS, rows, LINE_COLUMNS.slice(1)), ...earlier].join('\n\n').concat('\n')
}

function isRounded({ netNanoEuro, netCents }: Invoice): boolean {
  return formatEuro(netNanoEuro) !== formatCents(netCents)
}

/** What lines say nothing of: that some of their requests are of an earlier month. */
export function earlierText(earlierMonths: readonly EarlierMonth[] = []): string[] {
  return earlierMonths.map(
    ({ month, requests }) =>
      `Of these requests ${requests} ${requests === 1n ? 'is' : 'are'} of ${formatMonth(month)}, recorded after its invoice.`,
  )
}

/** As in the JSON of a line. */
export const LINE_COLUMNS = [
  'route',
  'requests',
  'free',
  'included',
  'billable',
  'unit_price_nano_euro',
  'amount_nano_euro',
]
