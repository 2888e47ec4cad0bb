import * as z from 'zod'
import { randomId } from '../lib/random.ts'
import { redirectUriProblem } from '../lib/redirect-uri.ts'
import { webUrlProblem } from '../lib/web-url.ts'
import { CLIENT_TYPES, type Client, type ClientType } from '../model/client.ts'
import { auditEntry } from './audit.ts'
import type { ManageEnvironment } from './environment.ts'
import { existingClient, existingWorkspace, limitReached, planOf, vanished } from './existing.ts'
import { checkInput, distinct, flag, label, replaced, text, without } from './input.ts'
import { createSecret, type IssuedSecret } from './secrets.ts'

/** The grant types that a client may be given, by their RFC names. */
export const GRANT_TYPES = ['authorization_code', 'refresh_token', 'client_credentials'] as const

/** What {@link createClient} is told. */
export interface ClientInput {
  readonly workspaceId: string
  readonly name: string
  /** Default `confidential`. */
  readonly type?: ClientType
  /** https, http on this machine, or an app's own scheme. Default: none. */
  readonly redirectUris?: readonly string[]
  /** Default: none. */
  readonly scopes?: readonly string[]
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
}

/** What {@link updateClient} changes. Whatever is left out stays as it is; `null` removes. */
export interface ClientChanges {
  readonly name?: string
  /** False blocks sign-in and every API call; rule 4. */
  readonly enabled?: boolean
  readonly redirectUris?: readonly string[]
  readonly scopes?: readonly string[]
  readonly grantTypes?: readonly string[]
  readonly requirePkce?: boolean
  readonly linksSecretsToDomains?: boolean
  readonly uri?: string | null
  readonly logoUri?: string | null
  readonly policyUri?: string | null
  readonly tosUri?: string | null
}

export interface CreatedClient {
  readonly client: Client
  /** The first secret of a confidential client. */
  readonly secret: IssuedSecret | undefined
}

/**
 * Registers an application. A confidential client gets its first secret, which is stored after the client: should that
 * fail, `createSecret` gives it one.
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
    metadata: {},
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
  if (client.type === 'public') return { client, secret: undefined }
  return { client, secret: await createSecret(environment, { clientId: client.id, name: 'First secret' }) }
}

/**
 * Changes a client.
 * @throws {InputError} `invalid_input` or `client_not_found`
 */
export async function updateClient(
  environment: ManageEnvironment,
  clientId: string,
  changes: ClientChanges,
): Promise<Client> {
  const before = await existingClient(environment, clientId)
  const fields = checkInput(clientChanges(environment, before), changes)
  const after: Client = {
    ...before,
    name: fields.name ?? before.name,
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
    updatedAt: environment.now,
  }
  const audit = auditEntry(environment, {
    action: 'client.updated',
    workspaceId: before.workspaceId,
    target: before.id,
    before,
    after,
  })
  if (!(await environment.storage.clients.update(after, audit))) throw vanished('client', before.id)
  return after
}

const redirectUris = distinct(without(redirectUriProblem))
const webUrl = without(webUrlProblem)
const grantTypes = distinct(
  without(value =>
    GRANT_TYPES.some(known => known === value) ? undefined : `must be one of ${GRANT_TYPES.join(', ')}`,
  ),
)

function clientInput({ scopes }: ManageEnvironment) {
  return z
    .strictObject({
      workspaceId: text(),
      name: label,
      type: z.enum(CLIENT_TYPES, `must be one of ${CLIENT_TYPES.join(', ')}`).default('confidential'),
      redirectUris: redirectUris.default([]),
      scopes: distinct(scope(scopes)).default([]),
      grantTypes: grantTypes.optional(),
      requirePkce: flag.default(true),
      linksSecretsToDomains: flag.default(false),
      uri: webUrl.optional(),
      logoUri: webUrl.optional(),
      policyUri: webUrl.optional(),
      tosUri: webUrl.optional(),
    })
    .superRefine(suitsType)
}

function clientChanges({ scopes }: ManageEnvironment, { type }: Client) {
  return z
    .strictObject({
      name: label.optional(),
      enabled: flag.optional(),
      redirectUris: redirectUris.optional(),
      scopes: distinct(scope(scopes)).optional(),
      grantTypes: grantTypes.optional(),
      requirePkce: flag.optional(),
      linksSecretsToDomains: flag.optional(),
      uri: webUrl.nullish(),
      logoUri: webUrl.nullish(),
      policyUri: webUrl.nullish(),
      tosUri: webUrl.nullish(),
    })
    .superRefine((fields, context) => suitsType({ ...fields, type }, context))
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

/** What a public client cannot be given, because it can keep no secret (RFC 6749 section 2.1). */
function suitsType(
  client: Partial<Pick<Client, 'type' | 'grantTypes' | 'requirePkce' | 'linksSecretsToDomains'>>,
  context: z.RefinementCtx,
): void {
  if (client.type !== 'public') return
  const refuse = (field: string, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message })
  if (client.grantTypes?.includes('client_credentials')) {
    refuse('grantTypes', 'must not have client_credentials for a public client (RFC 6749 section 4.4)')
  }
  if (client.requirePkce === false) {
    refuse('requirePkce', 'must be on for a public client (RFC 9700 section 2.1.1)')
  }
  if (client.linksSecretsToDomains) {
    refuse('linksSecretsToDomains', 'must be off for a public client: it has no secrets')
  }
}

function defaultGrantTypes(type: ClientType): readonly string[] {
  return type === 'public' ? ['authorization_code', 'refresh_token'] : GRANT_TYPES
}
