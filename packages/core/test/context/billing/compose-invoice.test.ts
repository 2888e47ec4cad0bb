import t from 'tap'
import { composeInvoice, draftInvoice, monthTerms } from '../../../src/context/billing/compose-invoice.ts'
import { InputError } from '../../../src/errors.ts'
import { CONFIG, facts, invoice, NOW, OCTOBER, WORKSPACE } from './invoices.ts'

t.test('an invoice has what was used, a number of its year, and when it is due', async t => {
  t.strictSame(invoice(), {
    number: 'INV-2026-000007',
    issuedAt: NOW,
    dueAt: new Date('2026-11-16T08:00:00Z'),
    workspaceId: 'ws_1',
    month: OCTOBER,
    seller: CONFIG.invoices.seller,
    customer: { name: 'Acme', addressLines: [], country: undefined, vatId: undefined, email: undefined },
    plan: { name: 'enterprise', title: 'Enterprise', includedRequests: 100 },
    feeNanoEuro: 29_000_000_000n,
    lines: [
      {
        route: 'GET /orders',
        unitPriceNanoEuro: 10_000,
        requests: 150n,
        free: 0n,
        included: 100n,
        billable: 50n,
        amountNanoEuro: 500_000n,
      },
      {
        route: 'GET /free',
        unitPriceNanoEuro: 0,
        requests: 3n,
        free: 3n,
        included: 0n,
        billable: 0n,
        amountNanoEuro: 0n,
      },
    ],
    earlierMonths: [],
    netNanoEuro: 29_000_500_000n,
    netCents: 2900n,
    vatBasisPoints: 1900,
    vatNote: undefined,
    vatCents: 551n,
    grossCents: 3451n,
  })
})

t.test('the number is of the year in which it is issued, and grows beyond six digits', async t => {
  const january = new Date('2027-01-01T00:00:00Z')
  t.equal(composeInvoice(facts(), 1, CONFIG, january).number, 'INV-2027-000001')
  t.equal(composeInvoice(facts(), 1_234_567, CONFIG, january).number, 'INV-2027-1234567')
})

t.test('a customer has the details that it gave, and the VAT of its country', async t => {
  const billing = {
    name: 'Acme B.V.',
    addressLines: ['Damrak 1', 'Amsterdam'],
    country: 'NL',
    vatId: 'NL123456789B01',
  }
  const abroad = draftInvoice(facts({ workspace: { ...WORKSPACE, billing } }), CONFIG)
  t.strictSame(abroad.customer, { ...billing, email: undefined })
  t.match(abroad, { vatBasisPoints: 0, vatNote: 'Reverse charge', vatCents: 0n, grossCents: 2900n })
  const here = { ...billing, country: 'DE' }
  t.match(draftInvoice(facts({ workspace: { ...WORKSPACE, billing: here } }), CONFIG), {
    vatBasisPoints: 1900,
    vatNote: undefined,
  })
  const nameOfObjects = { ...billing, country: 'constructor' }
  t.equal(
    draftInvoice(facts({ workspace: { ...WORKSPACE, billing: nameOfObjects } }), CONFIG).vatBasisPoints,
    1900,
  )
})

t.test('the fee is the one that holds at the end of the month', async t => {
  const fee = (from: string) => {
    const monthlyFeeNanoEuro = [{ nanoEuro: 1 }, { nanoEuro: 2, from: new Date(from) }]
    const plans = { enterprise: { ...CONFIG.plans.enterprise, monthlyFeeNanoEuro } }
    return monthTerms(facts(), { ...CONFIG, plans }).feeNanoEuro
  }
  t.equal(fee('2026-09-01T00:00:00Z'), 2)
  t.equal(fee('2026-10-31T23:59:59.999Z'), 2)
  t.equal(fee('2026-11-01T00:00:00Z'), 1)
})

t.test('what is not configured is named, with what to do', async t => {
  const without = { ...CONFIG, invoices: undefined }
  t.equal(monthTerms(facts(), without).vatBasisPoints, 0)
  t.throws(() => draftInvoice(facts(), without), {
    code: 'invoices_not_configured',
    message: /Set the option/,
  })
  for (const planName of ['gold', 'constructor']) {
    t.throws(() => draftInvoice(facts({ planName }), CONFIG), { code: 'unknown_plan', message: /Add it/ })
    t.throws(() => monthTerms(facts({ planName }), CONFIG), InputError)
  }
})
