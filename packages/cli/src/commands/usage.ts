import {
  billedLater,
  existingClient,
  existingWorkspace,
  monthOf,
  monthSummary,
  type SeriesQuery,
  USAGE_DIMENSIONS,
  USAGE_INTERVALS,
  type UsageDimension,
  type UsageInterval,
  type UsageQuery,
  usageCsv,
  usageTotal,
} from '@xwms/core'
import { InvalidArgumentError, Option } from 'commander'
import type { CommandEnvironment } from '../environment.ts'
import { hour, workspaceOrClient } from '../option-values.ts'
import { perform } from '../perform.ts'
import { UsageError } from '../problem.ts'
import type { Result } from '../result.ts'
import { usageReport } from '../usage-report.ts'
import type { XwmsCommand } from '../xwms-command.ts'
import { addReconcileCommand } from './reconcile.ts'

interface UsageOptions {
  readonly workspace?: string
  readonly client?: string
  readonly from?: Date
  readonly to?: Date
  readonly interval: UsageInterval
  readonly by?: readonly string[]
  readonly csv?: boolean
}

const HELP = `
Costs are the prices of the requests themselves. Of a workspace the month that --to is in is told as a whole, too: what
it costs with the plan's fee and included requests, so far and, if requests go on coming as they did, at its end, or the number
of its invoice. The word show may be left out.

Examples:
  $ xwms usage show --workspace ws_…
  $ xwms usage --workspace ws_… --interval month --from 2026-01-01 --by client --by mode
  $ xwms usage --client cl_… --from 2026-01-01 --to 2026-02-01 --interval day
  $ xwms usage --client cl_… --from 2026-01-31T13:00Z --by status_class --json
  $ xwms usage --workspace ws_… --client cl_…
  $ xwms usage --workspace ws_… --interval hour --by route --csv > usage.csv`

export function addUsageCommand(program: XwmsCommand): void {
  const usage = program
    .command('usage')
    .description('how many requests were metered, and whether the books agree')
  usage
    .command('show', { isDefault: true })
    .description('show how many requests were metered, and what they cost')
    .option('--workspace <id>', 'of all clients of a workspace')
    .option('--client <id>', 'of one client; one that is gone is asked for with its --workspace')
    .option('--from <time>', 'a day or an hour, UTC (default: the beginning of the month)', hour)
    .option('--to <time>', 'up to but without it (default: now)', hour)
    .addOption(new Option('--interval <interval>', 'a row for each').choices(USAGE_INTERVALS).default('none'))
    .option(
      '--by <dimension>',
      `and for each ${USAGE_DIMENSIONS.join(', ')} (repeatable; default: route, unless there is an interval)`,
      dimension,
    )
    .option('--csv', 'print the rows as CSV')
    .addHelpText('after', HELP)
    .check(workspaceOrClient)
    .check<{ csv?: boolean; json?: boolean }>(({ csv, json }) =>
      csv && json ? '--csv cannot be used with --json' : undefined,
    )
    .action(perform<UsageOptions>((environment, options) => report(environment, options)))
  addReconcileCommand(usage)
}

/** For `--by`, which may be given several times. */
function dimension(value: string, previous: readonly string[] = []): readonly string[] {
  if (USAGE_DIMENSIONS.some(name => name === value)) return [...previous, value]
  throw new InvalidArgumentError(
    USAGE_INTERVALS.some(name => name === value)
      ? `Rows by time are asked for with --interval ${value}.`
      : `Allowed choices are ${USAGE_DIMENSIONS.join(', ')}.`,
  )
}

function dimensionsOf({ by, interval }: UsageOptions): readonly UsageDimension[] {
  const given = by ?? (interval === 'none' ? ['route'] : [])
  return USAGE_DIMENSIONS.filter(dimension => given.includes(dimension))
}

async function report(environment: CommandEnvironment, options: UsageOptions): Promise<Result> {
  const { storage, now } = environment
  const from = options.from ?? monthOf(now)
  const to = options.to ?? now
  if (from >= to) {
    throw new UsageError(
      'invalid_arguments',
      `--from ${from.toISOString()} must be before --to ${to.toISOString()}`,
    )
  }
  const { whose, workspaceId } = await usedBy(environment, options)
  const by = dimensionsOf(options)
  const query: SeriesQuery = { ...whose, from, to, interval: options.interval, by }
  const rows = await storage.usage.series(query)
  // writeResult ends the last line.
  if (options.csv) return { json: {}, text: usageCsv(query, rows).slice(0, -1) }
  return usageReport({
    query,
    rows,
    total: await usageTotal(storage, query),
    billedLater: await billedLater(storage, { ...query, workspaceId }),
    month:
      whose.clientId === undefined
        ? await monthSummary(environment, { workspaceId, month: monthOf(lastMoment(to, now)) })
        : undefined,
    hosts: by.includes('domain') ? await hostsOf(environment, whose) : undefined,
  })
}

/** The hosts of all domains that usage may be of. Clients may have the same host; `--by client` tells them apart. */
async function hostsOf(
  { storage }: CommandEnvironment,
  { workspaceId, clientId }: Pick<UsageQuery, 'workspaceId' | 'clientId'>,
): Promise<ReadonlyMap<string, string>> {
  const clients = workspaceId === undefined ? [] : await storage.clients.list(workspaceId)
  const ids = clientId === undefined ? clients.map(({ id }) => id) : [clientId]
  const domains = await Promise.all(ids.map(id => storage.clients.domains(id)))
  return new Map(domains.flat().map(({ id, host }) => [id, host]))
}

/** What is to come has no month of its own yet. */
function lastMoment(to: Date, now: Date): Date {
  return to > now ? now : new Date(to.getTime() - 1)
}

/** Whose usage is asked for, and which workspace pays for it. A client outlives itself in the usage of its workspace. */
async function usedBy(
  environment: CommandEnvironment,
  { workspace, client }: UsageOptions,
): Promise<{ whose: Pick<UsageQuery, 'workspaceId' | 'clientId'>; workspaceId: string }> {
  if (workspace === undefined) {
    const { id, workspaceId } = await existingClient(environment, client ?? '')
    return { whose: { clientId: id }, workspaceId }
  }
  const { id } = await existingWorkspace(environment, workspace)
  return { whose: { workspaceId: id, clientId: client }, workspaceId: id }
}
