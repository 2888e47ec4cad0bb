import { isIP } from 'node:net'
import * as z from 'zod'
import { auditEntry } from '../context/audit-entry.ts'
import { changeStored } from '../context/change-stored.ts'
import { checkInput } from '../context/check-input.ts'
import { InputError } from '../errors.ts'
import { normaliseHost } from '../lib/host.ts'
import { isIpRange } from '../lib/ip.ts'
import { randomId } from '../lib/random.ts'
import { distinct, flag, normalised, text, without } from '../lib/schema.ts'
import { webUrlProblem } from '../lib/web-url.ts'
import { DOMAIN_MODES, type Domain, type DomainMode } from '../model/client.ts'
import type { ManageEnvironment } from './environment.ts'
import { existingClient, existingDomain, existingWorkspace, limitReached, planOf } from './existing.ts'
import { replaced } from './input.ts'

/** What {@link addDomain} is told. */
export interface DomainInput {
  readonly clientId: string
  /** A domain name in whatever case and script; stored as `normaliseHost` writes it. */
  readonly host: string
  readonly mode: DomainMode
  /** Default true. */
  readonly active?: boolean
  /** Whether it may sign users in; rule 8. Default true. */
  readonly loginAllowed?: boolean
  /** Whether it may call the API; rule 9. Default true. */
  readonly apiAllowed?: boolean
  /** Addresses and CIDR ranges, IPv4 and IPv6. Default: none, which allows every address. */
  readonly ipAllowlist?: readonly string[]
  /** In test mode: serve test users and nobody else. Default false. */
  readonly testUsersOnly?: boolean
  /** An http or https URL. */
  readonly fallbackUri?: string
}

/** What {@link updateDomain} changes. Whatever is left out stays as it is; `null` removes. */
export interface DomainChanges {
  readonly mode?: DomainMode
  readonly active?: boolean
  readonly loginAllowed?: boolean
  readonly apiAllowed?: boolean
  readonly ipAllowlist?: readonly string[]
  readonly testUsersOnly?: boolean
  readonly fallbackUri?: string | null
}

/**
 * Registers a domain for a client.
 * @throws {InputError} `invalid_input`, `client_not_found`, `unknown_plan`, `domain_limit_reached` or `host_taken`
 */
export async function addDomain(environment: ManageEnvironment, input: DomainInput): Promise<Domain> {
  const fields = checkInput(domainInput, input)
  const client = await existingClient(environment, fields.clientId)
  const plan = planOf(environment, await existingWorkspace(environment, client.workspaceId))
  const domain: Domain = {
    id: randomId('dom'),
    clientId: client.id,
    host: fields.host,
    mode: fields.mode,
    active: fields.active,
    loginAllowed: fields.loginAllowed,
    apiAllowed: fields.apiAllowed,
    ipAllowlist: fields.ipAllowlist,
    testUsersOnly: fields.testUsersOnly,
    fallbackUri: fields.fallbackUri,
    createdAt: environment.now,
  }
  const audit = auditEntry(environment, {
    action: 'domain.added',
    workspaceId: client.workspaceId,
    target: domain.id,
    after: domain,
  })
  const { outcome } = await environment.storage.clients.addDomain(domain, plan.domains, audit)
  if (outcome === 'limit_reached') {
    const limit = `${plan.domains} ${plan.domains === 1 ? 'domain' : 'domains'} over all clients of a workspace`
    throw limitReached('domain_limit_reached', plan, limit, 'Move the workspace to a larger plan.')
  }
  if (outcome === 'host_taken') {
    throw new InputError(
      'host_taken',
      `The client has the domain ${domain.host} already. Change that one instead.`,
      { host: 'is taken' },
    )
  }
  return domain
}

/**
 * Changes the rules of a domain. Its host stays: another host is another domain.
 * @param target the client, and the domain by its id or its host
 * @throws {InputError} `invalid_input`, `client_not_found`, `domain_not_found` or `changed_meanwhile`
 */
export async function updateDomain(
  environment: ManageEnvironment,
  target: { readonly clientId: string; readonly domain: string },
  changes: DomainChanges,
): Promise<Domain> {
  const client = await existingClient(environment, target.clientId)
  const { after } = await changeStored<Domain>({
    kind: 'domain',
    read: () => existingDomain(environment, client, target.domain),
    change(before) {
      const fields = checkInput(domainChanges(before), changes)
      return {
        ...before,
        mode: fields.mode ?? before.mode,
        active: fields.active ?? before.active,
        loginAllowed: fields.loginAllowed ?? before.loginAllowed,
        apiAllowed: fields.apiAllowed ?? before.apiAllowed,
        ipAllowlist: fields.ipAllowlist ?? before.ipAllowlist,
        testUsersOnly: fields.testUsersOnly ?? before.testUsersOnly,
        fallbackUri: replaced(before.fallbackUri, fields.fallbackUri),
      }
    },
    write(before, after) {
      const about = { workspaceId: client.workspaceId, target: before.id }
      const audit = auditEntry(environment, { action: 'domain.updated', ...about, before, after })
      return environment.storage.clients.updateDomain(before, after, audit)
    },
  })
  return after
}

const mode = z.enum(DOMAIN_MODES, `must be one of ${DOMAIN_MODES.join(', ')}`)
const fallbackUri = without(webUrlProblem)
const ipAllowlist = distinct(
  without(entry =>
    isWrittenOut(entry) && isIpRange(entry)
      ? undefined
      : 'must be an IP address or a CIDR range such as 192.0.2.10, 192.0.2.0/24 or 2001:db8::/32',
  ),
)

const domainInput = z
  .strictObject({
    clientId: text(),
    host: normalised(bareHost, 'must be a domain name such as example.com, without https:// and path'),
    mode,
    active: flag.default(true),
    loginAllowed: flag.default(true),
    apiAllowed: flag.default(true),
    ipAllowlist: ipAllowlist.default([]),
    testUsersOnly: flag.default(false),
    fallbackUri: fallbackUri.optional(),
  })
  .superRefine(suitsMode)

function domainChanges(before: Domain) {
  return z
    .strictObject({
      mode: mode.optional(),
      active: flag.optional(),
      loginAllowed: flag.optional(),
      apiAllowed: flag.optional(),
      ipAllowlist: ipAllowlist.optional(),
      testUsersOnly: flag.optional(),
      fallbackUri: fallbackUri.nullish(),
    })
    .superRefine(({ mode, testUsersOnly }, context) =>
      suitsMode({ mode: mode ?? before.mode, testUsersOnly: testUsersOnly ?? before.testUsersOnly }, context),
    )
}

/** Rule 11 reads the restriction in test mode alone; in live mode it would promise what nothing keeps. */
function suitsMode(domain: Pick<Domain, 'mode' | 'testUsersOnly'>, context: z.RefinementCtx): void {
  if (domain.mode !== 'live' || !domain.testUsersOnly) return
  context.addIssue({ code: 'custom', path: ['testUsersOnly'], message: 'must be off in live mode' })
}

/** `shop.example/path` would be read as its host, as URL parsers do; whoever writes it expects more of it. */
function bareHost(text: string): string | undefined {
  return /[\s/?#\\%]/.test(text) ? undefined : normaliseHost(text)
}

/** `192.168.1` and `192.168.1/24` are short for 192.168.0.1, which nobody means who writes them. */
function isWrittenOut(entry: string): boolean {
  return isIP(entry.split('/')[0] as string) !== 0
}
