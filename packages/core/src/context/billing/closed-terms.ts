import * as z from 'zod'
import { listOf, text } from '../../lib/schema.ts'
import type { Invoice, InvoiceLine } from '../../model/invoice.ts'
import { checkInput } from '../check-input.ts'
import { priceNanoEuro, whole } from './check-invoice.ts'
import { type ClosedWords, type ClosedWordsDocument, closedWords, closedWordsShape } from './closed-words.ts'
import type { MonthTerms } from './month-cost.ts'

// What a close keeps beside the invoice, so that who changes the one without the other is found out. Members are only ever added.

/** What a month was charged by when it was closed, and what its invoice says beside amounts, in JSON; nano-euro and requests are text, because they may exceed 2^53. */
export interface ClosedTermsDocument {
  /** The name of the plan. */
  readonly plan: string
  readonly fee_nano_euro: string
  readonly included_requests: number
  readonly vat_basis_points: number
  /** The unit prices that were paid, and for how many requests, included ones among them. */
  readonly prices: readonly { readonly unit_price_nano_euro: string; readonly requests: string }[]
  /** Absent in what was closed before closes kept it. */
  readonly words?: ClosedWordsDocument
}

/** The same, to reckon with. */
export interface ClosedTerms extends MonthTerms {
  readonly planName: string
  /** Requests by unit price. */
  readonly paid: ReadonlyMap<number, bigint>
  readonly words: ClosedWords | undefined
}

/** What is kept of an invoice that is being made. */
export function closedTerms(invoice: Invoice): ClosedTermsDocument {
  return {
    plan: invoice.plan.name,
    fee_nano_euro: String(invoice.feeNanoEuro),
    included_requests: invoice.plan.includedRequests,
    vat_basis_points: invoice.vatBasisPoints,
    prices: [...paidOf(invoice.lines)].map(([unitPrice, requests]) => ({
      unit_price_nano_euro: String(unitPrice),
      requests: String(requests),
    })),
    words: closedWords(invoice),
  }
}

/** How many requests of an invoice were paid for at each unit price, be it with the plan's fee. */
export function paidOf(lines: readonly InvoiceLine[]): Map<number, bigint> {
  const paid = new Map<number, bigint>()
  for (const { unitPriceNanoEuro, included, billable } of lines) {
    if (included + billable === 0n) continue
    paid.set(unitPriceNanoEuro, (paid.get(unitPriceNanoEuro) ?? 0n) + included + billable)
  }
  return paid
}

const shape = z.object(
  {
    plan: text(),
    fee_nano_euro: priceNanoEuro,
    included_requests: whole,
    vat_basis_points: whole,
    prices: listOf(
      z.object({
        unit_price_nano_euro: priceNanoEuro,
        requests: text().regex(/^\d+$/, 'must be a whole number, as text'),
      }),
    ),
    words: closedWordsShape.optional(),
  },
  'must be an object',
)

/**
 * Reads what {@link closedTerms} wrote.
 * @throws {InputError} `invalid_input` for anything else
 */
export function readClosedTerms(document: unknown): ClosedTerms {
  const { plan, prices, words, ...terms } = checkInput(shape, document)
  return {
    planName: plan,
    feeNanoEuro: Number(terms.fee_nano_euro),
    includedRequests: terms.included_requests,
    vatBasisPoints: terms.vat_basis_points,
    paid: new Map(prices.map(price => [Number(price.unit_price_nano_euro), BigInt(price.requests)])),
    words,
  }
}
