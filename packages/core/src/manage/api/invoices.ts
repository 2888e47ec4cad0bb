import * as z from 'zod'
import type { InvoicePdf } from '../../config/options.ts'
import { invoiceCsv } from '../../context/billing/invoice-csv.ts'
import { invoiceDocument } from '../../context/billing/invoice-document.ts'
import type { Context } from '../../context/context.ts'
import type { ManagedCall, ManagedEndpoint } from '../../context/endpoint.ts'
import { pageResponse } from '../../context/pages/page-response.ts'
import { MANAGE_PATH } from '../../context/tokens/resources.ts'
import { HttpError, InputError } from '../../errors.ts'
import { type HttpResponse, jsonResponse } from '../../http/response.ts'
import { formatCents } from '../../lib/money.ts'
import { formatMonth } from '../../lib/month.ts'
import type { Invoice } from '../../model/invoice.ts'
import { cursorOf, placeIn } from './cursor.ts'
import { csvResponse, format, formatFor, VARY } from './format.ts'
import { listResponse } from './list-response.ts'
import { checked, limit, validationFailed } from './query.ts'

const PATH = `${MANAGE_PATH}/workspaces/:workspace_id/invoices`

/** The number of an invoice, as text that nobody takes for anything else. */
function writeNumber({ number }: Invoice): string {
  return Buffer.from(number).toString('base64url')
}

function readNumber(text: string): string | undefined {
  const number = /^[\w-]{4,200}$/.test(text) ? Buffer.from(text, 'base64url').toString('latin1') : ''
  return /^[A-Za-z0-9-]{1,60}$/.test(number) ? number : undefined
}

const invoicesQuery = z.strictObject({ limit, cursor: cursorOf(readNumber) })

/** The invoices of a workspace, the last issued first. */
export const invoices: ManagedEndpoint = {
  method: 'GET',
  path: PATH,
  body: 'none',
  failure: 'problem',
  cors: true,
  permission: 'invoices:read',
  async handle({ storage }, call) {
    const { limit, cursor } = checked(invoicesQuery, call.query)
    const { id: workspaceId } = call.manager.workspace
    return listResponse(call, {
      name: 'invoices',
      things: await storage.invoices.list({ workspaceId, after: placeIn(call, cursor) }, limit + 1),
      limit,
      json: summary,
      placeOf: writeNumber,
    })
  },
}

const FORMATS = ['json', 'csv', 'html', 'pdf'] as const
/** What is chosen from by the field `Accept` where no PDF can be written. */
const WITHOUT_PDF = ['json', 'csv', 'html'] as const
const invoiceQuery = z.strictObject({ format: format(FORMATS) })

/** One invoice, whole: as JSON, as CSV, as a page to be printed, or as PDF. */
export const invoice: ManagedEndpoint = {
  ...invoices,
  path: `${PATH}/:number`,
  async handle(context, call) {
    const asked = checked(invoiceQuery, call.query)
    const found = await context.storage.invoices.find(call.parameters.number as string)
    if (found === undefined || found.workspaceId !== call.manager.workspace.id) {
      throw new HttpError(404, 'invoice_not_found', 'There is no such invoice of this workspace.')
    }
    const writePdf = context.config.invoices?.pdf
    switch (formatFor(call, asked.format, writePdf === undefined ? WITHOUT_PDF : FORMATS)) {
      case 'csv':
        return csvResponse(invoiceCsv(found))
      case 'html':
        return printed(context, call, found)
      case 'pdf':
        return await pdfResponse(found, writePdf)
      case 'json':
        return jsonResponse(200, invoiceDocument(found), VARY)
    }
  },
}

function printed(context: Context, call: ManagedCall, found: Invoice): HttpResponse {
  if (context.config.pages.invoice === undefined) {
    throw validationFailed({ format: 'must be json or csv: the pages of this XWMS print no invoices' })
  }
  return pageResponse(context, call, (pages, { nonce }) => pages.invoice?.(found, nonce) ?? '', {
    headers: VARY,
  })
}

/** @throws {HttpError} 422 `pdf_not_configured`, or `glyph_missing` */
async function pdfResponse(invoice: Invoice, writePdf: InvoicePdf | undefined): Promise<HttpResponse> {
  if (writePdf === undefined) {
    throw new HttpError(
      422,
      'pdf_not_configured',
      'The option invoices.pdf is not set, which would write it.',
    )
  }
  try {
    const pdf = await writePdf(invoice)
    return {
      status: 200,
      headers: {
        'content-type': 'application/pdf',
        'content-disposition': `inline; filename="${invoice.number}.pdf"`,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        ...VARY,
      },
      body: '',
      bytes: Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength),
    }
  } catch (error) {
    if (!(error instanceof InputError) || error.code !== 'glyph_missing') throw error
    throw new HttpError(422, 'glyph_missing', error.message, { cause: error })
  }
}

function summary({ number, month, issuedAt, dueAt, netCents, vatCents, grossCents }: Invoice): object {
  return {
    number,
    month: formatMonth(month),
    issued_at: issuedAt,
    due_at: dueAt,
    currency: 'EUR',
    net_cents: Number(netCents),
    vat_cents: Number(vatCents),
    gross_cents: Number(grossCents),
    gross: formatCents(grossCents),
  }
}
