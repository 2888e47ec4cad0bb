import {
  collectInvoice,
  existingInvoice,
  existingWorkspace,
  formatCents,
  monthOf,
  previewMonth,
} from '@xwms/core'
import { type Command, Option } from 'commander'
import { type CloseOptions, closeAll, closeOne, INVOICE_COLUMNS, invoiceFields } from '../invoice-close.ts'
import { type FileOptions, FORMATS, type Format, invoiceResult } from '../invoice-file.ts'
import { invoicePreview } from '../invoice-preview.ts'
import { month, wholeNumber } from '../option-values.ts'
import { perform } from '../perform.ts'
import { list, record } from '../result.ts'
import type { XwmsCommand } from '../xwms-command.ts'

interface ListOptions {
  readonly workspace?: string
  readonly month?: Date
  readonly limit: number
  readonly after?: string
}

const CLOSE_HELP = `
A month can be closed when it is over, once. What came too late for it counts in the next.
Closing again is safe: it goes on with the workspaces that are left.
Exit code 1 when any failed, which does not keep the others.
Needs the application's option "invoices" (XWMS_CONFIG).

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
        return list('invoices', INVOICE_COLUMNS, invoices.map(invoiceFields))
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
