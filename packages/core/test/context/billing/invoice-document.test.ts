import * as fc from 'fast-check'
import t from 'tap'
import { composeInvoice } from '../../../src/context/billing/compose-invoice.ts'
import { invoiceDocument, readInvoiceDocument } from '../../../src/context/billing/invoice-document.ts'
import type { MonthUsage } from '../../../src/model/invoice.ts'
import { CONFIG, facts, fullInvoice, invoice, NOW } from './invoices.ts'
import { usage } from './month.ts'

t.test('the JSON has nano-euro as text and cents as numbers', async t => {
  t.strictSame(JSON.parse(JSON.stringify(invoiceDocument(invoice()))), {
    number: 'INV-2026-000007',
    issued_at: '2026-11-02T08:00:00.000Z',
    due_at: '2026-11-16T08:00:00.000Z',
    workspace_id: 'ws_1',
    month: '2026-10',
    currency: 'EUR',
    seller: {
      name: 'Grün & Söhne GmbH',
      address_lines: ['Hauptstraße 1', '10115 Berlin'],
      country: 'DE',
      vat_id: 'DE123456789',
      email: null,
      registration: null,
      payment_terms: null,
    },
    customer: { name: 'Acme', address_lines: [], country: null, vat_id: null, email: null },
    plan: { name: 'enterprise', title: 'Enterprise', included_requests: 100 },
    fee_nano_euro: '29000000000',
    lines: [
      {
        route: 'GET /orders',
        requests: 150,
        free: 0,
        included: 100,
        billable: 50,
        unit_price_nano_euro: '10000',
        amount_nano_euro: '500000',
      },
      {
        route: 'GET /free',
        requests: 3,
        free: 3,
        included: 0,
        billable: 0,
        unit_price_nano_euro: '0',
        amount_nano_euro: '0',
      },
    ],
    earlier_months: [],
    net_nano_euro: '29000500000',
    net_cents: 2900,
    vat_basis_points: 1900,
    vat_note: null,
    vat_cents: 551,
    gross_cents: 3451,
    net: 'EUR 29.00',
    vat: 'EUR 5.51',
    gross: 'EUR 34.51',
  })
})

/** Usage that an invoice can hold: at most 2^53 requests and cents. */
const writable = fc.array(
  fc.record<MonthUsage>({
    route: fc.string({ unit: 'grapheme' }),
    mode: fc.constantFrom('live', 'test'),
    statusClass: fc.integer({ min: 1, max: 5 }),
    unitPriceNanoEuro: fc.constantFrom(0, 1, 10_000, 9_007_199_254_740_991),
    requests: fc.bigInt(1n, 100_000n),
  }),
  { maxLength: 20 },
)

t.test('an invoice comes back from its JSON as it was, to the last nano-euro', async () => {
  fc.assert(
    fc.property(writable, counted => {
      const made = composeInvoice(facts({ usage: counted }), 1, CONFIG, NOW)
      t.strictSame(readInvoiceDocument(JSON.parse(JSON.stringify(invoiceDocument(made)))), made)
    }),
    { numRuns: 100 },
  )
})

t.test('a full seller and customer come back, too', async t => {
  const made = fullInvoice()
  t.strictSame(readInvoiceDocument(JSON.parse(JSON.stringify(invoiceDocument(made)))), made)
})

t.test('requests of earlier months come back, and of an old invoice it is unknown', async t => {
  const earlierMonths = [
    { month: new Date('2026-08-01T00:00:00Z'), requests: 1n },
    { month: new Date('2026-09-01T00:00:00Z'), requests: 17n },
  ]
  const made = invoice({ earlierMonths })
  const { earlier_months, ...old } = invoiceDocument(made)
  t.strictSame(earlier_months, [
    { month: '2026-08', requests: 1 },
    { month: '2026-09', requests: 17 },
  ])
  t.strictSame(readInvoiceDocument(invoiceDocument(made)), made)
  t.strictSame(readInvoiceDocument(old), { ...made, earlierMonths: undefined })
  t.notOk('earlier_months' in invoiceDocument(readInvoiceDocument(old)), 'it is told on as it was')
})

t.test('what JSON would round is refused', async t => {
  const made = composeInvoice(facts({ usage: [usage({ requests: 1n << 53n })] }), 1, CONFIG, NOW)
  t.throws(() => invoiceDocument(made), RangeError)
})

t.test('what no number, month or time can be read from is refused by its name', t => {
  const document = JSON.parse(JSON.stringify(invoiceDocument(invoice())))
  const line = document.lines[0]
  const table: [given: object, fields: object][] = [
    [{ lines: [{ ...line, requests: 'six' }] }, { 'lines.0.requests': /whole number/ }],
    [
      { lines: [line, { ...line, amount_nano_euro: '1.5' }] },
      { 'lines.1.amount_nano_euro': /nano-euro, as text/ },
    ],
    [
      { month: '2026-13', due_at: 'soon' },
      { month: /such as 2026-10/, due_at: /RFC 3339/ },
    ],
    [
      { customer: null, plan: {} },
      { customer: /./, 'plan.included_requests': /whole number/ },
    ],
    [
      { net_cents: 1.5, fee_nano_euro: 5 },
      { net_cents: /whole number/, fee_nano_euro: /text/ },
    ],
    [{ currency: 'USD' }, { currency: /must be "EUR"/ }],
    [{ earlier_months: [{ month: '2026-09' }] }, { 'earlier_months.0.requests': /whole number/ }],
  ]
  for (const [given, fields] of table)
    t.throws(() => readInvoiceDocument({ ...document, ...given }), { code: 'invalid_input', fields })
  t.end()
})
