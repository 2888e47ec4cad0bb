import { formatDecimal } from '../../lib/money.ts'
import type { EarlierMonth, Invoice, InvoiceCustomer, InvoiceLine, Seller } from '../../model/invoice.ts'
import { checkInvoice } from './check-invoice.ts'
import { percent } from './invoice-csv.ts'

/** A fact of an invoice, and what it is called. */
export interface PrintedFact {
  readonly label: string
  readonly value: string
}

/** What stands on paper, in its order: what every printed form of an invoice says, in the same words. */
export interface PrintedInvoice {
  /** BCP 47: the language of the words, and how numbers and dates are written. */
  readonly locale: string
  readonly title: string
  /** Lines of text, the name first. */
  readonly seller: readonly string[]
  readonly customer: readonly string[]
  readonly facts: readonly PrintedFact[]
  /** The first one holds text, the others numbers. */
  readonly columns: readonly string[]
  /** A cell for each column: the fee, then the lines. */
  readonly rows: readonly (readonly string[])[]
  /** First the sum of the rows, exactly, where it is not one of whole cents; the last one is what is to be paid. */
  readonly totals: readonly PrintedFact[]
  readonly notes: readonly string[]
}

const LOCALE = 'en-GB'

/** In characters. */
const LONGEST_ROUTE = 300

// From text, which is exact, where a number would be rounded.
const money = new Intl.NumberFormat(LOCALE, {
  style: 'currency',
  currency: 'EUR',
  minimumFractionDigits: 2,
  maximumFractionDigits: 9,
})
const count = new Intl.NumberFormat(LOCALE)
const day = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'long', timeZone: 'UTC' })
const month = new Intl.DateTimeFormat(LOCALE, { month: 'long', year: 'numeric', timeZone: 'UTC' })
const region = new Intl.DisplayNames(LOCALE, { type: 'region' })

/**
 * An invoice in words, dates and amounts for people, in English.
 * @throws {InputError} `invalid_input` for what is no invoice
 */
export function printedInvoice(invoice: Invoice): PrintedInvoice {
  checkInvoice(invoice)
  const { plan } = invoice
  const fee = euro(invoice.feeNanoEuro)
  return {
    locale: LOCALE,
    title: `Invoice ${invoice.number}`,
    seller: sellerLines(invoice.seller),
    customer: customerLines(invoice.customer),
    facts: [
      { label: 'Number', value: invoice.number },
      { label: 'Date', value: day.format(invoice.issuedAt) },
      { label: 'Due', value: day.format(invoice.dueAt) },
      { label: 'Period', value: month.format(invoice.month) },
      { label: 'Workspace', value: invoice.workspaceId },
    ],
    columns: ['Description', 'Requests', 'Free', 'Included', 'Billed', 'Price each', 'Amount'],
    rows: [
      [
        `${plan.title}, monthly fee, ${count.format(plan.includedRequests)} requests included`,
        '',
        '',
        '',
        '',
        '',
        fee,
      ],
      ...invoice.lines.map(rowOf),
    ],
    totals: [
      ...netTotals(invoice),
      { label: `VAT ${percent(invoice.vatBasisPoints)}`, value: cents(invoice.vatCents) },
      { label: 'Total', value: cents(invoice.grossCents) },
    ],
    notes: [
      ...(invoice.earlierMonths ?? []).map(earlierMonth),
      invoice.vatNote,
      invoice.seller.paymentTerms,
    ].filter(note => note !== undefined),
  }
}

/** Whoever adds the amounts up has to find their sum, which is not always one of whole cents. */
function netTotals({ netNanoEuro, netCents }: Invoice): PrintedFact[] {
  const [sum, net] = [euro(netNanoEuro), cents(netCents)]
  if (sum === net) return [{ label: 'Net', value: net }]
  return [
    { label: 'Sum of lines', value: sum },
    { label: 'Net, rounded', value: net },
  ]
}

function rowOf(line: InvoiceLine): string[] {
  return [
    shortened(line.route),
    count.format(line.requests),
    count.format(line.free),
    count.format(line.included),
    count.format(line.billable),
    euro(BigInt(line.unitPriceNanoEuro)),
    euro(line.amountNanoEuro),
  ]
}

function earlierMonth(earlier: EarlierMonth): string {
  const made = `${count.format(earlier.requests)} ${earlier.requests === 1n ? 'was' : 'were'} made in ${month.format(earlier.month)}`
  return `Requests of earlier months: of those above, ${made} and recorded after that month's invoice.`
}

/** A route may be as long as a path can be; a row of a table may not. */
function shortened(route: string): string {
  const characters = [...route]
  return characters.length > LONGEST_ROUTE ? `${characters.slice(0, LONGEST_ROUTE).join('')}…` : route
}

function sellerLines(seller: Seller): string[] {
  return [
    seller.name,
    ...seller.addressLines,
    region.of(seller.country),
    seller.vatId && `VAT ID ${seller.vatId}`,
    seller.registration,
    seller.email,
  ].filter(line => line !== undefined)
}

function customerLines(customer: InvoiceCustomer): string[] {
  return [
    customer.name,
    ...customer.addressLines,
    customer.country && region.of(customer.country),
    customer.vatId && `VAT ID ${customer.vatId}`,
  ].filter(line => line !== undefined)
}

function euro(nanoEuro: bigint): string {
  return money.format(formatDecimal(nanoEuro) as Intl.StringNumericLiteral)
}

function cents(amount: bigint): string {
  return euro(amount * 10_000_000n)
}
