import type { Config } from '../config/config.ts'
import { monthCost } from '../context/billing/month-cost.ts'
import { InputError } from '../errors.ts'
import { formatMonth, monthAfter } from '../lib/month.ts'
import { text } from '../lib/schema.ts'
import type { EarlierMonth, Invoice, InvoiceLine, MonthCost } from '../model/invoice.ts'
import type { LedgerDifference, Reconciliation } from '../model/reconciliation.ts'
import type { Storage } from '../storage/storage.ts'
import { billingMonth, checkCall, reconcileEnvironment } from './billing-input.ts'

/** What a reconciliation finds around it. */
export interface ReconcileEnvironment {
  readonly storage: Pick<Storage, 'invoices' | 'reconciler'>
  readonly config: Pick<Config, 'retention'>
  readonly now: Date
}

export interface ReconcileInput {
  /** Default: every one. */
  readonly workspaceId?: string
  /** Billing months, by their first moments (UTC): the first and the last. */
  readonly from: Date
  readonly to: Date
}

/** What was compared, and whether it agrees. */
export interface ReconcileReport extends Reconciliation {
  /** How many invoices were compared with the counters. */
  readonly invoices: number
  /**
   * From when on events were compared with counters: earlier ones may have been dropped by retention. `undefined` where that is
   * no later than the months that were asked for.
   */
  readonly eventsSince: Date | undefined
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** How many differences are told. */
const TOLD = 1000
/** How many invoices are read at once. */
const PAGE = 50

/**
 * Proves that events, counters, month totals and the lines of invoices say the same, or names what differs. Requests may go on
 * being metered meanwhile.
 * @throws {InputError} `invalid_input`
 */
export async function reconcile(
  environment: ReconcileEnvironment,
  input: ReconcileInput,
): Promise<ReconcileReport> {
  const shape = { workspaceId: text().optional(), from: billingMonth, to: billingMonth }
  checkCall({ ...reconcileEnvironment, ...shape }, environment, input)
  const { storage, config, now } = environment
  const { workspaceId, from, to } = input
  if (from > to) {
    const problem = `must not be after ${formatMonth(to)}, the last month`
    throw new InputError('invalid_input', `from ${problem}.`, { from: problem })
  }
  const kept = now.getTime() - config.retention.eventDays * DAY_MS
  const eventsSince = new Date(Math.ceil(kept / HOUR_MS) * HOUR_MS)
  const ledger = await storage.reconciler.compare({ workspaceId, from, to, eventsSince }, TOLD)
  const differences: LedgerDifference[] = [...ledger.differences]
  let { differing } = ledger
  let invoices = 0
  for await (const invoice of invoicesOf(storage, workspaceId, from, to)) {
    invoices += 1
    const found = await differencesOf(storage, invoice)
    differing += found.length
    differences.push(...found.slice(0, TOLD - differences.length))
  }
  return {
    ...ledger,
    differing,
    differences,
    invoices,
    eventsSince: eventsSince > from ? eventsSince : undefined,
  }
}

async function* invoicesOf(
  storage: ReconcileEnvironment['storage'],
  workspaceId: string | undefined,
  from: Date,
  to: Date,
): AsyncGenerator<Invoice> {
  for (let month = from; month <= to; month = monthAfter(month)) {
    let page: Invoice[] = []
    do {
      page = await storage.invoices.list({ workspaceId, month, after: page.at(-1)?.number }, PAGE)
      yield* page
    } while (page.length === PAGE)
  }
}

/** Reckons an invoice up again from the counters, by the terms that stand on it. */
async function differencesOf(
  storage: ReconcileEnvironment['storage'],
  invoice: Invoice,
): Promise<LedgerDifference[]> {
  const { workspaceId, month, number } = invoice
  const facts = await storage.invoices.facts(workspaceId, month)
  const expected = monthCost(facts?.usage ?? [], {
    feeNanoEuro: Number(invoice.feeNanoEuro),
    includedRequests: invoice.plan.includedRequests,
    vatBasisPoints: invoice.vatBasisPoints,
  })
  const [right, wrong] = [amountsOf(expected), amountsOf(invoice)]
  // Older invoices do not tell it.
  if (invoice.earlierMonths !== undefined) {
    addEarlier(right, facts?.earlierMonths ?? [])
    addEarlier(wrong, invoice.earlierMonths)
  }
  return [...new Set([...right.keys(), ...wrong.keys()])].flatMap(item => {
    const [expected = 0n, found = 0n] = [right.get(item), wrong.get(item)]
    if (expected === found) return []
    return [
      { check: 'counters_invoice' as const, workspaceId, month, item: `${number}: ${item}`, expected, found },
    ]
  })
}

const MEMBERS = [
  'requests',
  'free',
  'included',
  'billable',
  'amountNanoEuro',
] as const satisfies (keyof InvoiceLine)[]
const SUMS = ['netNanoEuro', 'netCents', 'vatCents', 'grossCents'] as const satisfies (keyof MonthCost)[]

function addEarlier(amounts: Map<string, bigint>, earlier: readonly EarlierMonth[]): void {
  for (const { month, requests } of earlier) amounts.set(`requests of ${formatMonth(month)}`, requests)
}

/** Every number of an invoice by what it is called. */
function amountsOf(cost: MonthCost): Map<string, bigint> {
  const amounts = new Map<string, bigint>(SUMS.map(name => [name, cost[name]]))
  for (const line of cost.lines)
    for (const member of MEMBERS)
      amounts.set(`${line.route}, at ${line.unitPriceNanoEuro}, ${member}`, line[member])
  return amounts
}
