import * as z from 'zod'
import { InputError } from '../../errors.ts'
import { parseMonth } from '../../lib/month.ts'
import { listOf, text } from '../../lib/schema.ts'
import type { InvoiceDraft } from '../../model/invoice.ts'
import { checkInput } from '../check-input.ts'

/**
 * Refuses what is no invoice, above all its JSON, which programs get from the management API and the command line.
 * @throws {InputError} `invalid_input`
 */
export function checkInvoice(invoice: InvoiceDraft): void {
  const { month, lines, netCents } = Object(invoice) as Partial<InvoiceDraft>
  if (month instanceof Date && Array.isArray(lines) && typeof netCents === 'bigint') return
  throw refusal(
    'invoice',
    'must be an invoice as closeMonth and existingInvoice answer it; readInvoiceDocument makes one of its JSON',
  )
}

export const whole = z.custom<number>(
  value => Number.isSafeInteger(value) && (value as number) >= 0,
  'must be a whole number, not below 0',
)
const nanoEuro = text().regex(/^\d+$/, 'must be a whole number of nano-euro, as text')
/** A price or a fee, which the configuration has as a number. */
export const priceNanoEuro = nanoEuro.refine(
  value => Number.isSafeInteger(Number(value)),
  'must be at most 2^53 - 1 nano-euro',
)
export const time = text().refine(value => !Number.isNaN(Date.parse(value)), 'must be a time (RFC 3339)')
const monthName = text().refine(value => parseMonth(value) !== undefined, 'must be a month, such as 2026-10')
export const optional = text().nullish()
const party = { name: text(), address_lines: listOf(text()), vat_id: optional, email: optional }
export const seller = z.object({
  ...party,
  country: text(),
  registration: optional,
  payment_terms: optional,
})
export const customer = z.object({ ...party, country: optional })

/** Members that came later are absent in what was issued before, and what is to come is let pass. */
const invoiceShape = z.object({
  number: text(),
  workspace_id: text(),
  month: monthName,
  issued_at: time,
  due_at: time,
  currency: z.literal('EUR', 'must be "EUR"'),
  seller,
  customer,
  plan: z.object({ name: text(), title: text(), included_requests: whole }),
  fee_nano_euro: priceNanoEuro,
  lines: listOf(
    z.object({
      route: text(),
      requests: whole,
      free: whole,
      included: whole,
      billable: whole,
      unit_price_nano_euro: priceNanoEuro,
      amount_nano_euro: nanoEuro,
    }),
  ),
  earlier_months: listOf(z.object({ month: monthName, requests: whole })).optional(),
  net_nano_euro: nanoEuro,
  net_cents: whole,
  vat_basis_points: whole,
  vat_note: optional,
  vat_cents: whole,
  gross_cents: whole,
})

/**
 * Refuses what is no JSON of an invoice.
 * @throws {InputError} `invalid_input`, naming every bad member, such as `lines.0.requests`
 */
export function checkInvoiceDocument(document: object): void {
  const { number, month, seller, lines, net_nano_euro } = Object(document) as Record<string, unknown>
  const isText = [number, month, net_nano_euro].every(value => typeof value === 'string')
  if (!isText || typeof seller !== 'object' || !Array.isArray(lines))
    throw refusal('document', 'must be the JSON of an invoice, as invoiceDocument writes it')
  checkInput(invoiceShape, document)
}

function refusal(field: string, problem: string): InputError {
  return new InputError('invalid_input', `${field} ${problem}.`, { [field]: problem })
}
