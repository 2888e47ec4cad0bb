import { createCode } from '../context/code.ts'
import type { Context } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { asciiDescription } from '../context/failure.ts'
import {
  CONSENT_PATH,
  hasPrompt,
  interactionDomain,
  interactionUrl,
  mayLogIn,
  newInteraction,
  nextStep,
  RESUME_PATHS,
  SIGN_IN_PATH,
} from '../context/interaction.ts'
import { redirectToClient } from '../context/redirect.ts'
import { currentSession, type SignedIn } from '../context/session.ts'
import { HttpError } from '../errors.ts'
import { type HttpResponse, redirectResponse } from '../http/response.ts'
import { isClientId } from '../lib/client-id.ts'
import { sha256 } from '../lib/hash.ts'
import type { Interaction } from '../model/authorization.ts'
import type { Client } from '../model/client.ts'
import { type Parameters, readParameters } from './parameters.ts'
import { isS256Challenge } from './pkce.ts'
import { grantedScopes, parseScope } from './scope.ts'

export const AUTHORIZE_PATH = '/oauth/authorize'

/** Parameters that later steps need; the rest of a request is not kept. */
const KEPT = ['state', 'nonce', 'code_challenge', 'prompt', 'max_age', 'login_hint'] as const

/** The authorization endpoint (RFC 6749 section 3.1, OpenID Connect Core section 3.1.2). */
export const authorize: OpenEndpoint = {
  method: 'GET',
  path: AUTHORIZE_PATH,
  body: 'none',
  failure: 'page',
  handle: (context, call) => begin(context, call, call.query),
}

/** The same by form, as OpenID Connect Core section 3.1.2.1 wants it. */
export const authorizeByForm: OpenEndpoint = {
  ...authorize,
  method: 'POST',
  body: 'form',
  handle: (context, call) =>
    begin(context, call, call.input.kind === 'form' ? call.input.form : new URLSearchParams()),
}

/** Where the pages send the browser back to: answers the client, or goes on with what is missing. */
export const authorizeResume: OpenEndpoint = {
  method: 'GET',
  path: RESUME_PATHS.authorization_code,
  body: 'none',
  failure: 'page',
  async handle(context, call) {
    const handle = call.query.get('interaction') ?? ''
    const interaction = await context.storage.interactions.find(sha256(handle))
    const client = interaction && (await context.storage.clients.find(interaction.clientId))
    if (interaction?.flow !== 'authorization_code' || client === undefined) {
      throw new HttpError(
        410,
        'interaction_gone',
        'This sign-in is finished or has expired. Go back to the application.',
      )
    }
    return proceed(context, call, client, {
      interaction,
      handle,
      keep: async () => {},
      finish: () => context.storage.interactions.finish(interaction.hash),
    })
  },
}

/** A request under way. One that needs no page is never stored. */
interface Pending {
  readonly interaction: Interaction
  readonly handle: string
  /** Stores it, for the pages to find. */
  readonly keep: () => Promise<void>
  /** Ends it; false when somebody else did. */
  readonly finish: () => Promise<boolean>
}

async function begin(context: Context, call: Call, source: URLSearchParams): Promise<HttpResponse> {
  const parameters = readParameters(source)
  const client = await findClient(context, parameters)
  const redirectUri = findRedirectUri(client, parameters)
  // From here on the client is answered by redirect (RFC 6749 section 4.1.2.1).
  try {
    const domain = await interactionDomain(context, client.id, undefined, redirectUri)
    if (!(await mayLogIn(context, client, domain))) {
      throw new HttpError(400, 'unauthorized_client', 'This client or its domain may not sign users in.')
    }
    const { handle, interaction } = newInteraction(context, {
      flow: 'authorization_code',
      clientId: client.id,
      domainId: domain?.id,
      redirectUri,
      scopes: checkRequest(context, client, parameters),
      parameters: keptParameters(parameters),
    })
    return await proceed(context, call, client, {
      interaction,
      handle,
      keep: () => context.storage.interactions.create(interaction),
      finish: async () => true,
    })
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    return answerError(call, redirectUri, parameters.state, error.code, error.message)
  }
}

/** @throws {HttpError} 400 `invalid_client`, shown on a page: without a client there is nobody to redirect to */
async function findClient(context: Context, { client_id }: Parameters): Promise<Client> {
  const wellFormed = client_id !== undefined && isClientId(client_id)
  const client = wellFormed ? await context.storage.clients.find(client_id) : undefined
  if (client === undefined) {
    throw new HttpError(
      400,
      'invalid_client',
      'The application that sent you here is not known. Tell its owner.',
    )
  }
  return client
}

/** Exact comparison, as a whole (RFC 9700 section 2.1). @throws {HttpError} 400 `invalid_redirect_uri`, shown on a page */
function findRedirectUri(client: Client, { redirect_uri }: Parameters): string {
  const [only, ...others] = client.redirectUris
  const uri = redirect_uri ?? (others.length === 0 ? only : undefined)
  if (uri === undefined || !client.redirectUris.includes(uri)) {
    throw new HttpError(
      400,
      'invalid_redirect_uri',
      'The application wants you to return to an address that is not registered for it. Tell its owner.',
    )
  }
  return uri
}

/** Checks all that may be answered by redirect; gives the scopes. */
function checkRequest(context: Context, client: Client, parameters: Parameters): readonly string[] {
  if (parameters.request !== undefined)
    throw refused('request_not_supported', 'Send the parameters themselves.')
  if (parameters.request_uri !== undefined)
    throw refused('request_uri_not_supported', 'Send the parameters themselves.')
  if (parameters.response_type === undefined) throw refused('invalid_request', 'Send response_type=code.')
  if (parameters.response_type !== 'code')
    throw refused('unsupported_response_type', 'Use response_type=code.')
  if (parameters.response_mode !== undefined && parameters.response_mode !== 'query') {
    throw refused('invalid_request', 'Use response_mode=query.')
  }
  if (!client.grantTypes.includes('authorization_code')) {
    throw refused('unauthorized_client', 'This client may not use authorization_code.')
  }
  checkChallenge(client, parameters)
  if (parameters.max_age !== undefined && !/^\d{1,9}$/.test(parameters.max_age)) {
    throw refused('invalid_request', 'Send max_age as a whole number of seconds.')
  }
  if (hasPrompt(parameters.prompt, 'none') && parameters.prompt !== 'none') {
    throw refused('invalid_request', 'prompt=none goes with no other prompt.')
  }
  const scopes = grantedScopes(parseScope(parameters.scope), client.scopes, context.config.scopes)
  if (scopes.length === 0) throw refused('invalid_scope', 'Send at least one scope that this server knows.')
  return scopes
}

/** RFC 7636 section 4.4.1; OAuth 2.1 section 4.1.1. */
function checkChallenge(client: Client, { code_challenge, code_challenge_method }: Parameters): void {
  if (code_challenge === undefined) {
    if (client.requirePkce || client.type === 'public')
      throw refused('invalid_request', 'Send a code_challenge (PKCE).')
    if (code_challenge_method !== undefined) throw refused('invalid_request', 'Send the code_challenge too.')
    return
  }
  if (code_challenge_method !== 'S256') throw refused('invalid_request', 'Use code_challenge_method=S256.')
  if (!isS256Challenge(code_challenge)) {
    throw refused('invalid_request', 'The code_challenge is not the base64url of a SHA-256.')
  }
}

function keptParameters(parameters: Parameters): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {}
  for (const name of KEPT) {
    const value = parameters[name]
    if (value !== undefined) kept[name] = value
  }
  if (parameters.redirect_uri !== undefined) kept.redirect_uri_given = 'true'
  return kept
}

async function proceed(
  context: Context,
  call: Call,
  client: Client,
  pending: Pending,
): Promise<HttpResponse> {
  const { interaction, handle } = pending
  const { redirectUri, parameters } = interaction
  const signedIn = await currentSession(context, call)
  const domain = await interactionDomain(context, client.id, interaction.domainId, redirectUri)
  const step = await nextStep(context, interaction, client, domain, signedIn)
  const silent = hasPrompt(parameters.prompt, 'none')
  const fail = async (code: string, message: string) => {
    await pending.finish()
    return answerError(call, redirectUri, parameters.state, code, message)
  }
  switch (step) {
    case 'sign_in':
      if (silent) return fail('login_required', 'Nobody is signed in.')
      await pending.keep()
      return redirectResponse(interactionUrl(call.baseUrl, SIGN_IN_PATH, handle))
    case 'consent':
      if (silent) return fail('consent_required', 'The user has not approved this yet.')
      await pending.keep()
      return redirectResponse(interactionUrl(call.baseUrl, CONSENT_PATH, handle))
    case 'refused':
      return fail('access_denied', 'The user refused.')
    case 'expired':
      return fail('access_denied', 'The sign-in took too long.')
    case 'login_not_possible':
      return fail('unauthorized_client', 'This client or its domain may not sign users in.')
    case 'user_not_allowed':
      return fail('access_denied', 'This domain serves test users only.')
    case 'answer':
      return answer(context, call, pending, signedIn as SignedIn)
  }
}

/** Gives the code. Of browsers that come back with one handle at once, one gets it. */
async function answer(
  context: Context,
  call: Call,
  { interaction, finish }: Pending,
  signedIn: SignedIn,
): Promise<HttpResponse> {
  if (!(await finish())) {
    throw new HttpError(410, 'interaction_gone', 'This sign-in is finished. Go back to the application.')
  }
  const code = await createCode(context, interaction, signedIn, context.config.lifetimes.codeSeconds)
  return redirectToClient(interaction.redirectUri, {
    code,
    state: interaction.parameters.state,
    iss: call.baseUrl,
  })
}

/** RFC 6749 section 4.1.2.1, with the `iss` of RFC 9207. */
function answerError(
  call: Call,
  redirectUri: string,
  state: string | undefined,
  error: string,
  description: string,
): HttpResponse {
  return redirectToClient(redirectUri, {
    error,
    error_description: asciiDescription(description),
    state,
    iss: call.baseUrl,
  })
}

function refused(code: string, message: string): HttpError {
  return new HttpError(400, code, message)
}
