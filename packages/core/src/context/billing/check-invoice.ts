import { InputError } from '../../errors.ts'
import type { InvoiceDraft } from '../../model/invoice.ts'

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

/**
 * Refuses what is no JSON of an invoice.
 * @throws {InputError} `invalid_input`
 */
export function checkInvoiceDocument(document: object): void {
  const { number, month, seller, lines, net_nano_euro } = Object(document) as Record<string, unknown>
  const isText = [number, month, net_nano_euro].every(value => typeof value === 'string')
  if (isText && typeof seller === 'object' && Array.isArray(lines)) return
  throw refusal('document', 'must be the JSON of an invoice, as invoiceDocument writes it')
}

function refusal(field: string, problem: string): InputError {
  return new InputError('invalid_input', `${field} ${problem}.`, { [field]: problem })
}
