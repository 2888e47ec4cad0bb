import {
  type ClosedMonth,
  closeMonth,
  closeMonths,
  collectInvoice,
  existingInvoice,
  existingWorkspace,
  formatCents,
  formatMonth,
  type Invoice,
  monthOf,
  previewMonth,
} from '@xwms/core'
import { type Command, Option } from 'commander'
import type { CommandEnvironment } from '../environment.ts'
import { type FileOptions, FORMATS, type Format, invoiceResult } from '../invoice-file.ts'
import { invoicePreview } from '../invoice-preview.ts'
import { month, wholeNumber } from '../option-values.ts'
import { perform } from '../perform.ts'
import { describeProblem } from '../problem.ts'
import { type Fields, list, type Result, record, table } from '../result.ts'
import type { XwmsCommand } from '../xwms-command.ts'

interface CloseOptions {
  readonly month: Date
  readonly workspace?: string
  readonly collect?: boolean
}

interface ListOptions {
  readonly workspace?: string
  readonly month?: Date
  readonly limit: number
  readonly after?: string
}

const CLOSE_HELP = `
A month can be closed when it is over, once. What came too late for it counts in the next. Closing again is safe: it goes on
with the workspaces that are left. Needs the application's option "invoices" (XWMS_CONFIG).

Examples:
  $ xwms invoice close --month 2026-10
  $ xwms invoice close --month 2026-10 --collect
  $ xwms invoice close --month 2026-10 --workspace ws_…`

const PREVIEW_HELP = `
Examples:
  $ xwms invoice preview --workspace ws_…
  $ xwms invoice preview --workspace ws_… --month 2026-10 --json`

const LIST_HELP = `
Examples:
  $ xwms invoice list --workspace ws_…
  $ xwms invoice list --month 2026-10 --limit 100 --after INV-2026-000101`

const SHOW_HELP = `
Examples:
  $ xwms invoice show INV-2026-000001
  $ xwms invoice show INV-2026-000001 --format pdf --output invoice.pdf
  $ xwms invoice show INV-2026-000001 --format csv > invoice.csv`

const COLLECT_HELP = `
Asks the application's payment provider (option "invoices.payments") for the money; asking again does not charge twice.

Examples:
  $ xwms invoice collect INV-2026-000001`

const COLUMNS = ['number', 'workspace_id', 'month', 'issued_at', 'net', 'vat', 'gross']

export function addInvoiceCommands(program: XwmsCommand): void {
  const invoice = program.command('invoice').description('what workspaces pay for a month')
  invoice
    .command('close')
    .description('close a month and make its invoices')
    .requiredOption('--month <month>', 'a calendar month (UTC) that is over', month)
    .option('--workspace <id>', 'of one workspace (default: of every one)')
    .option('--collect', 'have the payment provider collect the money of each new invoice')
    .addHelpText('after', CLOSE_HELP)
    .action(
      perform<CloseOptions>((environment, options) =>
        options.workspace === undefined
          ? closeAll(environment, options)
          : closeOne(environment, options, options.workspace),
      ),
    )
  invoice
    .command('preview')
    .description('show what a month that is not closed costs so far, and at its end')
    .requiredOption('--workspace <id>', 'the workspace')
    .option('--month <month>', 'a calendar month, UTC (default: this one)', month)
    .addHelpText('after', PREVIEW_HELP)
    .action(
      perform<{ workspace: string; month?: Date }>(async (environment, options) =>
        invoicePreview(
          await previewMonth(environment, {
            workspaceId: options.workspace,
            month: options.month ?? monthOf(environment.now),
          }),
        ),
      ),
    )
  invoice
    .command('list')
    .description('list invoices, the last issued first')
    .option('--workspace <id>', 'of one workspace')
    .option('--month <month>', 'of one month', month)
    .option('--limit <count>', 'at most so many', wholeNumber(1, 1000), 100)
    .option('--after <number>', 'those issued before this one')
    .addHelpText('after', LIST_HELP)
    .action(
      perform<ListOptions>(async (environment, { workspace, limit, ...query }) => {
        const workspaceId = workspace && (await existingWorkspace(environment, workspace)).id
        const invoices = await environment.storage.invoices.list({ ...query, workspaceId }, limit)
        return list('invoices', COLUMNS, invoices.map(invoiceFields))
      }),
    )
  invoice
    .command('show')
    .description('show an invoice, or write it to a file')
    .argument('<number>', 'its number')
    .addOption(new Option('--format <format>', 'its form').choices([...FORMATS]).default('text' as Format))
    .option('--output <file>', 'where to write it')
    .option('--font <file>', 'for PDF: a TrueType font that has what the names are written in')
    .addHelpText('after', SHOW_HELP)
    .check<FileOptions>(({ format, output }) =>
      format === 'pdf' && output === undefined ? 'a PDF is no text; give --output and a file' : undefined,
    )
    .action(async (number: string, options: FileOptions, command: Command) => {
      await perform<FileOptions>(async environment =>
        invoiceResult(await existingInvoice(environment, number), options, environment.config.invoices?.pdf),
      )(options, command)
    })
  invoice
    .command('collect')
    .description("have the payment provider collect an invoice's money")
    .argument('<number>', 'its number')
    .addHelpText('after', COLLECT_HELP)
    .action(async (number: string, options: object, command: Command) =>
      perform(async environment => {
        const { invoice, reference } = await collectInvoice(environment, number)
        return record({ number, gross: formatCents(invoice.grossCents), reference })
      })(options, command),
    )
}

async function closeOne(
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

async function closeAll(environment: CommandEnvironment, { month, collect }: CloseOptions): Promise<Result> {
  const closed: ClosedMonth[] = []
  const failures: Fields[] = []
  let done = 0
  let idle = 0
  for await (const each of closeMonths(environment, month)) {
    done += 1
    if (done % PROGRESS === 0) process.stderr.write(`${done} workspaces …\n`)
    if (each.outcome === 'nothing_to_bill') idle += 1
    else if (each.outcome === 'failed') failures.push(failureOf(each.workspaceId, each.problem))
    else {
      closed.push(each)
      if (collect)
        await collected(environment, each).catch(error => failures.push(failureOf(each.workspaceId, error)))
    }
  }
  const invoices = closed.map(({ invoice }) => invoiceFields(invoice))
  const told = done > 0 ? [table(COLUMNS, invoices)] : [await nothingLeft(environment, month)]
  if (idle > 0)
    told.push(
      `Nothing to bill for ${idle} more: no use and no fee. --workspace makes an invoice all the same.`,
    )
  if (failures.length > 0) told.push(table(['workspace_id', 'code', 'message'], failures))
  return {
    json: { month: formatMonth(month), invoices, nothing_to_bill: idle, failures },
    text: told.join('\n\n'),
    note: withoutDetails(closed),
    failed: failures.length > 0,
  }
}

/** Why there was nobody to make an invoice for. */
async function nothingLeft({ storage }: CommandEnvironment, month: Date): Promise<string> {
  const [last] = await storage.invoices.list({ month }, 1)
  return last === undefined
    ? `No workspace was there in ${formatMonth(month)}.`
    : `${formatMonth(month)} is closed already for every workspace that was there; xwms invoice list has the invoices.`
}

function collected(environment: CommandEnvironment, { invoice }: ClosedMonth) {
  return collectInvoice(environment, invoice.number)
}

function failureOf(workspaceId: string, error: unknown): Fields {
  const { code, message } = describeProblem(error)
  return { workspace_id: workspaceId, code, message }
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

function invoiceFields(invoice: Invoice): Fields {
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
