import * as z from 'zod'
import { rateLimit } from '../config/metering-options.ts'
import { auditEntry } from '../context/audit-entry.ts'
import { changeStored } from '../context/change-stored.ts'
import { checkInput } from '../context/check-input.ts'
import { clientMetadataMembers } from '../context/clients/client-metadata-rules.ts'
import { type ClientRules, clientProblems, usesSecrets } from '../context/clients/client-problems.ts'
import type { IssuedSecret } from '../context/clients/issue-secret.ts'
import { randomId } from '../lib/random.ts'
import { redirectUriProblem } from '../lib/redirect-uri.ts'
import { distinct, flag, label, oneOf, text, without } from '../lib/schema.ts'
import { webUrlProblem } from '../lib/web-url.ts'
import {
  CLIENT_PROFILES,
  CLIENT_TYPES,
  type Client,
  type ClientProfile,
  type ClientType,
  GRANT_TYPES,
} from '../model/client.ts'
import type { ClientMetadata } from '../model/client-metadata.ts'
import type { RateLimit } from '../model/plan.ts'
import { limitByOperator } from './client-limits.ts'
import type { ManageEnvironment } from './environment.ts'
import { existingClient, existingWorkspace, limitReached, planOf } from './existing.ts'
import { replaced } from './input.ts'
import { createSecret } from './secrets.ts'

/** What {@link createClient} is told. */
export interface ClientInput {
  readonly workspaceId: string
  readonly name: string
  /** Default `confidential`. */
  readonly type?: ClientType
  /**
   * https, http on this machine, or an app's own scheme; under the profile `fapi2`, http on 127.0.0.1 and [::1] alone, and only
   * for native apps (`application_type`). Default: none.
   */
  readonly redirectUris?: readonly string[]
  /** Default: none. */
  readonly scopes?: readonly string[]
  /** Default `oauth2.1`. */
  readonly profile?: ClientProfile
  /** Default: `authorization_code` and `refresh_token`, and `client_credentials` for a confidential client. */
  readonly grantTypes?: readonly string[]
  /** Default true. */
  readonly requirePkce?: boolean
  /** Default false. */
  readonly linksSecretsToDomains?: boolean
  /** This and the next three are http or https URLs for the consent page. */
  readonly uri?: string
  readonly logoUri?: string
  readonly policyUri?: string
  readonly tosUri?: string
  /** What else there is to say of it, by the names of RFC 7591. Default: nothing. */
  readonly metadata?: ClientMetadata
}

/** What {@link updateClient} changes. Whatever is left out stays as it is; `null` removes. */
export interface ClientChanges {
  readonly name?: string
  readonly profile?: ClientProfile
  /** False blocks sign-in and every API call; rule 4. */
  readonly enabled?: boolean
  /**
   * In the place of the plan's; rule 13. It is the operator's: it takes the place of what the owner chose, who may then choose
   * again, by {@link changeClientLimit}, within this or the plan's. `null` takes both away.
   */
  readonly rateLimit?: RateLimit | null
  readonly redirectUris?: readonly string[]
  readonly scopes?: readonly string[]
  readonly grantTypes?: readonly string[]
  readonly requirePkce?: boolean
  readonly linksSecretsToDomains?: boolean
  readonly uri?: string | null
  readonly logoUri?: string | null
  readonly policyUri?: string | null
  readonly tosUri?: string | null
  /** Member by member. */
  readonly metadata?: { readonly [Member in keyof ClientMetadata]: ClientMetadata[Member] | null }
}

export interface CreatedClient {
  readonly client: Client
  /** The first secret of a client that proves itself with one. */
  readonly secret: IssuedSecret | undefined
}

/**
 * Registers an application. A client that proves itself with a secret gets its first one, which is stored after the client:
 * should that fail, `createSecret` gives it one.
 * @throws {InputError} `invalid_input`, `workspace_not_found`, `unknown_plan` or `client_limit_reached`
 */
export async function createClient(
  environment: ManageEnvironment,
  input: ClientInput,
): Promise<CreatedClient> {
  const fields = checkInput(clientInput(environment), input)
  const workspace = await existingWorkspace(environment, fields.workspaceId)
  const plan = planOf(environment, workspace)
  const client: Client = {
    id: randomId('cl'),
    workspaceId: workspace.id,
    name: fields.name,
    type: fields.type,
    profile: fields.profile,
    source: 'managed',
    enabled: true,
    linksSecretsToDomains: fields.linksSecretsToDomains,
    requirePkce: fields.requirePkce,
    grantTypes: fields.grantTypes ?? defaultGrantTypes(fields.type),
    scopes: fields.scopes,
    redirectUris: fields.redirectUris,
    uri: fields.uri,
    logoUri: fields.logoUri,
    policyUri: fields.policyUri,
    tosUri: fields.tosUri,
    metadata: fields.metadata,
    rateLimit: undefined,
    rateLimitSetBy: undefined,
    rateLimitSetAt: undefined,
    operatorRateLimit: undefined,
    operatorRateLimitSetBy: undefined,
    operatorRateLimitSetAt: undefined,
    registrationTokenHash: undefined,
    createdAt: environment.now,
    updatedAt: environment.now,
  }
  const audit = auditEntry(environment, {
    action: 'client.created',
    workspaceId: workspace.id,
    target: client.id,
    after: client,
  })
  const { outcome } = await environment.storage.clients.create(client, plan.clients, audit)
  if (outcome === 'limit_reached') {
    const limit = `${plan.clients} ${plan.clients === 1 ? 'client' : 'clients'} in a workspace`
    throw limitReached('client_limit_reached', plan, limit, 'Move the workspace to a larger plan.')
  }
  if (!usesSecrets(client)) return { client, secret: undefined }
  return { client, secret: await createSecret(environment, { clientId: client.id, name: 'First secret' }) }
}

/**
 * Changes a client.
 * @throws {InputError} `invalid_input`, `client_not_found` or `changed_meanwhile`
 */
export async function updateClient(
  environment: ManageEnvironment,
  clientId: string,
  changes: ClientChanges,
): Promise<Client> {
  const read = () => existingClient(environment, clientId)
  return await changeClient(environment, read, before => {
    const fields = checkInput(clientChanges(environment, before), changes)
    return {
      ...changed(before, fields),
      ...(fields.rateLimit !== undefined && limitByOperator(fields.rateLimit, environment)),
      updatedAt: environment.now,
    }
  })
}

/**
 * Changes a client as it is when the change is written.
 * @throws {InputError} `changed_meanwhile`, or whatever `read` and `change` throw
 */
export async function changeClient(
  environment: ManageEnvironment,
  read: () => Promise<Client>,
  change: (before: Client) => Client | Promise<Client>,
): Promise<Client> {
  const { after } = await changeStored({
    kind: 'client',
    read,
    change,
    write: (before, after) => {
      const about = { workspaceId: before.workspaceId, target: before.id }
      const audit = auditEntry(environment, { action: 'client.updated', ...about, before, after })
      return environment.storage.clients.update(before, after, audit)
    },
  })
  return after
}

type CheckedChanges = z.output<ReturnType<typeof clientChanges>>

function changed(before: Client, fields: CheckedChanges): Client {
  return {
    ...before,
    name: fields.name ?? before.name,
    profile: fields.profile ?? before.profile,
    enabled: fields.enabled ?? before.enabled,
    redirectUris: fields.redirectUris ?? before.redirectUris,
    scopes: fields.scopes ?? before.scopes,
    grantTypes: fields.grantTypes ?? before.grantTypes,
    requirePkce: fields.requirePkce ?? before.requirePkce,
    linksSecretsToDomains: fields.linksSecretsToDomains ?? before.linksSecretsToDomains,
    uri: replaced(before.uri, fields.uri),
    logoUri: replaced(before.logoUri, fields.logoUri),
    policyUri: replaced(before.policyUri, fields.policyUri),
    tosUri: replaced(before.tosUri, fields.tosUri),
    metadata: merged(before.metadata, fields.metadata),
  }
}

/** RFC 7396, member by member. */
function merged(before: ClientMetadata, changes: ClientChanges['metadata'] = {}): ClientMetadata {
  const members = { ...before, ...changes }
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== null && value !== undefined),
  )
}

const redirectUris = distinct(without(redirectUriProblem))
const webUrl = without(webUrlProblem)
const grantTypes = distinct(
  without(value =>
    GRANT_TYPES.some(known => known === value) ? undefined : `must be one of ${GRANT_TYPES.join(', ')}`,
  ),
)
const profile = oneOf(CLIENT_PROFILES)
const metadata = z.strictObject(clientMetadataMembers, 'must be an object of client metadata (RFC 7591)')
const metadataChanges = z.strictObject(
  Object.fromEntries(
    Object.entries(clientMetadataMembers).map(([name, member]) => [name, member.nullable()]),
  ),
  'must be an object of client metadata (RFC 7591)',
)

function clientInput({ scopes }: ManageEnvironment) {
  return z
    .strictObject({
      workspaceId: text(),
      name: label,
      type: oneOf(CLIENT_TYPES).default('confidential'),
      profile: profile.default('oauth2.1'),
      redirectUris: redirectUris.default([]),
      scopes: distinct(scope(scopes)).default([]),
      grantTypes: grantTypes.optional(),
      requirePkce: flag.default(true),
      linksSecretsToDomains: flag.default(false),
      uri: webUrl.optional(),
      logoUri: webUrl.optional(),
      policyUri: webUrl.optional(),
      tosUri: webUrl.optional(),
      metadata: metadata.default({}),
    })
    .superRefine((fields, context) =>
      fitsTogether({ ...fields, grantTypes: fields.grantTypes ?? defaultGrantTypes(fields.type) }, context),
    )
}

function clientChanges({ scopes }: ManageEnvironment, before: Client) {
  return z
    .strictObject({
      name: label.optional(),
      profile: profile.optional(),
      enabled: flag.optional(),
      rateLimit: rateLimit.nullish(),
      redirectUris: redirectUris.optional(),
      scopes: distinct(scope(scopes)).optional(),
      grantTypes: grantTypes.optional(),
      requirePkce: flag.optional(),
      linksSecretsToDomains: flag.optional(),
      uri: webUrl.nullish(),
      logoUri: webUrl.nullish(),
      policyUri: webUrl.nullish(),
      tosUri: webUrl.nullish(),
      metadata: metadataChanges.optional(),
    })
    .superRefine((fields, context) => {
      // What stays as it was is no reason to refuse, for instance, that a client is disabled.
      if (DECISIVE.some(name => fields[name] !== undefined)) fitsTogether(changed(before, fields), context)
    })
}

/** RFC 6749 section 3.3: the characters of a scope. */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]{1,200}$/

function scope(known: ManageEnvironment['scopes']) {
  return without(value => {
    if (!SCOPE.test(value))
      return 'must be a scope: printable ASCII without space, " and \\ (RFC 6749 section 3.3)'
    if (known === undefined || Object.hasOwn(known, value)) return undefined
    return `must be one of the scopes ${Object.keys(known).join(', ')}`
  })
}

/** What decides, together with what stays, whether a client makes sense. */
const DECISIVE = [
  'profile',
  'redirectUris',
  'grantTypes',
  'requirePkce',
  'linksSecretsToDomains',
  'metadata',
] as const

function fitsTogether(client: ClientRules, context: z.RefinementCtx): void {
  for (const { path, problem } of clientProblems(client)) {
    context.addIssue({ code: 'custom', path: path.filter(name => name !== undefined), message: problem })
  }
}

function defaultGrantTypes(type: ClientType): readonly string[] {
  const forUsers = ['authorization_code', 'refresh_token']
  return type === 'public' ? forUsers : [...forUsers, 'client_credentials']
}
