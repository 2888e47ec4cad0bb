import {
  createWorkspace,
  existingWorkspace,
  findUser,
  InputError,
  PLAN_STATUSES,
  type PlanStatus,
  setBillingDetails,
  updateWorkspace,
  type Workspace,
} from '@xwms/core'
import { type Command, Option } from 'commander'
import { euro, noneOr, orNull, repeated, wholeNumber } from '../option-values.ts'
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

interface UpdateOptions {
  readonly workspace: string
  readonly name?: string
  readonly plan?: string
  readonly planStatus?: PlanStatus
  readonly requestCap?: number | 'none'
  readonly spendCap?: number | 'none'
}

const UPDATE_HELP = `
What is left out stays as it is. Caps are on a calendar month (UTC); "none" removes one.
With --request-cap 0 no billable request is let through, with --spend-cap 0 those that the plan includes are.

Examples:
  $ xwms workspace update --workspace ws_… --plan enterprise
  $ xwms workspace update --workspace ws_… --plan-status inactive
  $ xwms workspace update --workspace ws_… --request-cap 50000 --spend-cap 25.00
  $ xwms workspace update --workspace ws_… --spend-cap none`

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
    .command('update')
    .description('change its plan, and what it may use')
    .requiredOption('--workspace <id>', 'its id')
    .option('--name <name>', 'what people call it')
    .option('--plan <plan>', 'the name of a plan')
    .addOption(
      new Option('--plan-status <status>', 'inactive refuses every request of its clients').choices(
        PLAN_STATUSES,
      ),
    )
    .option(
      '--request-cap <number|none>',
      'the most billable requests in a month',
      noneOr(wholeNumber(0, 999_999_999_999_999)),
    )
    .option(
      '--spend-cap <euro|none>',
      'the most that requests beyond the included ones may cost',
      noneOr(euro),
    )
    .addHelpText('after', UPDATE_HELP)
    .action(
      perform<UpdateOptions>(async (environment, { workspace, requestCap, spendCap, ...changes }) =>
        record(
          workspaceFields(
            await updateWorkspace(environment, workspace, {
              ...changes,
              monthlyRequestCap: orNull(requestCap),
              monthlySpendCapNanoEuro: orNull(spendCap),
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
    monthly_spend_cap_nano_euro: nanoEuroText(workspace.monthlySpendCapNanoEuro),
    billing: billingFields(workspace),
    created_at: workspace.createdAt,
  }
}

/** As text in JSON, like every amount. */
function nanoEuroText(amount: number | undefined): string | undefined {
  return amount === undefined ? undefined : String(amount)
}

function billingFields({ billing }: Workspace): Fields | undefined {
  if (billing === undefined) return undefined
  const { name, addressLines, country, vatId, email } = billing
  return { name, address_lines: addressLines, country, vat_id: vatId ?? null, email: email ?? null }
}
