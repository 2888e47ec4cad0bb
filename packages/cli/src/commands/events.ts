import { existingWorkspace, WORKSPACE_EVENT_TYPES, type WorkspaceEvent } from '@xwms/core'
import { type Command, InvalidArgumentError } from 'commander'
import { repeated, wholeNumber } from '../option-values.ts'
import { perform } from '../perform.ts'
import { type Fields, list } from '../result.ts'

interface EventsOptions {
  readonly workspace: string
  readonly type?: readonly string[]
  readonly limit: number
}

const HELP = `
Examples:
  $ xwms events --workspace ws_…
  $ xwms events --workspace ws_… --type abuse.secret_guessing --limit 10 --json`

export function addEventsCommand(program: Command): void {
  program
    .command('events')
    .description('show what the people of a workspace should hear of, newest first')
    .requiredOption('--workspace <id>', 'the workspace')
    .option('--type <type>', 'of one type, such as abuse.secret_guessing (repeatable)', repeatedType)
    .option('--limit <number>', 'how many at most', wholeNumber(1, 1000), 50)
    .addHelpText('after', HELP)
    .action(
      perform<EventsOptions>(async (environment, options) => {
        const { id: workspaceId } = await existingWorkspace(environment, options.workspace)
        const { type: types, limit } = options
        const events = await environment.storage.workspaceEvents.list({ workspaceId, types, limit })
        return list('events', ['at', 'type', 'client_id', 'message'], events.map(eventFields))
      }),
    )
}

function repeatedType(value: string, previous?: readonly string[]): readonly string[] {
  const types: readonly string[] = WORKSPACE_EVENT_TYPES
  if (types.includes(value)) return repeated(value, previous)
  throw new InvalidArgumentError(`Give one of ${types.join(', ')}.`)
}

function eventFields({ id, at, type, clientId, message, data }: WorkspaceEvent): Fields {
  return { id, at, type, client_id: clientId, message, data }
}
