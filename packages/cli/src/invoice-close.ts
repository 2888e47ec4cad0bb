import {
  type ClosedMonth,
  closeMonth,
  closeMonths,
  collectInvoice,
  formatCents,
  formatMonth,
  type Invoice,
} from '@xwms/core'
import type { CommandEnvironment } from './environment.ts'
import { describeProblem } from './problem.ts'
import { type Fields, type Result, record, table } from './result.ts'

export interface CloseOptions {
  readonly month: Date
  readonly workspace?: string
  readonly collect?: boolean
}

/** Closes a month for one workspace, even where there is nothing to bill. */
export async function closeOne(
  environment: CommandEnvironment,
  { month, collect }: CloseOptions,
  workspaceId: string,
): Promise<Result> {
  const closed = await closeMonth(environment, { workspaceId, month })
  const collected = collect && (await collectInvoice(environment, closed.invoice.number))
  const reference = collected ? { reference: collected.reference } : {}
  return record(
    { outcome: closed.outcome, ...invoiceFields(closed.invoice), ...reference },
    withoutDetails([closed]),
  )
}

/** How many workspaces go by between two words of progress. */
const PROGRESS = 100

/** Closes a month for every workspace that has no invoice for it. */
export async function closeAll(
  environment: CommandEnvironment,
  { month, collect }: CloseOptions,
): Promise<Result> {
  const closed: ClosedMonth[] = []
  const failed: Fields[] = []
  const uncollected: Fields[] = []
  let alreadyClosed = await invoicesOf(environment, month)
  let done = 0
  let idle = 0
  for await (const each of closeMonths(environment, month)) {
    done += 1
    if (done % PROGRESS === 0) process.stderr.write(`${done} workspaces …\n`)
    if (each.outcome === 'nothing_to_bill') idle += 1
    else if (each.outcome === 'failed') failed.push(failureOf(each.workspaceId, undefined, each.problem))
    else if (each.outcome === 'already_closed') alreadyClosed += 1
    else {
      closed.push(each)
      const { number } = each.invoice
      if (collect)
        await collectInvoice(environment, number).catch(error =>
          uncollected.push(failureOf(each.workspaceId, number, error)),
        )
    }
  }
  const invoices = closed.map(({ invoice }) => invoiceFields(invoice))
  const failures = [...failed, ...uncollected]
  return {
    json: {
      month: formatMonth(month),
      invoices,
      already_closed: alreadyClosed,
      nothing_to_bill: idle,
      failures,
    },
    text: closeText(month, { invoices, alreadyClosed, idle, failed, uncollected }),
    note: withoutDetails(closed),
    failed: failures.length > 0,
  }
}

interface CloseReport {
  readonly invoices: readonly Fields[]
  readonly alreadyClosed: number
  readonly idle: number
  readonly failed: readonly Fields[]
  readonly uncollected: readonly Fields[]
}

/** What became of everybody, those last that somebody has to look after. */
function closeText(month: Date, { invoices, alreadyClosed, idle, failed, uncollected }: CloseReport): string {
  const name = formatMonth(month)
  const parts: string[] = []
  if (invoices.length > 0)
    parts.push(`Closed for ${workspaces(invoices.length)}:\n${table(INVOICE_COLUMNS, invoices)}`)
  if (alreadyClosed > 0)
    parts.push(`Closed already for ${workspaces(alreadyClosed)}: xwms invoice list --month ${name}`)
  if (idle > 0)
    parts.push(
      `Nothing to bill for ${workspaces(idle)}: no use and no fee. --workspace makes an invoice all the same.`,
    )
  if (failed.length > 0)
    parts.push(
      `Not closed for ${workspaces(failed.length)}; mend what is said of each and run it again:\n${table(FAILURE, failed)}`,
    )
  if (uncollected.length > 0)
    parts.push(
      `Closed, but the money could not be collected; xwms invoice collect asks again:\n${table(['number', ...FAILURE], uncollected)}`,
    )
  const failures = failed.length + uncollected.length
  if (failures > 0) parts.push(`Exit code 1: ${failures === 1 ? 'one failure' : `${failures} failures`}.`)
  return parts.length > 0 ? parts.join('\n\n') : `No workspace was there in ${name}.`
}

const FAILURE = ['workspace_id', 'code', 'message']

function workspaces(count: number): string {
  return count === 1 ? '1 workspace' : `${count} workspaces`
}

/** How many invoices are read at once. */
const PAGE = 1000

/** How many invoices there are of a month. */
async function invoicesOf({ storage }: CommandEnvironment, month: Date): Promise<number> {
  let count = 0
  let page: Invoice[] = []
  do {
    page = await storage.invoices.list({ month, after: page.at(-1)?.number }, PAGE)
    count += page.length
  } while (page.length === PAGE)
  return count
}

function failureOf(workspaceId: string, number: string | undefined, error: unknown): Fields {
  const { code, message } = describeProblem(error)
  return { workspace_id: workspaceId, number: number ?? null, code, message }
}

/** An invoice without an address is none in many countries, and nobody sees that in a list. */
function withoutDetails(closed: readonly ClosedMonth[]): string | undefined {
  const bare = closed.filter(
    ({ invoice }) => invoice.grossCents > 0n && invoice.customer.country === undefined,
  )
  if (bare.length === 0) return undefined
  const numbers = bare.map(({ invoice }) => invoice.number).join(', ')
  return `Made out to a name without an address: ${numbers}. xwms workspace billing gives it for the next ones.`
}

/** What people see of an invoice in a list. */
export const INVOICE_COLUMNS = ['number', 'workspace_id', 'month', 'issued_at', 'net', 'vat', 'gross']

export function invoiceFields(invoice: Invoice): Fields {
  return {
    number: invoice.number,
    workspace_id: invoice.workspaceId,
    month: formatMonth(invoice.month),
    issued_at: invoice.issuedAt,
    due_at: invoice.dueAt,
    net: formatCents(invoice.netCents),
    vat: formatCents(invoice.vatCents),
    gross: formatCents(invoice.grossCents),
    gross_cents: Number(invoice.grossCents),
  }
}
