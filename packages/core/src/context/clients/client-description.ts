import * as z from 'zod'
import { redirectUriProblem } from '../../lib/redirect-uri.ts'
import { distinct, fieldProblems, label, oneOf, text, without } from '../../lib/schema.ts'
import { webUrlProblem } from '../../lib/web-url.ts'
import type { Client } from '../../model/client.ts'
import type { ClientAuthenticationMethod } from '../../model/client-metadata.ts'
import { clientMetadataMembers } from './client-metadata-rules.ts'
import { type ClientProblem, clientProblems } from './client-problems.ts'

/** What a client says of itself by itself: all of it but what this server gives it. */
export type ClientDescription = Pick<
  Client,
  | 'name'
  | 'type'
  | 'profile'
  | 'linksSecretsToDomains'
  | 'requirePkce'
  | 'grantTypes'
  | 'scopes'
  | 'redirectUris'
  | 'uri'
  | 'logoUri'
  | 'policyUri'
  | 'tosUri'
  | 'metadata'
>

/** What a client that nobody made by hand may be. */
export interface DescriptionRules {
  /** The most that it may be granted; what it gets where it names no scopes. */
  readonly scopes: readonly string[]
  /** The first one is for a client that names none. */
  readonly authenticationMethods: readonly ClientAuthenticationMethod[]
  /** The types of authorization details that this server knows (RFC 9396). */
  readonly authorizationDetailsTypes: readonly string[]
}

/** Token exchange is missing: acting for others is what an owner allows, and nobody allows himself. */
const SELF_MADE_GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
] as const

const webUrl = without(webUrlProblem)

/** RFC 7591 section 2. What is not listed here is ignored, `client_name#de` and its like among it. */
const described = z.object({
  ...clientMetadataMembers,
  redirect_uris: distinct(without(redirectUriProblem)).default([]),
  grant_types: distinct(oneOf(SELF_MADE_GRANT_TYPES)).default(['authorization_code']),
  response_types: distinct(oneOf(['code'])).optional(),
  client_name: label.optional(),
  client_uri: webUrl.optional(),
  logo_uri: webUrl.optional(),
  policy_uri: webUrl.optional(),
  tos_uri: webUrl.optional(),
  scope: text().max(2000, 'must have at most 2000 characters').optional(),
})
type Described = z.output<typeof described>

/**
 * Reads client metadata as RFC 7591 section 2 writes it, and completes it with the defaults that stand there.
 * @returns the problem of each member by its wire name, when there are any
 */
export function readDescription(
  json: Readonly<Record<string, unknown>>,
  rules: DescriptionRules,
): { readonly client: ClientDescription } | { readonly problems: Readonly<Record<string, string>> } {
  // RFC 7592 section 2.2: null and empty are as good as left out.
  const given = Object.entries(json).filter(([, value]) => value !== null && value !== '')
  const checked = described.safeParse(Object.fromEntries(given))
  if (!checked.success) return { problems: fieldProblems(checked.error) }
  const client = completed(checked.data, rules)
  const problems: Record<string, string> = { ...mismatches(checked.data, client, rules) }
  for (const { path, problem } of clientProblems(client)) problems[wireName(path)] ??= problem
  return Object.keys(problems).length === 0 ? { client } : { problems }
}

function completed(given: Described, rules: DescriptionRules): ClientDescription {
  const { redirect_uris, grant_types, response_types, client_name, client_uri, scope, ...others } = given
  const { logo_uri, policy_uri, tos_uri, ...metadata } = others
  const method = metadata.token_endpoint_auth_method ?? rules.authenticationMethods[0]
  const type = method === 'none' ? 'public' : 'confidential'
  const asked = scope?.split(' ')
  const scopes = rules.scopes.filter(known => asked === undefined || asked.includes(known))
  const profile = scopes.includes('openid') ? 'openid' : 'oauth2.1'
  return {
    name: client_name ?? nameOf(client_uri ?? redirect_uris[0]),
    type,
    profile,
    linksSecretsToDomains: false,
    // Ordinary OpenID clients may leave PKCE out, as long as they can prove who they are.
    requirePkce: type === 'public' || profile !== 'openid',
    grantTypes: grant_types,
    scopes,
    redirectUris: redirect_uris,
    uri: client_uri,
    logoUri: logo_uri,
    policyUri: policy_uri,
    tosUri: tos_uri,
    metadata: {
      ...metadata,
      token_endpoint_auth_method: method,
      application_type: metadata.application_type ?? (isApp(redirect_uris) ? 'native' : 'web'),
    },
  }
}

/** What contradicts itself, or what this server does not do for clients that come by themselves. */
function mismatches(given: Described, client: ClientDescription, rules: DescriptionRules) {
  const problems: Record<string, string> = {}
  const usesCode = client.grantTypes.includes('authorization_code')
  if (usesCode && client.redirectUris.length === 0) {
    problems.redirect_uris = 'is required for authorization_code (RFC 7591 section 2)'
  }
  if (given.response_types !== undefined && given.response_types.includes('code') !== usesCode) {
    problems.response_types = 'must have code where grant_types has authorization_code, and only there'
  }
  if (given.scope !== undefined && client.scopes.length === 0) {
    problems.scope = `must have one of ${rules.scopes.join(', ')}`
  }
  const method = given.token_endpoint_auth_method
  if (method !== undefined && !rules.authenticationMethods.includes(method)) {
    problems.token_endpoint_auth_method = `must be one of ${rules.authenticationMethods.join(', ')}`
  }
  const known = rules.authorizationDetailsTypes
  if (given.authorization_details_types?.some(type => !known.includes(type))) {
    problems.authorization_details_types = `must have none but ${known.join(', ')}`
  }
  return problems
}

const WIRE_NAMES: Readonly<Record<string, string>> = {
  grantTypes: 'grant_types',
  redirectUris: 'redirect_uris',
}

/** A field of a client by its name in RFC 7591. */
function wireName([field, member]: ClientProblem['path']): string {
  return member ?? WIRE_NAMES[field] ?? field
}

/** A client without a name is called by where it is. */
function nameOf(uri: string | undefined): string {
  const host = uri !== undefined && URL.canParse(uri) ? new URL(uri).host : ''
  return host === '' ? 'Application without a name' : host.slice(0, 100)
}

function isApp(redirectUris: readonly string[]): boolean {
  return redirectUris.some(uri => !/^https?:/i.test(uri))
}
