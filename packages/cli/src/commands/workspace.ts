import {
  createWorkspace,
  existingWorkspace,
  findUser,
  InputError,
  setBillingDetails,
  type Workspace,
} from '@xwms/core'
import type { Command } from 'commander'
import { repeated } from '../option-values.ts'
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

interface BillingOptions {
  readonly workspace: string
  readonly name: string
  readonly addressLine: readonly string[]
  readonly country: string
  readonly vatId?: string
  readonly email?: string
}

const BILLING_HELP = `
What is given takes the place of all that there was; invoices that there are stay as they are.

Examples:
  $ xwms workspace billing --workspace ws_… --name 'Acme B.V.' --address-line 'Damrak 1' --address-line '1012 LG Amsterdam' \\
      --country NL --vat-id NL123456789B01 --email billing@acme.example`

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
    .command('billing')
    .description('say to whom its invoices are made out')
    .requiredOption('--workspace <id>', 'its id')
    .requiredOption('--name <name>', 'of the company or the person')
    .requiredOption('--address-line <line>', 'street, then postal code and town (repeatable)', repeated)
    .requiredOption('--country <code>', 'ISO 3166-1 alpha-2, such as NL; it may decide about VAT')
    .option('--vat-id <id>', 'its VAT number')
    .option('--email <email>', 'where invoices go')
    .addHelpText('after', BILLING_HELP)
    .action(
      perform<BillingOptions>(async (environment, { workspace, addressLine, ...given }) =>
        record(
          workspaceFields(
            await setBillingDetails(environment, workspace, {
              name: given.name,
              addressLines: addressLine,
              country: given.country,
              vatId: given.vatId,
              email: given.email,
            }),
          ),
        ),
      ),
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
    billing: billingFields(workspace),
    created_at: workspace.createdAt,
  }
}

function billingFields({ billing }: Workspace): Fields | undefined {
  if (billing === undefined) return undefined
  const { name, addressLines, country, vatId, email } = billing
  return { name, address_lines: addressLines, country, vat_id: vatId ?? null, email: email ?? null }
}
