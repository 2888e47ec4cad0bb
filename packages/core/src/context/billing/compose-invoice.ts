import type { Config } from '../../config/config.ts'
import type { VatRule } from '../../config/options.ts'
import { InputError } from '../../errors.ts'
import { formatMonth, monthAfter } from '../../lib/month.ts'
import type { Invoice, InvoiceCustomer, InvoiceDraft } from '../../model/invoice.ts'
import type { Plan } from '../../model/plan.ts'
import type { BillingDetails, Workspace } from '../../model/workspace.ts'
import type { MonthFacts } from '../../storage/billing.ts'
import { type MonthTerms, reckoned } from './month-cost.ts'
import { priceAt } from './unit-price.ts'

/** The part of the configuration that invoices are made by. */
export type BillingConfig = Pick<Config, 'plans' | 'prices' | 'invoices'>
type InvoiceConfig = NonNullable<BillingConfig['invoices']>

const DAY_MS = 86_400_000

/**
 * What a workspace's month is charged by: the fee that holds at the end of the month, of the plan that it is on then, and the
 * VAT of its country.
 * @throws {InputError} `unknown_plan` when the configuration has none of that name any more
 */
export function monthTerms({ workspace, planName, month }: MonthFacts, config: BillingConfig): MonthTerms {
  const plan = planNamed(planName, config, workspace, month)
  // A price that begins with the next month is the next month's.
  const lastMoment = new Date(monthAfter(month).getTime() - 1)
  return {
    feeNanoEuro: priceAt(plan.monthlyFeeNanoEuro, lastMoment),
    includedRequests: plan.includedRequests,
    vatBasisPoints: vatOf(workspace, config.invoices).basisPoints,
  }
}

/**
 * The invoice of a month as it would be.
 * @throws {InputError} `invoices_not_configured`, `unknown_plan`
 */
export function draftInvoice(facts: MonthFacts, config: BillingConfig): InvoiceDraft {
  const { workspace, planName, month, usage, earlierMonths } = facts
  const { seller } = configured(config)
  const plan = planNamed(planName, config, workspace, month)
  return {
    ...reckoned(usage, monthTerms(facts, config)),
    workspaceId: workspace.id,
    month,
    seller,
    customer: customerOf(workspace),
    plan: { name: planName, title: plan.title, includedRequests: plan.includedRequests },
    earlierMonths,
    vatNote: vatOf(workspace, config.invoices).note,
  }
}

/**
 * The invoice of a month that is being closed.
 * @param sequence the number within the year of `now`
 * @throws {InputError} `invoices_not_configured`, `unknown_plan`
 */
export function composeInvoice(
  facts: MonthFacts,
  sequence: number,
  config: BillingConfig,
  now: Date,
): Invoice {
  const { numberPrefix, dueDays } = configured(config)
  return {
    ...draftInvoice(facts, config),
    number: `${numberPrefix}${now.getUTCFullYear()}-${String(sequence).padStart(6, '0')}`,
    issuedAt: now,
    dueAt: new Date(now.getTime() + dueDays * DAY_MS),
  }
}

function configured({ invoices }: BillingConfig): InvoiceConfig {
  if (invoices !== undefined) return invoices
  throw new InputError(
    'invoices_not_configured',
    'An invoice has to say who sells and at which VAT. Set the option "invoices" of the configuration.',
  )
}

function planNamed(name: string, { plans }: BillingConfig, { id }: Workspace, month: Date): Plan {
  const plan = Object.hasOwn(plans, name) ? plans[name] : undefined
  if (plan !== undefined) return plan
  throw new InputError(
    'unknown_plan',
    `The workspace ${id} was on the plan "${name}" at the end of ${formatMonth(month)}, which the configuration does not have. Add it to the configuration's plans.`,
  )
}

function vatOf({ billing }: Workspace, invoices: BillingConfig['invoices']): VatRule {
  if (invoices === undefined) return { basisPoints: 0 }
  const { vatByCountry, vatBasisPoints } = invoices
  const rule = billing && Object.hasOwn(vatByCountry, billing.country) && vatByCountry[billing.country]
  return rule || { basisPoints: vatBasisPoints }
}

function customerOf({ name, billing }: Workspace): InvoiceCustomer {
  const given: Partial<BillingDetails> = billing ?? {}
  return {
    name: given.name ?? name,
    addressLines: given.addressLines ?? [],
    country: given.country,
    vatId: given.vatId,
    email: given.email,
  }
}
