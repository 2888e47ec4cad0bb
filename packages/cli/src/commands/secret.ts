import {
  createSecret,
  existingClient,
  type IssuedSecret,
  revokeSecret,
  rotateSecret,
  type Secret,
} from '@xwms/core'
import type { Command } from 'commander'
import { wholeNumber } from '../option-values.ts'
import { perform } from '../perform.ts'
import { type Fields, list, type Result, record } from '../result.ts'

interface CreateOptions {
  readonly client: string
  readonly name?: string
  readonly expiresInDays?: number
}

interface RotateOptions extends CreateOptions {
  readonly overlapSeconds?: number
}

interface RevokeOptions {
  readonly client: string
  readonly secret: string
}

const DAY_SECONDS = 86_400

const CREATE_HELP = `
The secret is shown once.

Examples:
  $ xwms secret create --client cl_…
  $ xwms secret create --client cl_… --name staging --expires-in-days 90`

const ROTATE_HELP = `
The client's other secrets go on working for the overlap, and then no more. The new one is shown once, and works on
the domains that they are linked to.

Examples:
  $ xwms secret rotate --client cl_…
  $ xwms secret rotate --client cl_… --overlap-seconds 0`

const REVOKE_HELP = `
At once and for good. Doing it again changes nothing.

Examples:
  $ xwms secret revoke --client cl_… --secret sec_…`

const LIST_HELP = `
The secrets themselves are not stored; the hint is how each one ends.

Examples:
  $ xwms secret list --client cl_…`

const CLIENT = ['--client <id>', 'the client'] as const
const NAME = ['--name <name>', 'what people call it (default: the day)'] as const
const EXPIRES = ['--expires-in-days <days>', 'when it ends (default: never)', wholeNumber(1, 3650)] as const

export function addSecretCommands(program: Command): void {
  const secret = program.command('secret').description('how confidential clients prove who they are')
  secret
    .command('create')
    .description('give a client a further secret')
    .requiredOption(...CLIENT)
    .option(...NAME)
    .option(...EXPIRES)
    .addHelpText('after', CREATE_HELP)
    .action(
      perform<CreateOptions>(async (environment, options) =>
        issued(await createSecret(environment, secretInput(options))),
      ),
    )
  secret
    .command('rotate')
    .description('give a client a new secret in place of its others')
    .requiredOption(...CLIENT)
    .option(...NAME)
    .option(...EXPIRES)
    .option(
      '--overlap-seconds <seconds>',
      'how long the others go on working (default: a day)',
      wholeNumber(0, 90 * DAY_SECONDS),
    )
    .addHelpText('after', ROTATE_HELP)
    .action(
      perform<RotateOptions>(async (environment, options) => {
        const { overlapSeconds } = options
        return issued(await rotateSecret(environment, { ...secretInput(options), overlapSeconds }))
      }),
    )
  secret
    .command('revoke')
    .description('end a secret')
    .requiredOption(...CLIENT)
    .requiredOption('--secret <id>', 'the id of the secret')
    .addHelpText('after', REVOKE_HELP)
    .action(
      perform<RevokeOptions>(async (environment, options) => {
        const target = { clientId: options.client, secretId: options.secret }
        const { outcome } = await revokeSecret(environment, target)
        return record({ id: options.secret, client_id: options.client, outcome })
      }),
    )
  secret
    .command('list')
    .description('list the secrets of a client')
    .requiredOption(...CLIENT)
    .addHelpText('after', LIST_HELP)
    .action(
      perform<{ client: string }>(async (environment, options) => {
        const { id } = await existingClient(environment, options.client)
        const secrets = await environment.storage.clients.secrets(id)
        const columns = ['id', 'name', 'hint', 'created_at', 'expires_at', 'revoked_at', 'last_used_at']
        return list('secrets', columns, secrets.map(secretFields))
      }),
    )
}

function secretInput({ client, name, expiresInDays }: CreateOptions) {
  return {
    clientId: client,
    name,
    expiresInSeconds: expiresInDays === undefined ? undefined : expiresInDays * DAY_SECONDS,
  }
}

function issued({ secret, value }: IssuedSecret): Result {
  return record({ ...secretFields(secret), secret: value }, 'The secret is shown this once.')
}

/** Without the hash: nobody needs it, and it is nobody's business. */
function secretFields(secret: Secret): Fields {
  return {
    id: secret.id,
    client_id: secret.clientId,
    name: secret.name,
    hint: secret.hint,
    created_at: secret.createdAt,
    expires_at: secret.expiresAt,
    revoked_at: secret.revokedAt,
    last_used_at: secret.lastUsedAt,
  }
}
