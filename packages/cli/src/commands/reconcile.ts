import {
  existingWorkspace,
  formatMonth,
  type LedgerDifference,
  type ReconcileReport,
  reconcile,
} from '@xwms/core'
import { Option } from 'commander'
import type { CommandEnvironment } from '../environment.ts'
import { month } from '../option-values.ts'
import { perform } from '../perform.ts'
import { type Fields, type Result, record, table } from '../result.ts'
import type { XwmsCommand } from '../xwms-command.ts'

interface ReconcileOptions {
  readonly month?: Date
  readonly from?: Date
  readonly to?: Date
  readonly workspace?: string
}

const HELP = `
Compares every event with the hourly counters, the counters with the month totals, and both with the invoices.
It does so in the database itself, while requests go on being metered.
Events are compared from when on they are kept (retention.eventDays of XWMS_CONFIG, 400 days without it).
Where later ones were removed, they are compared from the end of those.
It compares invoices with what their close kept of them, too: terms, seller, customer, dates and VAT note.
Exit code 1 when anything differs; a table says what.

Examples:
  $ xwms usage reconcile --month 2026-10
  $ xwms usage reconcile --from 2026-01 --to 2026-12 --workspace ws_… --json`

export function addReconcileCommand(usage: XwmsCommand): void {
  usage
    .command('reconcile')
    .description('prove that events, counters and invoices say the same, or name what differs')
    .option('--month <month>', 'a billing month (UTC)', month)
    .addOption(new Option('--from <month>', 'the first of several').argParser(month).conflicts('month'))
    .addOption(new Option('--to <month>', 'the last of them').argParser(month).conflicts('month'))
    .option('--workspace <id>', 'of one workspace (default: of every one)')
    .addHelpText('after', HELP)
    .check<ReconcileOptions>(({ month, from = month, to = month }) => {
      if (from === undefined || to === undefined) return 'give --month, or --from and --to'
      return from > to ? '--from must not be after --to' : undefined
    })
    .action(
      perform<ReconcileOptions>((environment, options) =>
        compare(environment, monthsOf(options), options.workspace),
      ),
    )
}

interface Months {
  readonly from: Date
  readonly to: Date
}

function monthsOf({ month, from = month, to = month }: ReconcileOptions): Months {
  // The command has checked that both are there.
  return { from: from as Date, to: to as Date }
}

async function compare(
  environment: CommandEnvironment,
  { from, to }: Months,
  workspace: string | undefined,
): Promise<Result> {
  const workspaceId = workspace && (await existingWorkspace(environment, workspace)).id
  const report = await reconcile(environment, { workspaceId, from, to })
  const head: Fields = {
    from: formatMonth(from),
    to: formatMonth(to),
    workspace_id: workspaceId,
    events_since: report.eventsSince,
    events: Number(report.events),
    counted: Number(report.counted),
    billable: Number(report.billable),
    invoices: report.invoices,
    without_terms: report.withoutTerms,
    without_words: report.withoutWords,
    differing: report.differing,
  }
  return reportResult(head, report)
}

function reportResult(
  head: Fields,
  { differing, differences, eventsSince, withoutTerms, withoutWords }: ReconcileReport,
): Result {
  const { json, text } = record(head)
  const rows = differences.map(differenceFields)
  const notes = [
    eventsSince &&
      `Events before ${eventsSince.toISOString()} may have been dropped by retention; from then on they were compared.`,
    withoutTerms > 0 &&
      `${closedBefore(withoutTerms)} kept the plan, fee, included requests and VAT rate: these are taken from the invoice itself.`,
    withoutWords > 0 &&
      `${closedBefore(withoutWords)} kept the seller, customer, dates and VAT note: nothing proves these.`,
    differences.length < differing && `${differing - differences.length} more differences are not told.`,
  ].filter(note => typeof note === 'string')
  return {
    json: { ...json, differences: rows.map(row => ({ ...row })) },
    text: differing === 0 ? `${text}\n\nEverything agrees.` : `${text}\n\n${table(COLUMNS, rows, NUMBERS)}`,
    note: notes.length > 0 ? notes.join('\n') : undefined,
    failed: differing > 0,
  }
}

function closedBefore(invoices: number): string {
  return `${invoices} of the invoices ${invoices === 1 ? 'was' : 'were'} closed before closes`
}

const NUMBERS = ['expected', 'found']
const COLUMNS = ['check', 'workspace_id', 'month', 'item', ...NUMBERS]

function differenceFields({ check, workspaceId, month, item, expected, found }: LedgerDifference): Fields {
  return {
    check,
    workspace_id: workspaceId ?? null,
    month: month ? formatMonth(month) : null,
    item,
    expected: String(expected),
    found: String(found),
  }
}
