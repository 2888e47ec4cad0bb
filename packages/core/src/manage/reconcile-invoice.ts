import { type ClosedTerms, paidOf, readClosedTerms } from '../context/billing/closed-terms.ts'
import { wordDifferences } from '../context/billing/closed-words.ts'
import type { BillingConfig } from '../context/billing/compose-invoice.ts'
import { type InvoiceDocument, readInvoiceDocument } from '../context/billing/invoice-document.ts'
import { reckoned } from '../context/billing/month-cost.ts'
import { priceAt } from '../context/billing/unit-price.ts'
import { InputError } from '../errors.ts'
import { formatCents } from '../lib/money.ts'
import { formatMonth, monthAfter } from '../lib/month.ts'
import type { EarlierMonth, Invoice, InvoiceLine, MonthCost } from '../model/invoice.ts'
import type { LedgerDifference } from '../model/reconciliation.ts'
import type { StoredInvoice } from '../storage/billing.ts'
import type { Storage } from '../storage/storage.ts'

/** What is compared of an invoice, by what it is called. */
type Item = readonly [name: string, value: bigint | string]

/** What stands for a member that is not there. */
const ABSENT = 'nothing'

/** Whether a month was closed before closes kept the terms apart: those that stand on its invoice are all there are. */
export function isWithoutTerms({ terms }: StoredInvoice): boolean {
  return typeof terms === 'object' && terms !== null && Object.keys(terms).length === 0
}

/** Whether a month was closed before closes kept what its invoice says beside amounts: nothing proves that. */
export function isWithoutWords({ terms }: StoredInvoice): boolean {
  return typeof terms === 'object' && terms !== null && !Object.hasOwn(terms, 'words')
}

/**
 * Compares a stored invoice with what it is found by, with the terms and words that its close kept apart from it, and with the
 * counters, from which it is reckoned up again by those terms. Where there are none, it is by those that stand on it. The fee is
 * compared with the plan's where that is in steps, whose dates say what held.
 */
export async function invoiceDifferences(
  { invoices }: Pick<Storage, 'invoices'>,
  plans: BillingConfig['plans'] | undefined,
  stored: StoredInvoice,
): Promise<LedgerDifference[]> {
  const { number, workspaceId, month } = stored
  const differs = (item: string, expected: bigint | string, found: bigint | string): LedgerDifference => ({
    check: 'counters_invoice',
    workspaceId,
    month,
    item: `${number}: ${item}`,
    expected,
    found,
  })
  const document = stored.document as InvoiceDocument
  const invoice = readable(() => readInvoiceDocument(document))
  if (invoice instanceof InputError) return [differs('document', 'an invoice', invoice.message)]

  const facts = await invoices.facts(workspaceId, month)
  const kept = isWithoutTerms(stored) ? undefined : readable(() => readClosedTerms(stored.terms))
  const problems = kept instanceof InputError ? [differs('terms', 'those of the close', kept.message)] : []
  const closed = kept instanceof InputError ? undefined : kept
  const expected = reckoned(facts?.usage ?? [], closed ?? termsOn(invoice))
  const right = new Map<string, bigint | string>([
    ...headOf(stored),
    ...amountsOf(expected),
    ...writtenOut(expected),
  ])
  const wrong = new Map<string, bigint | string>([
    ...headOf(invoice),
    ...amountsOf(invoice),
    ...written(document),
  ])
  if (closed !== undefined) {
    for (const [item, value] of termsOf(closed)) right.set(item, value)
    for (const [item, value] of termsOf(termsOn(invoice))) wrong.set(item, value)
  }
  const fee = feeOf(plans, facts?.planName, month)
  if (fee !== undefined) {
    right.set('feeNanoEuro', fee)
    wrong.set('feeNanoEuro', invoice.feeNanoEuro)
  }
  // Older invoices do not tell it.
  if (invoice.earlierMonths !== undefined) {
    addEarlier(right, facts?.earlierMonths ?? [])
    addEarlier(wrong, invoice.earlierMonths)
  }
  const differences = [...new Set([...right.keys(), ...wrong.keys()])].flatMap(item => {
    const [expected = 0n, found = 0n] = [right.get(item), wrong.get(item)]
    return expected === found ? [] : [differs(item, expected, found)]
  })
  const words = closed?.words === undefined ? [] : wordDifferences(closed.words, invoice)
  const reworded = words
    // Where the close kept the number that the invoice is found by, that one differs above.
    .filter(({ path, expected }) => path !== 'number' || expected !== number)
    .map(({ path, expected = ABSENT, found = ABSENT }) => differs(path, expected, found))
  return [...problems, ...differences, ...reworded]
}

function readable<Read>(read: () => Read): Read | InputError {
  try {
    return read()
  } catch (error) {
    if (error instanceof InputError) return error
    throw error
  }
}

/** The fee that held at the end of a month; `undefined` where the configuration does not say when it began to. */
function feeOf(
  plans: BillingConfig['plans'] | undefined,
  planName: string | undefined,
  month: Date,
): bigint | undefined {
  if (plans === undefined || planName === undefined || !Object.hasOwn(plans, planName)) return undefined
  const fee = plans[planName]?.monthlyFeeNanoEuro
  const isDated = typeof fee === 'object' && fee.some(({ from }) => from !== undefined)
  return isDated ? BigInt(priceAt(fee, new Date(monthAfter(month).getTime() - 1))) : undefined
}

type AmountTerms = Omit<ClosedTerms, 'words'>

function termsOn(invoice: Invoice): AmountTerms {
  return {
    planName: invoice.plan.name,
    feeNanoEuro: Number(invoice.feeNanoEuro),
    includedRequests: invoice.plan.includedRequests,
    vatBasisPoints: invoice.vatBasisPoints,
    paid: paidOf(invoice.lines),
  }
}

function termsOf(terms: AmountTerms): Item[] {
  return [
    ['plan', terms.planName],
    ['feeNanoEuro', BigInt(terms.feeNanoEuro)],
    ['includedRequests', BigInt(terms.includedRequests)],
    ['vatBasisPoints', BigInt(terms.vatBasisPoints)],
    ...[...terms.paid].map(([unitPrice, requests]): Item => [`paid at ${unitPrice}`, requests]),
  ]
}

const MEMBERS = [
  'requests',
  'free',
  'included',
  'billable',
  'amountNanoEuro',
] as const satisfies (keyof InvoiceLine)[]
const SUMS = ['netNanoEuro', 'netCents', 'vatCents', 'grossCents'] as const satisfies (keyof MonthCost)[]

function headOf({ number, workspaceId, month }: Omit<StoredInvoice, 'document' | 'terms'>): Item[] {
  return [
    ['number', number],
    ['workspaceId', workspaceId],
    ['month', formatMonth(month)],
  ]
}

/** Every number of an invoice by what it is called. */
function amountsOf(cost: MonthCost): Item[] {
  const sums = SUMS.map((name): Item => [name, cost[name]])
  const lines = cost.lines.flatMap(line =>
    MEMBERS.map((member): Item => [`${line.route}, at ${line.unitPriceNanoEuro}, ${member}`, line[member]]),
  )
  return [...sums, ...lines]
}

/** The sums for people, as they have to be and as they are. */
function writtenOut({ netCents, vatCents, grossCents }: MonthCost): Item[] {
  return [
    ['net', formatCents(netCents)],
    ['vat', formatCents(vatCents)],
    ['gross', formatCents(grossCents)],
  ]
}

function written({ net, vat, gross }: InvoiceDocument): Item[] {
  return [
    ['net', String(net)],
    ['vat', String(vat)],
    ['gross', String(gross)],
  ]
}

function addEarlier(amounts: Map<string, bigint | string>, earlier: readonly EarlierMonth[]): void {
  for (const { month, requests } of earlier) amounts.set(`requests of ${formatMonth(month)}`, requests)
}
