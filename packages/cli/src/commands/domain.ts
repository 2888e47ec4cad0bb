import {
  addDomain,
  DOMAIN_MODES,
  type Domain,
  type DomainMode,
  existingClient,
  linkSecret,
  updateDomain,
} from '@xwms/core'
import { type Command, Option } from 'commander'
import { repeated } from '../option-values.ts'
import { perform } from '../perform.ts'
import { type Fields, list, record } from '../result.ts'

interface AddOptions {
  readonly client: string
  readonly host: string
  readonly mode: DomainMode
  readonly ip?: readonly string[]
  readonly testUsersOnly?: boolean
  readonly fallbackUri?: string
}

interface SetOptions {
  readonly client: string
  readonly domain: string
  readonly mode?: DomainMode
  readonly active?: boolean
  readonly login?: boolean
  readonly api?: boolean
  readonly testUsersOnly?: boolean
  readonly ip?: readonly string[]
}

interface LinkOptions {
  readonly client: string
  readonly domain: string
  readonly secret: string
}

const ADD_HELP = `
Live mode needs HTTPS and is billed; test mode also takes HTTP, and is not.
Without --ip every address may call.

Examples:
  $ xwms domain add --client cl_… --host shop.example --mode live --ip 192.0.2.10 --ip 2001:db8::/32
  $ xwms domain add --client cl_… --host localhost --mode test --test-users-only`

const SET_HELP = `
What is not given stays as it is; --ip replaces the whole list.

Examples:
  $ xwms domain set --client cl_… --domain shop.example --no-login
  $ xwms domain set --client cl_… --domain dom_… --mode live --no-test-users-only`

const LINK_HELP = `
It matters for clients that were created with --link-secrets.

Examples:
  $ xwms domain link --client cl_… --domain shop.example --secret sec_…`

const LIST_HELP = `
Examples:
  $ xwms domain list --client cl_…`

const CLIENT = ['--client <id>', 'the client'] as const
const DOMAIN = ['--domain <host|id>', 'the domain'] as const

export function addDomainCommands(program: Command): void {
  const domain = program.command('domain').description('where a client is used, and what is allowed there')
  domain
    .command('add')
    .description('register a domain for a client')
    .requiredOption(...CLIENT)
    .requiredOption('--host <host>', 'a domain name such as shop.example')
    .addOption(new Option('--mode <mode>', 'what it is for').choices(DOMAIN_MODES).makeOptionMandatory())
    .option('--ip <address|CIDR>', 'from where it may call (repeatable)', repeated)
    .option('--test-users-only', 'in test mode: serve test users and nobody else')
    .option('--fallback-uri <uri>', 'where a browser goes when a sign-in has no other way back')
    .addHelpText('after', ADD_HELP)
    .action(
      perform<AddOptions>(async (environment, options) => {
        const domain = await addDomain(environment, {
          clientId: options.client,
          host: options.host,
          mode: options.mode,
          ipAllowlist: options.ip,
          testUsersOnly: options.testUsersOnly,
          fallbackUri: options.fallbackUri,
        })
        return record(domainFields(domain))
      }),
    )
  domain
    .command('set')
    .description('change the rules of a domain')
    .requiredOption(...CLIENT)
    .requiredOption(...DOMAIN)
    .addOption(new Option('--mode <mode>', 'what it is for').choices(DOMAIN_MODES))
    .option('--active', 'let it work')
    .option('--no-active', 'refuse everything in its name')
    .option('--login', 'let it sign users in')
    .option('--no-login', 'do not let it sign users in')
    .option('--api', 'let it call the API')
    .option('--no-api', 'do not let it call the API')
    .option('--test-users-only', 'in test mode: serve test users and nobody else')
    .option('--no-test-users-only', 'serve everybody')
    .option('--ip <address|CIDR>', 'from where it may call (repeatable)', repeated)
    .addHelpText('after', SET_HELP)
    .action(
      perform<SetOptions>(async (environment, options) => {
        const target = { clientId: options.client, domain: options.domain }
        const domain = await updateDomain(environment, target, {
          mode: options.mode,
          active: options.active,
          loginAllowed: options.login,
          apiAllowed: options.api,
          testUsersOnly: options.testUsersOnly,
          ipAllowlist: options.ip,
        })
        return record(domainFields(domain))
      }),
    )
  domain
    .command('link')
    .description('let a secret work on a domain')
    .requiredOption(...CLIENT)
    .requiredOption(...DOMAIN)
    .requiredOption('--secret <id>', 'the id of the secret')
    .addHelpText('after', LINK_HELP)
    .action(
      perform<LinkOptions>(async (environment, options) => {
        const { secret, domain } = await linkSecret(environment, {
          clientId: options.client,
          secretId: options.secret,
          domain: options.domain,
        })
        return record({
          client_id: domain.clientId,
          secret_id: secret.id,
          domain_id: domain.id,
          host: domain.host,
        })
      }),
    )
  domain
    .command('list')
    .description('list the domains of a client')
    .requiredOption(...CLIENT)
    .addHelpText('after', LIST_HELP)
    .action(
      perform<{ client: string }>(async (environment, options) => {
        const { id } = await existingClient(environment, options.client)
        const domains = await environment.storage.clients.domains(id)
        const columns = ['id', 'host', 'mode', 'active', 'login_allowed', 'api_allowed', 'ip_allowlist']
        return list('domains', columns, domains.map(domainFields))
      }),
    )
}

function domainFields(domain: Domain): Fields {
  return {
    id: domain.id,
    client_id: domain.clientId,
    host: domain.host,
    mode: domain.mode,
    active: domain.active,
    login_allowed: domain.loginAllowed,
    api_allowed: domain.apiAllowed,
    ip_allowlist: domain.ipAllowlist,
    test_users_only: domain.testUsersOnly,
    fallback_uri: domain.fallbackUri,
    created_at: domain.createdAt,
  }
}
