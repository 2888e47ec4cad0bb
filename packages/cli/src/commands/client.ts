import {
  BUILT_IN_SCOPES,
  CLIENT_PROFILES,
  type Client,
  type ClientMetadata,
  type ClientProfile,
  createClient,
  existingClient,
  existingWorkspace,
  type RateLimit,
  updateClient,
} from '@xwms/core'
import { type Command, Option } from 'commander'
import type { CommandEnvironment } from '../environment.ts'
import { jsonObject, noneOr, orNull, rateLimit, repeated, repeatedWords } from '../option-values.ts'
import { perform } from '../perform.ts'
import { type Fields, list, record } from '../result.ts'
import type { XwmsCommand } from '../xwms-command.ts'

interface CreateOptions {
  readonly workspace: string
  readonly name: string
  readonly redirectUri?: readonly string[]
  readonly scope?: readonly string[]
  readonly grantType?: readonly string[]
  readonly public?: boolean
  readonly pkce: boolean
  readonly linkSecrets?: boolean
  readonly profile?: string
  readonly metadata?: object
}

interface UpdateOptions extends Partial<Omit<CreateOptions, 'workspace' | 'public' | 'linkSecrets'>> {
  readonly client: string
  readonly rateLimit?: Pick<RateLimit, 'requests' | 'windowSeconds'> | 'none'
  readonly sliding?: boolean
}

const CREATE_HELP = `
A client that proves itself with a secret gets its first one, which is shown once.
The metadata are those of RFC 7591 and the specifications that add to it: token_endpoint_auth_method, jwks_uri, subject_type,
post_logout_redirect_uris and so on.

Examples:
  $ xwms client create --workspace ws_… --name Shop \\
      --redirect-uri https://shop.example/callback --scope openid --scope userinfo
  $ xwms client create --workspace ws_… --name App --public --redirect-uri com.example.app:/callback
  $ xwms client create --workspace ws_… --name Importer --grant-type client_credentials --scope orders:read
  $ xwms client create --workspace ws_… --name Bank --profile fapi2 --redirect-uri https://bank.example/callback \\
      --metadata '{"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://bank.example/jwks"}'`

const UPDATE_HELP = `
Lists take the place of the lists there were. Metadata are changed member by member; null removes one.
A rate limit holds at once. Its owner may then choose another one, within this or the plan's; none takes both away.

Examples:
  $ xwms client update --client cl_… --redirect-uri https://shop.example/callback
  $ xwms client update --client cl_… --profile openid --no-pkce
  $ xwms client update --client cl_… --metadata @metadata.json
  $ xwms client update --client cl_… --rate-limit 100/60s --sliding
  $ xwms client update --client cl_… --rate-limit none
  $ xwms client update --client cl_… --metadata '{"jwks":null,"jwks_uri":"https://shop.example/jwks"}'`

const SHOW_HELP = `
Examples:
  $ xwms client show --client cl_…`

const LIST_HELP = `
Examples:
  $ xwms client list --workspace ws_…
  $ xwms client list --workspace ws_… --json`

export function addClientCommands(program: XwmsCommand): void {
  const client = program.command('client').description('applications that sign users in or call the API')
  client
    .command('create')
    .description('register an application')
    .requiredOption('--workspace <id>', 'the workspace that owns it')
    .requiredOption('--name <name>', 'what users read when they are asked to consent')
    .option('--redirect-uri <uri>', 'where browsers may return to (repeatable)', repeated)
    .option('--scope <scope>', 'what it may be allowed (repeatable)', repeatedWords)
    .option('--grant-type <name>', 'how it gets tokens (repeatable; default: all that suit it)', repeated)
    .option('--public', 'it cannot keep a secret: a mobile app, or one in the browser')
    .option('--no-pkce', 'do not insist on PKCE (RFC 7636)')
    .option('--link-secrets', 'a secret works only on the domains that it is linked to')
    .addOption(profileOption())
    .option('--metadata <json>', METADATA, jsonObject)
    .addHelpText('after', CREATE_HELP)
    .action(
      perform<CreateOptions>(async (environment, options) => {
        const { client, secret } = await createClient(environment, {
          workspaceId: options.workspace,
          name: options.name,
          type: options.public ? 'public' : 'confidential',
          redirectUris: options.redirectUri,
          scopes: options.scope,
          grantTypes: options.grantType,
          requirePkce: options.pkce,
          linksSecretsToDomains: options.linkSecrets,
          profile: options.profile as ClientProfile | undefined,
          // Checked where it is used, like every other input.
          metadata: options.metadata as ClientMetadata | undefined,
        })
        const fields = clientFields(client)
        const notes = scopesToConfigure(environment, client)
        if (secret === undefined) return record(fields, notes)
        return record(
          { ...fields, secret_id: secret.secret.id, secret: secret.value },
          ['The secret is shown this once.', notes].filter(note => note !== undefined).join('\n'),
        )
      }),
    )
  client
    .command('list')
    .description('list the clients of a workspace')
    .requiredOption('--workspace <id>', 'the workspace')
    .addHelpText('after', LIST_HELP)
    .action(
      perform<{ workspace: string }>(async (environment, options) => {
        const { id } = await existingWorkspace(environment, options.workspace)
        const clients = await environment.storage.clients.list(id)
        return list('clients', ['id', 'name', 'type', 'enabled', 'scopes'], clients.map(clientFields))
      }),
    )
  client
    .command('show')
    .description('show a client')
    .requiredOption('--client <id>', 'its id')
    .addHelpText('after', SHOW_HELP)
    .action(
      perform<{ client: string }>(async (environment, options) =>
        record(clientFields(await existingClient(environment, options.client))),
      ),
    )
  client
    .command('update')
    .description('change what an application may do and how it works')
    .requiredOption('--client <id>', 'its id')
    .option('--name <name>', 'what users read when they are asked to consent')
    .option('--redirect-uri <uri>', 'where browsers may return to (repeatable)', repeated)
    .option('--scope <scope>', 'what it may be allowed (repeatable)', repeatedWords)
    .option('--grant-type <name>', 'how it gets tokens (repeatable)', repeated)
    .option('--pkce', 'insist on PKCE (RFC 7636)')
    .option('--no-pkce', 'do not insist on PKCE')
    .addOption(profileOption())
    .option(
      '--rate-limit <limit|none>',
      'such as 100/60s, in place of its plan’s and of what its owner chose',
      noneOr(rateLimit),
    )
    .option('--sliding', 'with --rate-limit: the window always ends now, so that no interval holds more')
    .option('--metadata <json>', METADATA, jsonObject)
    .addHelpText('after', UPDATE_HELP)
    .check<UpdateOptions>(({ sliding, rateLimit }) =>
      sliding && !orNull(rateLimit) ? '--sliding needs a --rate-limit' : undefined,
    )
    .action(
      perform<UpdateOptions>(async (environment, options) => {
        const limit = orNull(options.rateLimit)
        const client = await updateClient(environment, options.client, {
          rateLimit: limit && { ...limit, sliding: options.sliding },
          name: options.name,
          redirectUris: options.redirectUri,
          scopes: options.scope,
          grantTypes: options.grantType,
          requirePkce: options.pkce,
          profile: options.profile as ClientProfile | undefined,
          metadata: options.metadata as ClientMetadata | undefined,
        })
        return record(clientFields(client), scopesToConfigure(environment, client))
      }),
    )
  addSwitch(client, 'enable', true, 'let a disabled client work again')
  addSwitch(client, 'disable', false, 'refuse everything that a client asks for, until it is enabled again')
}

const METADATA = 'further client metadata (RFC 7591) as a JSON object, or @ and a file that holds one'

function profileOption(): Option {
  return new Option('--profile <name>', 'the rules that it is held to').choices([...CLIENT_PROFILES])
}

function addSwitch(client: Command, name: string, enabled: boolean, description: string): void {
  client
    .command(name)
    .description(description)
    .requiredOption('--client <id>', 'its id')
    .addHelpText('after', `\nExamples:\n  $ xwms client ${name} --client cl_…`)
    .action(
      perform<{ client: string }>(async (environment, options) =>
        record(clientFields(await updateClient(environment, options.client, { enabled }))),
      ),
    )
}

/** Where the application's scopes are not known, a misspelt one looks like one of them; so they are named. */
function scopesToConfigure({ scopes }: CommandEnvironment, client: Client): string | undefined {
  const own = client.scopes.filter(scope => !Object.hasOwn(BUILT_IN_SCOPES, scope))
  if (scopes !== undefined || own.length === 0) return undefined
  return `The application's option "scopes" has to name ${own.join(', ')}; with XWMS_CONFIG that is checked here.`
}

function clientFields(client: Client): Fields {
  return {
    id: client.id,
    workspace_id: client.workspaceId,
    name: client.name,
    type: client.type,
    profile: client.profile,
    source: client.source,
    enabled: client.enabled,
    rate_limit: limitFields(client.rateLimit),
    rate_limit_set_by: client.rateLimitSetBy,
    rate_limit_set_at: client.rateLimitSetAt,
    operator_rate_limit: limitFields(client.operatorRateLimit),
    operator_rate_limit_set_by: client.operatorRateLimitSetBy,
    operator_rate_limit_set_at: client.operatorRateLimitSetAt,
    grant_types: client.grantTypes,
    scopes: client.scopes,
    redirect_uris: client.redirectUris,
    require_pkce: client.requirePkce,
    links_secrets_to_domains: client.linksSecretsToDomains,
    metadata: { ...client.metadata },
    created_at: client.createdAt,
  }
}

function limitFields(limit: RateLimit | undefined) {
  return (
    limit && {
      requests: limit.requests,
      window_seconds: limit.windowSeconds,
      sliding: limit.sliding ?? false,
    }
  )
}
