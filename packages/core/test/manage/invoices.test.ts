import { randomUUID } from 'node:crypto'
import t from 'tap'
import { setBillingDetails } from '../../src/manage/billing-details.ts'
import {
  closeMonth,
  closeMonths,
  collectInvoice,
  existingInvoice,
  type MonthOutcome,
  previewMonth,
} from '../../src/manage/invoices.ts'
import { changeCaps } from '../../src/manage/limits.ts'
import type { Invoice } from '../../src/model/invoice.ts'
import { CONFIG } from '../context/billing/invoices.ts'
import { environment, refusal, workspaceOn } from './environment.ts'

const JANUARY = new Date('2026-01-01T00:00:00Z')
const FEBRUARY = new Date('2026-02-01T00:00:00Z')

function scene() {
  const around = environment()
  const asked: Invoice[] = []
  const payments = {
    async collect(invoice: Invoice) {
      asked.push(invoice)
      return { reference: `ref ${invoice.number}` }
    },
  }
  const config = { ...CONFIG, invoices: { ...CONFIG.invoices, payments } }
  return { around, asked, billing: { ...around, config, now: FEBRUARY } }
}

t.test('a month is closed when it is over, and not a moment before', async t => {
  const { around, billing } = scene()
  const { id: workspaceId } = await workspaceOn('enterprise', around)
  const input = { workspaceId, month: JANUARY }
  const early = { ...billing, now: new Date(FEBRUARY.getTime() - 1) }
  t.match(await refusal(closeMonth(early, input)), {
    code: 'month_not_over',
    message: /2026-02-01T00:00:00\.000Z/,
  })
  const closed = await closeMonth(billing, input)
  t.match(closed, { outcome: 'closed', invoice: { number: 'INV-2026-000001', feeNanoEuro: 29_000_000_000n } })
  t.strictSame(await closeMonth(billing, input), { ...closed, outcome: 'already_closed' })
  t.strictSame(await existingInvoice(billing, 'INV-2026-000001'), closed.invoice)
  t.match(await billing.storage.audit.list(workspaceId, 1), [
    { action: 'invoice.closed', actor: 'test', target: 'INV-2026-000001', after: { grossCents: '3451' } },
  ])
})

t.test('what cannot be closed is named', async t => {
  const { around, billing } = scene()
  const { id: workspaceId } = await workspaceOn('enterprise', around)
  const { id: basic } = await workspaceOn('basic', around)
  const refused = async (attempt: Promise<unknown>) => (await refusal(attempt)).code
  const december = new Date('2025-12-01T00:00:00Z')
  t.equal(await refused(closeMonth(billing, { workspaceId: 'ws_0', month: JANUARY })), 'workspace_not_found')
  t.equal(await refused(closeMonth(billing, { workspaceId, month: december })), 'workspace_not_found')
  t.equal(await refused(closeMonth(billing, { workspaceId: basic, month: JANUARY })), 'unknown_plan')
  const bare = { ...billing, config: { ...CONFIG, invoices: undefined } }
  t.equal(await refused(closeMonth(bare, { workspaceId, month: JANUARY })), 'invoices_not_configured')
  t.equal(await refused(existingInvoice(billing, 'INV-1')), 'invoice_not_found')
})

t.test('every workspace is closed, over as many pages as there are, and none keeps another', async t => {
  const { around, billing } = scene()
  for (let index = 0; index < 205; index++) await workspaceOn(index === 101 ? 'basic' : 'enterprise', around)
  const outcomes: MonthOutcome[] = []
  for await (const outcome of closeMonths(billing, JANUARY)) outcomes.push(outcome)
  t.equal(outcomes.filter(({ outcome }) => outcome === 'closed').length, 204)
  t.equal(outcomes.filter(({ outcome }) => outcome === 'failed').length, 1)
  t.match(await billing.storage.invoices.find('INV-2026-000204'), { number: 'INV-2026-000204' })
  const again: MonthOutcome[] = []
  for await (const outcome of closeMonths(billing, JANUARY)) again.push(outcome)
  t.match(again, [{ outcome: 'failed', problem: { code: 'unknown_plan' } }])
  t.equal(again.length, 1)
})

t.test('who used nothing and has no fee gets an invoice only where it is asked for', async t => {
  const { around, billing } = scene()
  const config = {
    ...billing.config,
    plans: { ...CONFIG.plans, basic: { ...CONFIG.plans.enterprise, monthlyFeeNanoEuro: 0 } },
  }
  const { id: paying } = await workspaceOn('enterprise', around)
  const { id: idle } = await workspaceOn('basic', around)
  const { id: busy } = await workspaceOn('basic', around)
  const free = { mode: 'test', priceNanoEuro: 0, status: 200, durationMs: 1, requestId: 'request-1' } as const
  const nobody = { domainId: undefined, sub: undefined, caller: undefined }
  const event = { ...free, ...nobody, workspaceId: busy, clientId: 'cl_1', route: 'GET /', at: around.now }
  await around.storage.usage.append({ id: randomUUID(), events: [event], windows: [] })
  const run = async () => {
    const outcomes: Record<string, string> = {}
    for await (const each of closeMonths({ ...billing, config }, JANUARY))
      outcomes[each.workspaceId] = each.outcome
    return outcomes
  }
  t.strictSame(await run(), { [paying]: 'closed', [idle]: 'nothing_to_bill', [busy]: 'closed' })
  t.strictSame(await run(), { [idle]: 'nothing_to_bill' }, 'the month is open, for what may still be written')
  const asked = await closeMonth({ ...billing, config }, { workspaceId: idle, month: JANUARY })
  t.match(asked, { outcome: 'closed', invoice: { number: 'INV-2026-000003', grossCents: 0n } })
  t.strictSame(await run(), {})
})

t.test('a preview is of a month that is not closed', async t => {
  const { around, billing } = scene()
  const { id: workspaceId } = await workspaceOn('enterprise', around)
  const input = { workspaceId, month: JANUARY }
  t.match(await previewMonth(billing, input), {
    cost: { netCents: 2900n, grossCents: 3451n },
    forecast: { netCents: 2900n },
    draft: { workspaceId, seller: { name: 'Grün & Söhne GmbH' } },
  })
  const early = { ...billing, now: around.now }
  t.match(await previewMonth(early, input), { cost: { netCents: 2900n }, forecast: undefined })
  const bare = await previewMonth({ ...billing, config: { ...CONFIG, invoices: undefined } }, input)
  t.match(bare, { cost: { netCents: 2900n, grossCents: 2900n }, draft: undefined })
  await closeMonth(billing, input)
  t.match(await refusal(previewMonth(billing, input)), { code: 'month_closed', message: /INV-2026-000001/ })
  t.match(await refusal(previewMonth(billing, { ...input, workspaceId: 'ws_0' })), {
    code: 'workspace_not_found',
  })
})

t.test("a preview's forecast ends where the plan's cap does, or the owner's", async t => {
  const { around, billing } = scene()
  const { id: workspaceId } = await workspaceOn('enterprise', around)
  const request = { mode: 'live', priceNanoEuro: 10_000, status: 200, durationMs: 1, requestId: 'r' } as const
  const at = new Date('2026-02-02T00:00:00Z')
  const nobody = { domainId: undefined, sub: undefined, caller: undefined }
  const event = { ...request, ...nobody, workspaceId, clientId: 'cl_1', route: 'GET /', at }
  await around.storage.usage.append({ id: randomUUID(), events: Array(10).fill(event), windows: [] })
  const now = new Date('2026-02-05T00:00:00Z')
  const requests = async (hardCap: boolean) => {
    const plan = { ...CONFIG.plans.enterprise, includedRequests: 15, hardCap }
    const config = { ...billing.config, plans: { ...CONFIG.plans, enterprise: plan } }
    const preview = await previewMonth({ ...billing, config, now }, { workspaceId, month: FEBRUARY })
    return { ...preview.forecast?.lines[0], isCapped: preview.forecastCapped }
  }
  t.match(await requests(false), { requests: 90n, included: 15n, billable: 75n, isCapped: false })
  t.match(await requests(true), { requests: 15n, billable: 0n, isCapped: true })
  await changeCaps(around, workspaceId, { monthlyRequestCap: 12 })
  t.match(await requests(true), { requests: 12n })
  t.match(await requests(false), { requests: 12n })
  await changeCaps(around, workspaceId, { monthlyRequestCap: null, monthlySpendCapNanoEuro: 30_000 })
  t.match(await requests(false), { requests: 18n, billable: 3n, amountNanoEuro: 30_000n, isCapped: true })
  await changeCaps(around, workspaceId, { monthlySpendCapNanoEuro: 750_000 })
  t.match(await requests(false), { requests: 90n, isCapped: false }, 'a cap that just suffices')
})

t.test("a preview's forecast counts late requests of closed months once", async t => {
  const { around, billing } = scene()
  const { id: workspaceId } = await workspaceOn('enterprise', around)
  const request = { mode: 'live', priceNanoEuro: 10_000, status: 200, durationMs: 1, requestId: 'r' } as const
  const nobody = { domainId: undefined, sub: undefined, caller: undefined }
  const write = (at: string, times: number) => {
    const event = { ...request, ...nobody, workspaceId, clientId: 'cl_1', route: 'GET /', at: new Date(at) }
    return around.storage.usage.append({ id: randomUUID(), events: Array(times).fill(event), windows: [] })
  }
  await closeMonth(billing, { workspaceId, month: JANUARY })
  await write('2026-01-31T23:00:00Z', 1000)
  // One of the 28 days has passed.
  const now = new Date('2026-02-02T00:00:00Z')
  const preview = () => previewMonth({ ...billing, now }, { workspaceId, month: FEBRUARY })
  t.match(await preview(), {
    cost: { lines: [{ requests: 1000n }] },
    forecast: { lines: [{ requests: 1000n, included: 100n, billable: 900n, amountNanoEuro: 9_000_000n }] },
  })
  await write('2026-02-01T10:00:00Z', 5)
  t.match(await preview(), {
    cost: { lines: [{ requests: 1005n }] },
    forecast: { lines: [{ requests: 1140n, billable: 1040n, amountNanoEuro: 10_400_000n }] },
  })
})

t.test('the provider is asked for money that is owed, and for nothing else', async t => {
  const { around, billing, asked } = scene()
  const free = { ...CONFIG.plans.enterprise, monthlyFeeNanoEuro: 0 }
  const config = { ...billing.config, plans: { ...CONFIG.plans, basic: free } }
  const { id: paying } = await workspaceOn('enterprise', around)
  const { id: idle } = await workspaceOn('basic', around)
  const [first, second] = [
    await closeMonth({ ...billing, config }, { workspaceId: paying, month: JANUARY }),
    await closeMonth({ ...billing, config }, { workspaceId: idle, month: JANUARY }),
  ]
  t.strictSame(await collectInvoice(billing, first.invoice.number), {
    invoice: first.invoice,
    reference: 'ref INV-2026-000001',
  })
  t.match(await collectInvoice(billing, second.invoice.number), { reference: undefined })
  t.strictSame(asked, [first.invoice])
  const nobody = { ...billing, config: CONFIG }
  t.match(await refusal(collectInvoice(nobody, first.invoice.number)), { code: 'payments_not_configured' })
})

t.test('billing details take the place of what there was, and are audited', async t => {
  const { around } = scene()
  const { id } = await workspaceOn('enterprise', around)
  const details = { name: 'Acme B.V.', addressLines: ['Damrak 1'], country: 'NL' }
  const full = { ...details, vatId: 'NL123456789B01', email: 'Billing@Acme.example' }
  t.strictSame((await setBillingDetails(around, id, full)).billing, {
    ...full,
    email: 'billing@acme.example',
  })
  t.strictSame((await setBillingDetails(around, id, { ...details, vatId: undefined })).billing, details)
  t.strictSame((await around.storage.workspaces.find(id))?.billing, details)
  t.match(await around.storage.audit.list(id, 1), [
    {
      action: 'workspace.updated',
      before: { billing: { vatId: 'NL123456789B01' } },
      after: { billing: details },
    },
  ])
  const bad = { name: ' ', addressLines: [], country: 'nl', vatId: '?', email: 'nobody' }
  const { fields } = await refusal(setBillingDetails(around, id, bad))
  t.strictSame(Object.keys(fields).sort(), ['addressLines', 'country', 'email', 'name', 'vatId'])
  t.match(await refusal(setBillingDetails(around, 'ws_0', details)), { code: 'workspace_not_found' })
})
