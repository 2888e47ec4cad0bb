import { formatCents } from '../../lib/money.ts'
import { formatMonth, parseMonth } from '../../lib/month.ts'
import type { Invoice, InvoiceDraft, InvoiceLine } from '../../model/invoice.ts'
import { checkInvoice, checkInvoiceDocument } from './check-invoice.ts'

// The JSON of an invoice: what is stored, what programs read, and what stays as it is for ever. So members are only ever added.
// Nano-euro are text, because readers of JSON may round what is beyond 2^53; cents are numbers.

interface LineDocument {
  readonly route: string
  readonly requests: number
  readonly free: number
  readonly included: number
  readonly billable: number
  readonly unit_price_nano_euro: string
  readonly amount_nano_euro: string
}

interface EarlierMonthDocument {
  /** `2026-09` */
  readonly month: string
  readonly requests: number
}

interface PartyDocument {
  readonly name: string
  readonly address_lines: readonly string[]
  readonly country: string | null
  readonly vat_id: string | null
  readonly email: string | null
}

interface SellerDocument extends PartyDocument {
  readonly country: string
  readonly registration: string | null
  readonly payment_terms: string | null
}

/** An invoice as it would be, in JSON. */
export interface InvoiceDraftDocument {
  readonly workspace_id: string
  /** `2026-10` */
  readonly month: string
  readonly currency: 'EUR'
  readonly seller: SellerDocument
  readonly customer: PartyDocument
  readonly plan: { readonly name: string; readonly title: string; readonly included_requests: number }
  readonly fee_nano_euro: string
  readonly lines: readonly LineDocument[]
  /** How many requests of the lines are of earlier months; absent in what was issued before it was told. */
  readonly earlier_months?: readonly EarlierMonthDocument[]
  readonly net_nano_euro: string
  readonly net_cents: number
  readonly vat_basis_points: number
  readonly vat_note: string | null
  readonly vat_cents: number
  readonly gross_cents: number
  /** For people: `EUR 35.09`. */
  readonly net: string
  readonly vat: string
  readonly gross: string
}

/** An invoice in JSON. */
export interface InvoiceDocument extends InvoiceDraftDocument {
  readonly number: string
  /** RFC 3339. */
  readonly issued_at: string
  readonly due_at: string
}

/**
 * An invoice as JSON.
 * @throws {InputError} `invalid_input` for what is no invoice
 * @throws {RangeError} when a number of requests or cents is beyond what JSON's readers tell apart (2^53)
 */
export function invoiceDocument(invoice: Invoice): InvoiceDocument {
  checkInvoice(invoice)
  return {
    number: invoice.number,
    issued_at: invoice.issuedAt.toISOString(),
    due_at: invoice.dueAt.toISOString(),
    ...invoiceDraftDocument(invoice),
  }
}

/** @throws what {@link invoiceDocument} does */
export function invoiceDraftDocument(draft: InvoiceDraft): InvoiceDraftDocument {
  checkInvoice(draft)
  const { seller, customer, plan } = draft
  return {
    workspace_id: draft.workspaceId,
    month: formatMonth(draft.month),
    currency: 'EUR',
    seller: {
      name: seller.name,
      address_lines: seller.addressLines,
      country: seller.country,
      vat_id: seller.vatId ?? null,
      email: seller.email ?? null,
      registration: seller.registration ?? null,
      payment_terms: seller.paymentTerms ?? null,
    },
    customer: {
      name: customer.name,
      address_lines: customer.addressLines,
      country: customer.country ?? null,
      vat_id: customer.vatId ?? null,
      email: customer.email ?? null,
    },
    plan: { name: plan.name, title: plan.title, included_requests: plan.includedRequests },
    fee_nano_euro: String(draft.feeNanoEuro),
    lines: draft.lines.map(line => ({
      route: line.route,
      requests: counted(line.requests),
      free: counted(line.free),
      included: counted(line.included),
      billable: counted(line.billable),
      unit_price_nano_euro: String(line.unitPriceNanoEuro),
      amount_nano_euro: String(line.amountNanoEuro),
    })),
    ...(draft.earlierMonths && {
      earlier_months: draft.earlierMonths.map(({ month, requests }) => ({
        month: formatMonth(month),
        requests: counted(requests),
      })),
    }),
    net_nano_euro: String(draft.netNanoEuro),
    net_cents: counted(draft.netCents),
    vat_basis_points: draft.vatBasisPoints,
    vat_note: draft.vatNote ?? null,
    vat_cents: counted(draft.vatCents),
    gross_cents: counted(draft.grossCents),
    net: formatCents(draft.netCents),
    vat: formatCents(draft.vatCents),
    gross: formatCents(draft.grossCents),
  }
}

/**
 * Reads what {@link invoiceDocument} wrote.
 * @throws {InputError} `invalid_input` for anything else
 */
export function readInvoiceDocument(document: InvoiceDocument): Invoice {
  checkInvoiceDocument(document)
  const { seller, customer, plan } = document
  return {
    number: document.number,
    workspaceId: document.workspace_id,
    month: parseMonth(document.month) as Date,
    issuedAt: new Date(document.issued_at),
    dueAt: new Date(document.due_at),
    seller: {
      name: seller.name,
      addressLines: seller.address_lines,
      country: seller.country,
      ...(seller.vat_id === null ? {} : { vatId: seller.vat_id }),
      ...(seller.registration === null ? {} : { registration: seller.registration }),
      ...(seller.email === null ? {} : { email: seller.email }),
      ...(seller.payment_terms === null ? {} : { paymentTerms: seller.payment_terms }),
    },
    customer: {
      name: customer.name,
      addressLines: customer.address_lines,
      country: customer.country ?? undefined,
      vatId: customer.vat_id ?? undefined,
      email: customer.email ?? undefined,
    },
    plan: { name: plan.name, title: plan.title, includedRequests: plan.included_requests },
    feeNanoEuro: BigInt(document.fee_nano_euro),
    lines: document.lines.map(readLine),
    earlierMonths: document.earlier_months?.map(({ month, requests }) => ({
      month: parseMonth(month) as Date,
      requests: BigInt(requests),
    })),
    netNanoEuro: BigInt(document.net_nano_euro),
    netCents: BigInt(document.net_cents),
    vatBasisPoints: document.vat_basis_points,
    vatNote: document.vat_note ?? undefined,
    vatCents: BigInt(document.vat_cents),
    grossCents: BigInt(document.gross_cents),
  }
}

function readLine(line: LineDocument): InvoiceLine {
  return {
    route: line.route,
    unitPriceNanoEuro: Number(line.unit_price_nano_euro),
    requests: BigInt(line.requests),
    free: BigInt(line.free),
    included: BigInt(line.included),
    billable: BigInt(line.billable),
    amountNanoEuro: BigInt(line.amount_nano_euro),
  }
}

function counted(amount: bigint): number {
  if (amount <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(amount)
  throw new RangeError(`${amount} is too large for an invoice: at most 2^53 - 1 requests or cents.`)
}
