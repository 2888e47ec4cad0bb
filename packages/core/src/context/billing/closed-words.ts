import * as z from 'zod'
import { text } from '../../lib/schema.ts'
import type { Invoice } from '../../model/invoice.ts'
import { customer, optional, seller, time } from './check-invoice.ts'
import { type InvoiceDocument, invoiceDocument } from './invoice-document.ts'

/** What stands on an invoice and cannot be reckoned up, as its JSON has it: who sells, who buys, when, and why the VAT is what it is. */
export interface ClosedWordsDocument
  extends Pick<InvoiceDocument, 'number' | 'issued_at' | 'due_at' | 'seller' | 'customer' | 'vat_note'> {
  readonly plan: Pick<InvoiceDocument['plan'], 'title'>
}

/** The same, as it was read. */
export type ClosedWords = z.infer<typeof closedWordsShape>

export const closedWordsShape = z.object({
  number: text(),
  issued_at: time,
  due_at: time,
  seller,
  customer,
  plan: z.object({ title: text() }),
  vat_note: optional,
})

/** The words of an invoice. */
export function closedWords(invoice: Invoice): ClosedWordsDocument {
  const { number, issued_at, due_at, seller, customer, plan, vat_note } = invoiceDocument(invoice)
  return { number, issued_at, due_at, seller, customer, plan: { title: plan.title }, vat_note }
}

/** A member that is not as the close kept it, by its path, such as `customer.vat_id`; `undefined` where it is absent. */
export interface WordDifference {
  readonly path: string
  readonly expected: string | undefined
  readonly found: string | undefined
}

/** Compares what an invoice says with what its close kept, member by member. */
export function wordDifferences(kept: ClosedWords, invoice: Invoice): WordDifference[] {
  const [right, wrong] = [new Map(membersOf(kept)), new Map(membersOf(closedWords(invoice)))]
  return [...new Set([...right.keys(), ...wrong.keys()])].flatMap(path => {
    const [expected, found] = [right.get(path), wrong.get(path)]
    return expected === found ? [] : [{ path, expected, found }]
  })
}

function membersOf(value: unknown, path: readonly string[] = []): [path: string, value: string][] {
  if (value === null || value === undefined) return []
  if (typeof value !== 'object') return [[path.join('.'), String(value)]]
  return Object.entries(value).flatMap(([name, member]) => membersOf(member, [...path, name]))
}
