import { createWorkspace, existingWorkspace, findUser, InputError, type Workspace } from '@xwms/core'
import type { Command } from 'commander'
import { perform } from '../perform.ts'
import { type Fields, record } from '../result.ts'

interface CreateOptions {
  readonly name: string
  readonly plan: string
  readonly owner: string
}

const CREATE_HELP = `
Examples:
  $ xwms workspace create --name Acme --owner ann@example.com
  $ xwms workspace create --name Acme --plan enterprise --owner 2718281828459045`

const SHOW_HELP = `
Examples:
  $ xwms workspace show --workspace ws_…`

export function addWorkspaceCommands(program: Command): void {
  const workspace = program.command('workspace').description('teams that own clients and hold a plan')
  workspace
    .command('create')
    .description('create a workspace with its first owner')
    .requiredOption('--name <name>', 'what people call it')
    .option('--plan <plan>', 'the name of a plan', 'basic')
    .requiredOption('--owner <email|sub>', 'who owns it')
    .addHelpText('after', CREATE_HELP)
    .action(
      perform<CreateOptions>(async (environment, { name, plan, owner }) => {
        const user = await findUser(environment.storage.users, owner)
        if (user === undefined) {
          throw new InputError('user_not_found', `There is no user ${JSON.stringify(owner)}.`, {
            owner: 'does not exist',
          })
        }
        const workspace = await createWorkspace(environment, { name, plan, owner: user.sub })
        return record({ ...workspaceFields(workspace), owners: [user.sub] })
      }),
    )
  workspace
    .command('show')
    .description('show a workspace and who owns it')
    .requiredOption('--workspace <id>', 'its id')
    .addHelpText('after', SHOW_HELP)
    .action(
      perform<{ workspace: string }>(async (environment, options) => {
        const workspace = await existingWorkspace(environment, options.workspace)
        const members = await environment.storage.workspaces.members(workspace.id)
        const owners = members.filter(({ role }) => role === 'owner').map(({ sub }) => sub)
        return record({ ...workspaceFields(workspace), owners })
      }),
    )
}

function workspaceFields(workspace: Workspace): Fields {
  return {
    id: workspace.id,
    name: workspace.name,
    plan: workspace.plan,
    plan_status: workspace.planStatus,
    monthly_request_cap: workspace.monthlyRequestCap,
    created_at: workspace.createdAt,
  }
}
