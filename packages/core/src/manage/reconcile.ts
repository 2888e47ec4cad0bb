import type { Config } from '../config/config.ts'
import { InputError } from '../errors.ts'
import { formatMonth, monthAfter } from '../lib/month.ts'
import { billingMonth, text } from '../lib/schema.ts'
import type { LedgerDifference, Reconciliation } from '../model/reconciliation.ts'
import type { StoredInvoice } from '../storage/billing.ts'
import type { Storage } from '../storage/storage.ts'
import { checkCall, reconcileEnvironment } from './billing-input.ts'
import { invoiceDifferences, isWithoutTerms, isWithoutWords } from './reconcile-invoice.ts'

/** What a reconciliation finds around it. */
export interface ReconcileEnvironment {
  readonly storage: Pick<Storage, 'invoices' | 'reconciler'>
  /** Without plans, the fees of invoices are not compared with them. */
  readonly config: Pick<Config, 'retention'> & Partial<Pick<Config, 'plans'>>
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
export interface ReconcileReport extends Omit<Reconciliation, 'eventsSince'> {
  /** How many invoices were compared with the counters. */
  readonly invoices: number
  /** How many of them were closed before closes kept their terms: plan, fee, included requests and VAT rate could not be proved. */
  readonly withoutTerms: number
  /** How many, those among them, were closed before closes kept words: seller, customer, dates and VAT note could not be proved. */
  readonly withoutWords: number
  /**
   * From when on events were compared with counters: earlier ones may have been dropped by retention, by that of the configuration or by
   * the one that held when the storage last dropped some. `undefined` where that is no later than the months that were asked for.
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
 * Proves that events, counters, month totals and what stands on invoices say the same, or names what differs. Requests may go on
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
  const configured = new Date(Math.ceil(kept / HOUR_MS) * HOUR_MS)
  const ledger = await storage.reconciler.compare({ workspaceId, from, to, eventsSince: configured }, TOLD)
  const { eventsSince } = ledger
  const differences: LedgerDifference[] = [...ledger.differences]
  let { differing } = ledger
  let invoices = 0
  let withoutTerms = 0
  let withoutWords = 0
  for await (const invoice of invoicesOf(storage, workspaceId, from, to)) {
    invoices += 1
    if (isWithoutTerms(invoice)) withoutTerms += 1
    if (isWithoutWords(invoice)) withoutWords += 1
    const found = await invoiceDifferences(storage, config.plans, invoice)
    differing += found.length
    differences.push(...found.slice(0, TOLD - differences.length))
  }
  return {
    ...ledger,
    differing,
    differences,
    invoices,
    withoutTerms,
    withoutWords,
    eventsSince: eventsSince > from ? eventsSince : undefined,
  }
}

async function* invoicesOf(
  { reconciler }: Pick<Storage, 'reconciler'>,
  workspaceId: string | undefined,
  from: Date,
  to: Date,
): AsyncGenerator<StoredInvoice> {
  for (let month = from; month <= to; month = monthAfter(month)) {
    let page: StoredInvoice[] = []
    do {
      page = await reconciler.invoices({ workspaceId, month, after: page.at(-1)?.number }, PAGE)
      yield* page
    } while (page.length === PAGE)
  }
}
