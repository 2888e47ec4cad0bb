import t from 'tap'
import { draftInvoice } from '../../../src/context/billing/compose-invoice.ts'
import { invoiceCsv, percent } from '../../../src/context/billing/invoice-csv.ts'
import { CONFIG, facts, invoice } from './invoices.ts'
import { usage } from './month.ts'

t.test('an invoice as CSV has a row for the fee, each line and each total', async t => {
  t.strictSame(invoiceCsv(invoice()).split('\r\n'), [
    'invoice,month,kind,description,requests,free,included,billable,unit_price_nano_euro,amount_nano_euro,amount_cents',
    'INV-2026-000007,2026-10,fee,Enterprise,,,,,,29000000000,',
    'INV-2026-000007,2026-10,usage,GET /orders,150,0,100,50,10000,500000,',
    'INV-2026-000007,2026-10,usage,GET /free,3,3,0,0,0,0,',
    'INV-2026-000007,2026-10,net,,,,,,,29000500000,2900',
    'INV-2026-000007,2026-10,vat,19 %,,,,,,,551',
    'INV-2026-000007,2026-10,gross,,,,,,,,3451',
    '',
  ])
  t.match(invoiceCsv(draftInvoice(facts(), CONFIG)), /^,2026-10,fee/m)
})

t.test('requests of earlier months have a row of their own, which sums of lines leave out', async t => {
  const earlierMonths = [{ month: new Date('2026-08-01T00:00:00Z'), requests: 18n }]
  t.match(invoiceCsv(invoice({ earlierMonths })).split('\r\n').slice(3, 5), [
    /,usage,GET \/free,/,
    'INV-2026-000007,2026-10,earlier_month,2026-08,18,,,,,,',
  ])
})

t.test('a route cannot become a formula, nor leave its cell', async t => {
  const route = '=HYPERLINK("https://evil.example","x"),\r\n+1'
  const [, , line] = invoiceCsv(invoice({ usage: [usage({ route })] })).split(/\r\n(?=INV)/)
  t.equal(
    line,
    `INV-2026-000007,2026-10,usage,"'=HYPERLINK(""https://evil.example"",""x""),\r\n+1",1,0,1,0,10000,0,`,
  )
})

t.test('basis points are written as per cent', async t => {
  const table: [basisPoints: number, text: string][] = [
    [0, '0 %'],
    [5, '0.05 %'],
    [550, '5.5 %'],
    [1900, '19 %'],
    [2125, '21.25 %'],
    [10_000, '100 %'],
  ]
  for (const [basisPoints, text] of table) t.equal(percent(basisPoints), text)
})
