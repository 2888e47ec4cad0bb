import * as fc from 'fast-check'
import t from 'tap'
import { printedInvoice } from '../../../src/context/billing/printed-invoice.ts'
import { fullInvoice, invoice } from './invoices.ts'
import { someUsage, usage } from './month.ts'

t.test('an invoice in words says everything that is on it', async t => {
  t.strictSame(printedInvoice(fullInvoice()), {
    locale: 'en-GB',
    title: 'Invoice INV-2026-000007',
    seller: [
      'Grün & Söhne GmbH',
      'Hauptstraße 1',
      '10115 Berlin',
      'Germany',
      'VAT ID DE123456789',
      'HRB 1',
      'a@example.com',
    ],
    customer: ['Acme B.V.', 'Damrak 1', 'Netherlands', 'VAT ID NL1'],
    facts: [
      { label: 'Number', value: 'INV-2026-000007' },
      { label: 'Date', value: '2 November 2026' },
      { label: 'Due', value: '16 November 2026' },
      { label: 'Period', value: 'October 2026' },
      { label: 'Workspace', value: 'ws_1' },
    ],
    columns: ['Description', 'Requests', 'Free', 'Included', 'Billed', 'Price each', 'Amount'],
    rows: [
      ['Enterprise, monthly fee, 100 requests included', '', '', '', '', '', '€29.00'],
      ['GET /orders', '150', '0', '100', '50', '€0.00001', '€0.0005'],
      ['GET /free', '3', '3', '0', '0', '€0.00', '€0.00'],
    ],
    totals: [
      { label: 'Sum of lines', value: '€29.0005' },
      { label: 'Net, rounded', value: '€29.00' },
      { label: 'VAT 0 %', value: '€0.00' },
      { label: 'Total', value: '€29.00' },
    ],
    notes: ['Reverse charge', 'To DE00'],
  })
})

t.test('what was made in earlier months is said before all other notes', async t => {
  const earlierMonths = [
    { month: new Date('2026-08-01T00:00:00Z'), requests: 1n },
    { month: new Date('2026-09-01T00:00:00Z'), requests: 1800n },
  ]
  t.strictSame(printedInvoice(invoice({ earlierMonths })).notes, [
    "Requests of earlier months: of those above, 1 was made in August 2026 and recorded after that month's invoice.",
    "Requests of earlier months: of those above, 1,800 were made in September 2026 and recorded after that month's invoice.",
  ])
  t.strictSame(printedInvoice({ ...invoice(), earlierMonths: undefined }).notes, [])
})

t.test('whoever adds up the amounts finds the first of the totals', async t => {
  const nanoEuro = (text = '') => {
    const [, whole = '', decimals = ''] = /^€([\d,]+)\.(\d+)$/.exec(text) ?? []
    return BigInt(whole.replaceAll(',', '') + decimals.padEnd(9, '0'))
  }
  fc.assert(
    fc.property(someUsage, usage => {
      const made = invoice({ usage })
      const { rows, totals } = printedInvoice(made)
      const sum = rows.reduce((sum, row) => sum + nanoEuro(row.at(-1)), 0n)
      t.equal(nanoEuro(totals[0]?.value), sum)
      const isRounded = sum !== made.netCents * 10_000_000n
      t.strictSame(
        totals.map(({ label }) => label),
        [...(isRounded ? ['Sum of lines', 'Net, rounded'] : ['Net']), 'VAT 19 %', 'Total'],
      )
      t.equal(nanoEuro(totals.at(-3)?.value), made.netCents * 10_000_000n)
    }),
    { numRuns: 200 },
  )
})

t.test('amounts are exact, beyond what a JavaScript number holds', async t => {
  const [, line] = printedInvoice(
    invoice({ usage: [usage({ unitPriceNanoEuro: 9_007_199_254_740_991, requests: 1_000_101n })] }),
  ).rows
  t.strictSame(line?.slice(1), [
    '1,000,101',
    '0',
    '100',
    '1,000,001',
    '€9,007,199.254740991',
    '€9,007,208,261,940.245740991',
  ])
})

t.test('a route that is longer than a row should be is cut, whole characters only', async t => {
  const [, line] = printedInvoice(invoice({ usage: [usage({ route: '🦊'.repeat(400) })] })).rows
  t.equal(line?.[0], `${'🦊'.repeat(300)}…`)
})
