import t from 'tap'
import { invoiceCsv } from '../../src/context/billing/invoice-csv.ts'
import { invoiceDocument, readInvoiceDocument } from '../../src/context/billing/invoice-document.ts'
import { monthCost } from '../../src/context/billing/month-cost.ts'
import { monthForecast } from '../../src/context/billing/month-forecast.ts'
import { printedInvoice } from '../../src/context/billing/printed-invoice.ts'
import { InputError } from '../../src/errors.ts'
import { setBillingDetails } from '../../src/manage/billing-details.ts'
import {
  closeMonth,
  closeMonths,
  collectInvoice,
  existingInvoice,
  previewMonth,
} from '../../src/manage/invoices.ts'
import { changeCaps, changeClientLimit } from '../../src/manage/limits.ts'
import { reconcile } from '../../src/manage/reconcile.ts'
import { monthSummary } from '../../src/manage/usage.ts'
import { updateWorkspace } from '../../src/manage/workspaces.ts'
import { CONFIG, invoice, OCTOBER } from '../context/billing/invoices.ts'
import { environment, workspaceOn } from './environment.ts'

// What a program may give that no compiler looked at: a clear refusal each time, and never a TypeError.

const around = environment()
const billing = { ...around, config: CONFIG }
const retention = { eventDays: 400, requestLogDays: 30, auditDays: 400, everySeconds: 60 }
const books = { ...around, config: { retention } }
const input = { workspaceId: 'ws_1', month: OCTOBER }
// biome-ignore lint/suspicious/noExplicitAny: that is the point.
const wrong = (value: unknown) => value as any

async function problemsOf(attempt: () => unknown): Promise<Readonly<Record<string, string>>> {
  try {
    await attempt()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    t.equal(error.code, 'invalid_input')
    for (const [field, problem] of Object.entries(error.fields))
      t.ok(error.message.includes(`${field} ${problem}`), 'the sentence says every field')
    return error.fields
  }
  throw new Error('It was taken.')
}

const MONTH = /^must be the first moment of a month \(UTC\), as parseMonth\('2026-10'\) makes it$/
const CONFIGURED = /^must be what createConfig makes of the options$/

t.test('what is done with a month names everything that is wrong at once', async t => {
  const { now: _, ...timeless } = billing
  const { dueDays: __, ...asGiven } = CONFIG.invoices
  const functions = { closeMonth, previewMonth, monthSummary }
  const table: [what: string, environment: unknown, input: unknown, fields: object][] = [
    [
      'nothing',
      undefined,
      undefined,
      { storage: /storage/, now: /Date/, workspaceId: /required/, month: MONTH },
    ],
    ['a month as text', billing, { ...input, month: '2026-10' }, { month: MONTH }],
    ['a moment within a month', billing, { ...input, month: new Date('2026-10-15') }, { month: MONTH }],
    ['no date', billing, { ...input, month: new Date('x') }, { month: MONTH }],
    ['no time', timeless, input, { now: /^must be a Date$/ }],
    ['a time as text', { ...billing, now: '2026-11-01' }, input, { now: /^must be a Date$/ }],
    ['nobody', { ...billing, actor: '' }, input, { actor: /must say who does it/ }],
    ['no configuration', { ...billing, config: undefined }, input, { config: CONFIGURED }],
    [
      'options as given',
      { ...billing, config: { ...CONFIG, invoices: asGiven } },
      input,
      { config: CONFIGURED },
    ],
    ['plans alone', { ...billing, config: { plans: {} } }, input, { config: CONFIGURED }],
    ['no storage', { ...billing, storage: {} }, input, { storage: /such as postgres\(\)/ }],
    ['a workspace', billing, { ...input, workspaceId: { id: 'ws_1' } }, { workspaceId: /must be text/ }],
  ]
  for (const [name, call] of Object.entries(functions)) {
    for (const [what, environment, input, fields] of table) {
      const problems = await problemsOf(() => call(wrong(environment), wrong(input)))
      t.match(problems, fields, `${name}: ${what}`)
      t.ok(what === 'nothing' || Object.keys(problems).length === Object.keys(fields).length, what)
    }
  }
  t.match(await problemsOf(() => closeMonths(billing, wrong('2026-10')).next()), { month: MONTH })
})

t.test('so does what is done with an invoice, a workspace or the books', async t => {
  const client = { workspaceId: 'ws_1', clientId: 'cl_1' }
  const { id } = await workspaceOn('enterprise', around)
  const table: [name: string, attempt: () => unknown, fields: object][] = [
    ['existingInvoice', () => existingInvoice(billing, wrong(undefined)), { number: /is required/ }],
    ['existingInvoice', () => existingInvoice(wrong({}), 'INV-1'), { storage: /such as postgres/ }],
    ['collectInvoice', () => collectInvoice(billing, wrong(invoice())), { number: /must be text/ }],
    ['reconcile', () => reconcile(books, wrong({ from: OCTOBER })), { to: MONTH }],
    ['reconcile', () => reconcile(wrong(billing), input as never), { config: CONFIGURED, from: MONTH }],
    [
      'reconcile',
      () => reconcile(books, { from: OCTOBER, to: new Date('2026-09-01') }),
      { from: 'must not be after 2026-09, the last month' },
    ],
    ['setBillingDetails', () => setBillingDetails(billing, id, wrong(undefined)), { input: /object/ }],
    ['changeCaps', () => changeCaps(billing, id, wrong(undefined)), { input: /object/ }],
    [
      'changeCaps',
      () => changeCaps(billing, id, wrong({ monthlyRequestCap: 5n })),
      { monthlyRequestCap: /whole/ },
    ],
    ['updateWorkspace', () => updateWorkspace(billing, id, wrong(null)), { input: /object/ }],
    ['changeClientLimit', () => changeClientLimit(billing, wrong(undefined), null), { clientId: /required/ }],
    [
      'changeClientLimit',
      () => changeClientLimit(billing, client, wrong(undefined)),
      { rateLimit: /object/ },
    ],
    [
      'changeClientLimit',
      () => changeClientLimit(billing, client, wrong({ requests: '5', windowSeconds: 1 })),
      { 'rateLimit.requests': /whole number/ },
    ],
  ]
  for (const [name, attempt, fields] of table) {
    const problems = await problemsOf(attempt)
    t.match(problems, fields, name)
    for (const problem of Object.values(problems))
      t.notMatch(problem, /Invalid input|received/, 'our own words')
  }
})

t.test('money is reckoned with integers of the right kind, or not at all', async t => {
  const usage = { route: 'GET /', mode: 'live', statusClass: 2, unitPriceNanoEuro: 5, requests: 1n }
  const terms = { feeNanoEuro: 0, includedRequests: 0, vatBasisPoints: 0 }
  const basis = { month: OCTOBER, now: OCTOBER, since: OCTOBER, prices: {} }
  const table: [usage: unknown, terms: unknown, fields: object][] = [
    [undefined, undefined, { usage: /list/, 'terms.feeNanoEuro': /whole number of nano-euro/ }],
    [[{ ...usage, requests: 1 }], terms, { 'usage.0.requests': 'must be a bigint, such as 5n' }],
    ...[1, -1n, 2n].map((late): [unknown, unknown, Record<string, string>] => [
      [{ ...usage, late }],
      terms,
      { 'usage.0.late': 'must be a bigint, not above the requests that it is of' },
    ]),
    [[{ ...usage, requests: -1n }], terms, { 'usage.0.requests': /bigint/ }],
    [[usage, { ...usage, unitPriceNanoEuro: 0.5 }], terms, { 'usage.1.unitPriceNanoEuro': /whole number/ }],
    [
      [{ ...usage, mode: 'Live', route: 5 }],
      terms,
      { 'usage.0.mode': /live or test/, 'usage.0.route': /text/ },
    ],
    [[{ ...usage, statusClass: '2xx' }], terms, { 'usage.0.statusClass': /first digit/ }],
    [[{ ...usage, statusClass: 0 }], terms, { 'usage.0.statusClass': /from 1 to 5/ }],
    [[{ ...usage, statusClass: 9 }], terms, { 'usage.0.statusClass': /from 1 to 5/ }],
    [[null], terms, { 'usage.0.requests': /bigint/ }],
    [[usage], { ...terms, vatBasisPoints: 0.19 }, { 'terms.vatBasisPoints': /2100 is 21 %/ }],
    [[usage], { ...terms, includedRequests: -1 }, { 'terms.includedRequests': /not below 0/ }],
    [[usage], { ...terms, feeNanoEuro: 29e18 }, { 'terms.feeNanoEuro': /whole number/ }],
  ]
  for (const [usage, terms, fields] of table) {
    t.match(await problemsOf(() => monthCost(wrong(usage), wrong(terms))), fields)
    t.match(await problemsOf(() => monthForecast(wrong(usage), wrong(terms), basis)), fields)
  }
  const forecast = (basis: unknown) => () => monthForecast([], terms, wrong(basis))
  t.match(await problemsOf(forecast({ ...basis, now: 5, prices: 5 })), { now: /Date/, prices: /object/ })
  const prices: [price: unknown, fields: object][] = [
    ['b', { 'prices.a': /whole number/ }],
    [1.5, { 'prices.a': /whole number/ }],
    [-1, { 'prices.a': /negative/ }],
    [[], { 'prices.a': /empty/ }],
    [[{ nanoEuro: 1.5 }], { 'prices.a.0.nanoEuro': /whole number/ }],
    [[{ nanoEuro: 5, from: '2026-10-20' }], { 'prices.a.0.from': /Date/ }],
    [[{ nanoEuro: 5 }, { nanoEuro: 6 }], { 'prices.a.1.from': /oldest step comes first/ }],
    [[null], { 'prices.a.0': /object/ }],
  ]
  for (const [price, fields] of prices)
    t.match(await problemsOf(forecast({ ...basis, prices: { a: price } })), fields)
  for (const month of [
    new Date('2026-10-02T00:00:00Z'),
    new Date('2026-10-01T00:00:00.001Z'),
    new Date(NaN),
    5,
  ])
    t.match(await problemsOf(forecast({ ...basis, month })), { month: /first moment of a month.*parseMonth/ })
  t.match(await problemsOf(forecast({ ...basis, caps: { requests: 5n, spendNanoEuro: -1 } })), {
    'caps.requests': /whole number/,
    'caps.spendNanoEuro': /negative/,
  })
  t.match(await problemsOf(forecast(undefined)), { input: /month, now, since and prices/ })
})

t.test('the JSON of an invoice is no invoice, and the other way round', async t => {
  const made = invoice()
  const document = invoiceDocument(made)
  for (const write of [invoiceDocument, invoiceCsv, printedInvoice]) {
    for (const given of [document, undefined, [], { ...made, netCents: 5 }])
      t.match(await problemsOf(() => write(wrong(given))), {
        invoice: /readInvoiceDocument makes one of its JSON/,
      })
  }
  for (const given of [made, undefined, 'INV-1', JSON.stringify(document)])
    t.match(await problemsOf(() => readInvoiceDocument(wrong(given))), {
      document: /invoiceDocument writes it/,
    })
})
