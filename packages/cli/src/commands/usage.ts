import { existingClient, existingWorkspace, monthOf, type UsageQuery } from '@xwms/core'
import { type Command, Option } from 'commander'
import type { CommandEnvironment } from '../environment.ts'
import { hour } from '../option-values.ts'
import { perform } from '../perform.ts'
import { UsageError } from '../problem.ts'
import type { Result } from '../result.ts'
import { DIMENSION_NAMES, type Dimension, usageReport } from '../usage-report.ts'
import { addReconcileCommand } from './reconcile.ts'

interface UsageOptions {
  readonly workspace?: string
  readonly client?: string
  readonly from?: Date
  readonly to?: Date
  readonly by: Dimension
}

const HELP = `
Prices are those of the requests themselves; a plan's fee and included requests are for the invoice. The word show may be left out.

Examples:
  $ xwms usage show --workspace ws_…
  $ xwms usage --client cl_… --from 2026-01-01 --to 2026-02-01 --by day
  $ xwms usage --client cl_… --from 2026-01-31T13:00Z --by status --json`

export function addUsageCommand(program: Command): void {
  const usage = program
    .command('usage')
    .description('how many requests were metered, and whether the books agree')
  usage
    .command('show', { isDefault: true })
    .description('show how many requests were metered, and what they cost')
    .option('--workspace <id>', 'of all clients of a workspace')
    .addOption(new Option('--client <id>', 'of one client').conflicts('workspace'))
    .option('--from <time>', 'a day or an hour, UTC (default: the beginning of the month)', hour)
    .option('--to <time>', 'up to but without it (default: now)', hour)
    .addOption(new Option('--by <dimension>', 'a row for each').choices(DIMENSION_NAMES).default('route'))
    .addHelpText('after', HELP)
    .action(async (options: UsageOptions, command: Command) => {
      // Asked before the database is, because no database could answer it.
      if (options.workspace === undefined && options.client === undefined) {
        throw new UsageError('invalid_arguments', 'give --workspace or --client')
      }
      await perform(report)(options, command)
    })
  addReconcileCommand(usage)
}

async function report(environment: CommandEnvironment, options: UsageOptions): Promise<Result> {
  const from = options.from ?? monthOf(environment.now)
  const to = options.to ?? environment.now
  if (from >= to) {
    throw new UsageError(
      'invalid_arguments',
      `--from ${from.toISOString()} must be before --to ${to.toISOString()}`,
    )
  }
  const query = { ...(await usedBy(environment, options)), from, to }
  return usageReport(await environment.storage.usage.counters(query), options.by, { from, to })
}

async function usedBy(
  environment: CommandEnvironment,
  { workspace, client = '' }: UsageOptions,
): Promise<Pick<UsageQuery, 'workspaceId' | 'clientId'>> {
  return workspace === undefined
    ? { clientId: (await existingClient(environment, client)).id }
    : { workspaceId: (await existingWorkspace(environment, workspace)).id }
}
