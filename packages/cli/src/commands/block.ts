import { type Block, existingWorkspace, liftBlock } from '@xwms/core'
import type { Command } from 'commander'
import { wholeNumber } from '../option-values.ts'
import { perform } from '../perform.ts'
import { type Fields, list, record } from '../result.ts'

interface ListOptions {
  readonly workspace?: string
  readonly limit: number
}

const LIST_HELP = `
Without a workspace: all that are in force now, those of nobody's clients too. Of a workspace: its last ones, those that are over too.

Examples:
  $ xwms block list
  $ xwms block list --workspace ws_… --limit 10 --json`

const LIFT_HELP = `
Whoever it was about begins anew: what failed before is forgotten, and earlier blocks make the next one no longer. Every process hears
of it within a second. Lifting one that is over already changes nothing.

Examples:
  $ xwms block lift --block 018f2a6c-…`

export function addBlockCommands(program: Command): void {
  const block = program.command('block').description('refusals for a time, because of what somebody did')
  block
    .command('list')
    .description('show blocks, newest first')
    .option('--workspace <id>', 'those that its clients were the reason for')
    .option('--limit <number>', 'how many at most', wholeNumber(1, 1000), 50)
    .addHelpText('after', LIST_HELP)
    .action(
      perform<ListOptions>(async (environment, { workspace, limit }) => {
        const { storage, now } = environment
        const blocks =
          workspace === undefined
            ? (await storage.blocks.active(now)).sort(newestFirst).slice(0, limit)
            : await storage.blocks.list({
                workspaceId: (await existingWorkspace(environment, workspace)).id,
                limit,
              })
        const columns = ['id', 'subject', 'answer', 'reason', 'in_force', 'expires_at']
        return list(
          'blocks',
          columns,
          blocks.map(each => blockFields(each, now)),
        )
      }),
    )
  block
    .command('lift')
    .description('end a block before its time')
    .requiredOption('--block <id>', 'its id')
    .addHelpText('after', LIFT_HELP)
    .action(
      perform<{ block: string }>(async (environment, options) => {
        const { block, outcome } = await liftBlock(environment, options.block)
        return record({ ...blockFields(block, environment.now), outcome })
      }),
    )
}

function newestFirst(a: Block, b: Block): number {
  return b.createdAt.getTime() - a.createdAt.getTime()
}

function blockFields(block: Block, now: Date): Fields {
  return {
    id: block.id,
    subject: block.subject,
    answer: block.answer,
    reason: block.reason,
    score: block.score,
    workspace_id: block.workspaceId,
    client_id: block.clientId,
    in_force: block.liftedAt === undefined && block.expiresAt > now,
    created_at: block.createdAt,
    expires_at: block.expiresAt,
    lifted_at: block.liftedAt,
    exempt: block.exempt,
    facts: block.facts,
  }
}
