import { auditEntry } from '../context/audit-entry.ts'
import {
  type BillingConfig,
  composeInvoice,
  draftInvoice,
  monthTerms,
} from '../context/billing/compose-invoice.ts'
import { capsOf } from '../context/billing/month-caps.ts'
import { reckoned } from '../context/billing/month-cost.ts'
import { forecast } from '../context/billing/month-forecast.ts'
import { InputError } from '../errors.ts'
import { formatMonth, monthAfter } from '../lib/month.ts'
import { billingMonth, text } from '../lib/schema.ts'
import type { Invoice, InvoiceDraft, MonthCost } from '../model/invoice.ts'
import type { MonthFacts } from '../storage/billing.ts'
import type { Storage } from '../storage/storage.ts'
import { checkCall, invoiceEnvironment, monthInput, storageWith } from './billing-input.ts'

/** What invoices find around them, beside their input. */
export interface InvoiceEnvironment {
  readonly storage: Pick<Storage, 'workspaces' | 'invoices'>
  /** The options that the application runs with, or the defaults. */
  readonly config: BillingConfig
  readonly now: Date
  /** Who closes a month: a `sub`, or the name of a tool such as `cli`. */
  readonly actor: string
  readonly ip: string | undefined
}

/** A month of a workspace, by its first moment (UTC). */
export interface MonthInput {
  readonly workspaceId: string
  readonly month: Date
}

export interface ClosedMonth {
  /** `already_closed`: the invoice is the one that there was. */
  readonly outcome: 'closed' | 'already_closed'
  readonly invoice: Invoice
}

/**
 * Closes a month for a workspace: its invoice is made, numbered and stored for ever. Closing again changes nothing.
 * @throws {InputError} `invalid_input`, `month_not_over`, `workspace_not_found`, `invoices_not_configured`, `unknown_plan`
 */
export async function closeMonth(environment: InvoiceEnvironment, input: MonthInput): Promise<ClosedMonth> {
  checkCall({ ...invoiceEnvironment, ...monthInput }, environment, input)
  const { storage, config, now } = environment
  const { workspaceId, month } = input
  mayClose(environment, month)
  const result = await storage.invoices.close(workspaceId, month, now, (facts, sequence) => {
    const invoice = composeInvoice(facts, sequence, config, now)
    const { number, grossCents } = invoice
    const after = { number, month: formatMonth(month), grossCents: String(grossCents) }
    const audit = auditEntry(environment, { action: 'invoice.closed', workspaceId, target: number, after })
    return { invoice, audit }
  })
  if (result.outcome === 'not_found') throw notThere(input)
  return result
}

/** What became of one workspace's month; `nothing_to_bill` leaves it open, and is looked at again with the next run. */
export type MonthOutcome =
  | (ClosedMonth & { readonly workspaceId: string })
  | { readonly outcome: 'nothing_to_bill'; readonly workspaceId: string }
  | { readonly outcome: 'failed'; readonly workspaceId: string; readonly problem: InputError }

/** How many workspaces are looked up at once. */
const PAGE = 100

/**
 * Closes a month for every workspace that has no invoice for it yet, one after the other. One that used nothing and has no fee
 * gets no invoice of nothing, unless {@link closeMonth} is asked for it. One that cannot be closed is told as `failed` and does
 * not keep the others. Whoever stops in the middle may begin again.
 * @throws {InputError} `invalid_input`, `month_not_over`, `invoices_not_configured`
 */
export async function* closeMonths(
  environment: InvoiceEnvironment,
  month: Date,
): AsyncGenerator<MonthOutcome> {
  checkCall({ ...invoiceEnvironment, month: billingMonth }, environment, { month })
  mayClose(environment, month)
  let after: string | undefined
  do {
    const page = await environment.storage.invoices.unclosed(month, PAGE, after)
    for (const workspaceId of page) yield await outcomeOf(environment, { workspaceId, month })
    after = page.length === PAGE ? page.at(-1) : undefined
  } while (after !== undefined)
}

async function outcomeOf(environment: InvoiceEnvironment, input: MonthInput): Promise<MonthOutcome> {
  const { workspaceId } = input
  try {
    if (await isIdle(environment, input)) return { outcome: 'nothing_to_bill', workspaceId }
    return { ...(await closeMonth(environment, input)), workspaceId }
  } catch (error) {
    if (error instanceof InputError) return { outcome: 'failed', workspaceId, problem: error }
    throw error
  }
}

async function isIdle(
  { storage, config }: InvoiceEnvironment,
  { workspaceId, month }: MonthInput,
): Promise<boolean> {
  const facts = await storage.invoices.facts(workspaceId, month)
  return facts !== undefined && facts.usage.length === 0 && monthTerms(facts, config).feeNanoEuro === 0
}

/** A month that is not closed, as it stands. */
export interface MonthPreview {
  readonly facts: MonthFacts
  readonly cost: MonthCost
  /** At the end of the month, if requests go on coming as they did until a cap refuses them; absent until a day of use was seen. */
  readonly forecast: MonthCost | undefined
  /** Whether a cap will refuse requests before the month ends, which the forecast leaves out. */
  readonly forecastCapped: boolean
  /** The invoice as it would be now; absent without the option `invoices`. */
  readonly draft: InvoiceDraft | undefined
}

/**
 * What a month that is not closed costs so far, and will have cost at its end. Without the option `invoices` there is no VAT.
 * @throws {InputError} `invalid_input`; `month_closed`, which names the invoice; `workspace_not_found`, `unknown_plan`
 */
export async function previewMonth(
  environment: InvoiceEnvironment,
  input: MonthInput,
): Promise<MonthPreview> {
  checkCall({ ...invoiceEnvironment, ...monthInput }, environment, input)
  const { storage, config, now } = environment
  const { workspaceId, month } = input
  const [invoice] = await storage.invoices.list({ workspaceId, month }, 1)
  if (invoice !== undefined) {
    throw new InputError(
      'month_closed',
      `${formatMonth(month)} is closed for the workspace ${workspaceId}: see the invoice ${invoice.number}.`,
      { month: `is closed, with the invoice ${invoice.number}` },
    )
  }
  const facts = await storage.invoices.facts(workspaceId, month)
  if (facts === undefined) throw notThere(input)
  const terms = monthTerms(facts, config)
  const plan = config.plans[facts.planName]
  const caps = plan && capsOf(plan, facts.workspace)
  const since = facts.firstUsedAt ?? facts.workspace.createdAt
  const basis = { month, now, since, prices: config.prices }
  const expected = forecast(facts.usage, terms, { ...basis, caps })
  const uncapped = caps === undefined ? expected : forecast(facts.usage, terms, basis)
  return {
    facts,
    cost: reckoned(facts.usage, terms),
    forecast: expected,
    forecastCapped: requestsOf(expected) < requestsOf(uncapped),
    draft: config.invoices && draftInvoice(facts, config),
  }
}

function requestsOf(cost: MonthCost | undefined): bigint {
  return (cost?.lines ?? []).reduce((sum, { requests }) => sum + requests, 0n)
}

/** @throws {InputError} `invalid_input`, `invoice_not_found` */
export async function existingInvoice(
  environment: { readonly storage: Pick<Storage, 'invoices'> },
  number: string,
): Promise<Invoice> {
  checkCall({ storage: storageWith('invoices'), number: text() }, environment, { number })
  const { storage } = environment
  const invoice = await storage.invoices.find(number)
  if (invoice !== undefined) return invoice
  throw new InputError('invoice_not_found', `There is no invoice ${JSON.stringify(number)}.`, {
    number: 'does not exist',
  })
}

/** What became of asking for an invoice's money. */
export interface CollectedInvoice {
  readonly invoice: Invoice
  /** What the provider calls it; `undefined` where nothing is to be paid, which no provider is asked for. */
  readonly reference: string | undefined
}

/**
 * Asks the payment provider for an invoice's money. Safe to repeat, because providers tell by the number.
 * @throws {InputError} `invalid_input`, `payments_not_configured`, `invoice_not_found`
 * @throws whatever the provider does
 */
export async function collectInvoice(
  environment: InvoiceEnvironment,
  number: string,
): Promise<CollectedInvoice> {
  checkCall({ ...invoiceEnvironment, number: text() }, environment, { number })
  const payments = environment.config.invoices?.payments
  if (payments === undefined) {
    throw new InputError(
      'payments_not_configured',
      'Nobody collects money here. Set the option "invoices.payments" of the configuration.',
    )
  }
  const invoice = await existingInvoice(environment, number)
  if (invoice.grossCents === 0n) return { invoice, reference: undefined }
  const { reference } = await payments.collect(invoice)
  return { invoice, reference }
}

function mayClose({ config, now }: InvoiceEnvironment, month: Date): void {
  const end = monthAfter(month)
  if (now < end) {
    throw new InputError(
      'month_not_over',
      `${formatMonth(month)} is not over before ${end.toISOString()}. Close it then; a preview shows what it costs so far.`,
      { month: 'is not over' },
    )
  }
  if (config.invoices === undefined) {
    throw new InputError(
      'invoices_not_configured',
      'An invoice has to say who sells and at which VAT. Set the option "invoices" of the configuration.',
    )
  }
}

function notThere({ workspaceId, month }: MonthInput): InputError {
  return new InputError(
    'workspace_not_found',
    `There is no workspace ${JSON.stringify(workspaceId)} that was there in ${formatMonth(month)}.`,
    { workspaceId: 'does not exist, or was created later' },
  )
}
