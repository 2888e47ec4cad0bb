import type { MaintenanceReport, TableMaintenance } from '@xwms/core'
import type { Command } from 'commander'
import { perform } from '../perform.ts'
import { type Fields, list, type Result } from '../result.ts'

const HELP = `
Running applications do this by themselves, every minute or as their option retention.everySeconds says; where that is 0, let
cron call this. Of several at once one works, and the others end at once with a note. How long records stay is the option
retention of XWMS_CONFIG. What invoices are made from is never removed.

Examples:
  $ xwms maintain
  $ xwms maintain --json`

const COLUMNS = ['table', 'removed', 'parts_made', 'parts_dropped', 'parts_postponed', 'milliseconds']

export function addMaintainCommand(program: Command): void {
  program
    .command('maintain')
    .description('remove what has expired and what is older than its retention')
    .addHelpText('after', HELP)
    .action(
      perform<object>(async ({ storage, config, now }) => {
        const { everySeconds: _, ...retention } = config.retention
        return maintained(await storage.maintenance.run(now, retention))
      }),
    )
}

function maintained(report: MaintenanceReport | undefined): Result {
  const { json, text } = list('tables', COLUMNS, (report?.tables ?? []).map(tableFields))
  return report
    ? { json: { done: true, ...json }, text }
    : {
        json: { done: false, ...json },
        text: 'Nothing was done.',
        note: 'Another process is at it.',
      }
}

function tableFields({ table, removed, partitions, durationMs }: TableMaintenance): Fields {
  return {
    table,
    removed,
    parts_made: partitions?.made,
    parts_dropped: partitions?.dropped,
    parts_postponed: partitions?.postponed,
    milliseconds: Math.round(durationMs),
  }
}
