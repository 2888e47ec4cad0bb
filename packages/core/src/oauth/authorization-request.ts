import { profileOf } from '../context/clients/profiles.ts'
import type { Context, Resource } from '../context/context.ts'
import { ACR_VALUES } from '../context/sign-in/acr.ts'
import { hasPrompt } from '../context/sign-in/interaction.ts'
import { parseClaimsRequest } from '../context/tokens/claims-request.ts'
import { HttpError } from '../errors.ts'
import { isRegisteredRedirectUri } from '../lib/redirect-uri-match.ts'
import type { Client } from '../model/client.ts'
import { checkedDetails } from './granted-details.ts'
import { type Parameters, readParameters } from './parameters.ts'
import { isS256Challenge } from './pkce.ts'
import { isWebAddress, responseModeOf } from './response-mode.ts'
import { scopesToApprove } from './scopes-to-approve.ts'
import { knownResources } from './target.ts'

/** An authorization request that may be granted: what later steps need of it. */
export interface AuthorizationRequest {
  readonly redirectUri: string
  readonly scopes: readonly string[]
  /** By their wire names; and what was worked out of others: `expected_sub`, `redirect_uri_given`. */
  readonly parameters: Readonly<Record<string, string>>
}

/** What this server understands of an authorization request. Everything else is ignored (RFC 6749 section 3.1). */
const UNDERSTOOD = [
  'client_id',
  'response_type',
  'response_mode',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'prompt',
  'max_age',
  'login_hint',
  'id_token_hint',
  'acr_values',
  'claims',
  'display',
  'ui_locales',
  'resource',
  'authorization_details',
  'dpop_jkt',
  'registration',
] as const

/** Of these, what later steps need as it was sent. */
const KEPT = [
  'response_mode',
  'state',
  'nonce',
  'code_challenge',
  'prompt',
  'login_hint',
  'acr_values',
  'claims',
  'display',
  'ui_locales',
  'dpop_jkt',
] as const

export const PROMPTS = ['none', 'login', 'consent', 'select_account']

/** A thumbprint of a key (RFC 9449 section 10). */
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/

/**
 * Reads the parameters of an authorization request. `resource`, which may be given several times (RFC 8707 section 2), becomes
 * one text, separated by single spaces.
 * @throws {HttpError} 400 `invalid_request`
 */
export function readAuthorizationRequest(source: URLSearchParams): Parameters {
  const parameters = readParameters(source)
  return parameters.resource === undefined
    ? parameters
    : { ...parameters, resource: joinedResources(source.getAll('resource')) }
}

/** No URI has a space, so one that does stays one that nobody knows. */
export function joinedResources(resources: readonly string[]): string {
  return resources
    .filter(resource => resource !== '')
    .map(resource => resource.replaceAll(' ', '%20'))
    .join(' ')
}

/** Of the parameters, those that this server understands; credentials and whatever else came along stay behind. */
export function understoodParameters(parameters: Parameters): Readonly<Record<string, string>> {
  return pick(parameters, UNDERSTOOD)
}

/** Whether the browser may be sent there for a client. */
export function hasRedirectUri({ type, redirectUris, metadata }: Client, uri: string): boolean {
  const isApp = type === 'public' || metadata.application_type === 'native'
  return isRegisteredRedirectUri(redirectUris, uri, isApp)
}

/**
 * Where the browser is to return to.
 * @throws {HttpError} 400 `invalid_redirect_uri`, shown on a page: the browser is sent to no address that is not registered
 */
export function redirectUriOf(client: Client, { redirect_uri }: Parameters): string {
  const [only, ...others] = client.redirectUris
  const mayLeaveOut = others.length === 0 && !profileOf(client).requireRedirectUri
  const uri = redirect_uri ?? (mayLeaveOut ? only : undefined)
  if (uri === undefined || !hasRedirectUri(client, uri)) {
    throw new HttpError(
      400,
      'invalid_redirect_uri',
      'The application wants you to return to an address that is not registered for it. Tell its owner.',
    )
  }
  return uri
}

/**
 * The one validation of authorization requests, however they came: the parameters are those of the query or the form, of a
 * request object, or of a pushed request. The order is that of the errors.
 * @throws {HttpError} 400, `invalid_redirect_uri` for a page, anything else for the client
 */
export async function checkAuthorizationRequest(
  context: Context,
  client: Client,
  parameters: Parameters,
): Promise<AuthorizationRequest> {
  const redirectUri = redirectUriOf(client, parameters)
  checkResponse(client, parameters, redirectUri)
  if (parameters.registration !== undefined) {
    throw refused('registration_not_supported', 'Register the client first; send no registration parameter.')
  }
  checkChallenge(client, parameters)
  checkPrompt(parameters)
  checkMaxAge(parameters)
  checkKey(parameters)
  const resources = knownResources(context, parameters.resource?.split(' ') ?? [])
  const details = checkedDetails(context, client, parameters.authorization_details)
  const asked = { scope: parameters.scope, resources, details }
  const scopes = scopesToApprove(asked, client.scopes, context.config.scopes)
  const maxAge = parameters.max_age ?? client.metadata.default_max_age
  const expectedSub = await expectedSubject(context, client, parameters)
  return {
    redirectUri,
    scopes,
    parameters: {
      ...pick(parameters, KEPT),
      ...(maxAge !== undefined && { max_age: String(maxAge) }),
      ...(resources.length > 0 && { resource: distinctIdentifiers(resources) }),
      ...(details !== undefined && { authorization_details: details }),
      ...(parameters.redirect_uri !== undefined && { redirect_uri_given: 'true' }),
      ...(expectedSub !== undefined && { expected_sub: expectedSub }),
    },
  }
}

/** RFC 6749 section 4.1.1; OAuth 2.0 Multiple Response Type Encoding Practices section 2.1. */
function checkResponse(client: Client, parameters: Parameters, redirectUri: string): void {
  const { response_type, response_mode } = parameters
  if (response_type === undefined) throw refused('invalid_request', 'Send response_type=code.')
  if (response_type !== 'code') throw refused('unsupported_response_type', 'Use response_type=code.')
  const mode = responseModeOf(response_mode)
  if (mode === undefined) {
    throw refused('invalid_request', 'Use response_mode query, form_post, jwt, query.jwt or form_post.jwt.')
  }
  if (mode.posts && !isWebAddress(redirectUri)) {
    throw refused('invalid_request', 'A form can be posted to a web address only. Use response_mode=query.')
  }
  if (!client.grantTypes.includes('authorization_code')) {
    throw refused('unauthorized_client', 'This client may not use authorization_code.')
  }
}

/** RFC 7636 section 4.4.1; OAuth 2.1 section 4.1.1. */
function checkChallenge(client: Client, { code_challenge, code_challenge_method }: Parameters): void {
  if (code_challenge === undefined) {
    const optional = client.type === 'confidential' && !client.requirePkce && profileOf(client).pkceOptional
    if (!optional) throw refused('invalid_request', 'Send a code_challenge (PKCE).')
    if (code_challenge_method !== undefined) throw refused('invalid_request', 'Send the code_challenge too.')
    return
  }
  if (code_challenge_method !== 'S256') throw refused('invalid_request', 'Use code_challenge_method=S256.')
  if (!isS256Challenge(code_challenge)) {
    throw refused('invalid_request', 'The code_challenge is not the base64url of a SHA-256.')
  }
}

/** OpenID Connect Core section 3.1.2.1; for values that are not supported, Initiating User Registration section 4.1. */
function checkPrompt({ prompt }: Parameters): void {
  if (hasPrompt(prompt, 'none') && prompt !== 'none') {
    throw refused('invalid_request', 'prompt=none goes with no other prompt.')
  }
  const unknown = prompt?.split(' ').some(value => value !== '' && !PROMPTS.includes(value))
  if (unknown) throw refused('invalid_request', `The prompt must be of: ${PROMPTS.join(', ')}.`)
}

function checkMaxAge({ max_age }: Parameters): void {
  if (max_age !== undefined && !/^\d{1,9}$/.test(max_age)) {
    throw refused('invalid_request', 'Send max_age as a whole number of seconds.')
  }
}

function checkKey({ dpop_jkt }: Parameters): void {
  if (dpop_jkt !== undefined && !THUMBPRINT.test(dpop_jkt)) {
    throw refused('invalid_request', 'The dpop_jkt is not the base64url of a SHA-256 (RFC 9449 section 10).')
  }
}

/**
 * Who must sign in, where the client says so: by the `claims` parameter (Core section 5.5.1) or by an `id_token_hint`. Checks
 * the `acr` that the client cannot do without as well (section 5.5.1.1).
 */
async function expectedSubject(
  context: Context,
  client: Client,
  { claims, id_token_hint, prompt }: Parameters,
): Promise<string | undefined> {
  const { idToken } = parseClaimsRequest(claims)
  const acr = idToken.get('acr')
  const wanted = acr?.values ?? (acr?.value === undefined ? undefined : [acr.value])
  if (acr?.essential && wanted !== undefined && !ACR_VALUES.some(known => wanted.includes(known))) {
    throw refused('unmet_authentication_requirements', 'Nobody can sign in here in the way of that acr.')
  }
  const named = idToken.get('sub')?.value
  if (named !== undefined && typeof named !== 'string') {
    throw refused('invalid_request', 'The value of the claim sub must be a text.')
  }
  const hinted = id_token_hint === undefined ? undefined : await hintedSubject(context, client, id_token_hint)
  // Signed by a key that is published no more, perhaps: then nobody can tell whether it is about whoever is signed in.
  if (id_token_hint !== undefined && hinted === undefined && prompt === 'none') {
    throw refused('login_required', 'The id_token_hint is not an ID token of this server for this client.')
  }
  if (named !== undefined && hinted !== undefined && named !== hinted) {
    throw refused('invalid_request', 'The id_token_hint and the claim sub name different users.')
  }
  return named ?? hinted
}

async function hintedSubject(context: Context, client: Client, hint: string): Promise<string | undefined> {
  const claims = await context.keys.verifyOwn(hint)
  const audience = [claims?.aud ?? []].flat()
  return audience.includes(client.id) ? claims?.sub : undefined
}

function distinctIdentifiers(resources: readonly Resource[]): string {
  return [...new Set(resources.map(({ identifier }) => identifier))].join(' ')
}

function pick(parameters: Parameters, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name of names) {
    const value = parameters[name]
    if (value !== undefined) picked[name] = value
  }
  return picked
}

function refused(code: string, message: string): HttpError {
  return new HttpError(400, code, message)
}
