import { findKnownClient } from '../context/clients/find-client.ts'
import { profileOf } from '../context/clients/profiles.ts'
import type { Context, KnownClient } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import {
  CONSENT_PATH,
  hasPrompt,
  interactionDomain,
  interactionUrl,
  mayLogIn,
  newInteraction,
  RESUME_PATHS,
  SIGN_IN_PATH,
} from '../context/sign-in/interaction.ts'
import type { SignedIn } from '../context/sign-in/session.ts'
import { standingOf } from '../context/sign-in/standing.ts'
import { createCode } from '../context/tokens/code.ts'
import { HttpError } from '../errors.ts'
import { formFields } from '../http/body.ts'
import { type HttpResponse, redirectResponse } from '../http/response.ts'
import { sha256 } from '../lib/hash.ts'
import type { Interaction } from '../model/authorization.ts'
import type { Client } from '../model/client.ts'
import {
  checkAuthorizationRequest,
  hasRedirectUri,
  readAuthorizationRequest,
  redirectUriOf,
} from './authorization-request.ts'
import { codeResponse, errorResponse, type ReturnAddress } from './authorization-response.ts'
import { invalidRequest, type Parameters } from './parameters.ts'
import { findPushed, isPushed } from './pushed-authorization.ts'
import { requestedParameters } from './request-object.ts'

export const AUTHORIZE_PATH = '/oauth/authorize'

/** Parameters of an interaction that end with it; the token endpoint has no use for them. */
const ENDS_WITH_INTERACTION: ReadonlySet<string> = new Set([
  'state',
  'response_mode',
  'prompt',
  'login_hint',
  'display',
  'ui_locales',
  'expected_sub',
  'request_uri_hash',
])

/** The authorization endpoint (RFC 6749 section 3.1, OpenID Connect Core section 3.1.2). */
export const authorize: OpenEndpoint = {
  method: 'GET',
  path: AUTHORIZE_PATH,
  body: 'none',
  failure: 'page',
  unsafe: true,
  handle: (context, call) => begin(context, call, call.query),
}

/** The same by form, as OpenID Connect Core section 3.1.2.1 wants it. */
export const authorizeByForm: OpenEndpoint = {
  ...authorize,
  method: 'POST',
  body: 'form',
  handle: (context, call) => begin(context, call, formFields(call.input)),
}

/** Where the pages send the browser back to: answers the client, or goes on with what is missing. */
export const authorizeResume: OpenEndpoint = {
  method: 'GET',
  path: RESUME_PATHS.authorization_code,
  body: 'none',
  failure: 'page',
  unsafe: true,
  async handle(context, call) {
    const handle = call.query.get('interaction') ?? ''
    const interaction = await context.storage.interactions.find(sha256(handle))
    const known = interaction && (await context.clients.find(interaction.clientId))
    if (interaction?.flow !== 'authorization_code' || known === undefined) throw gone()
    // The owner may have taken the address away since.
    redirectUriOf(known.client, { redirect_uri: interaction.redirectUri })
    return proceed(context, call, known, {
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
  let sent: Parameters
  try {
    sent = readAuthorizationRequest(source)
  } catch (error) {
    return refuseUnread(context, call, source, error)
  }
  const known = await findKnownClient(context, sent.client_id)
  if (known === undefined) throw unknownClient()
  const { client } = known
  const refused = (to: ReturnAddress, { code, message }: HttpError) =>
    errorResponse(context, call, to, code, message)

  let requested: Requested
  try {
    requested = await requestOf(context, call, client, sent)
  } catch (error) {
    // What the request is about is not known. It is answered where it came with an address that is registered.
    const to = addressOf(client, sent.redirect_uri ?? '', sent)
    if (!(error instanceof HttpError) || !hasRedirectUri(client, to.redirectUri)) throw error
    return refused(to, error)
  }
  const { parameters, requestUriHash } = requested
  const redirectUri = redirectUriOf(client, parameters)
  let pending: Pending
  try {
    pending = await accept(context, known, requested, redirectUri)
  } catch (error) {
    // From here on the client is answered by redirect (RFC 6749 section 4.1.2.1).
    if (!(error instanceof HttpError)) throw error
    if (requestUriHash !== undefined) await context.storage.pushedRequests.spend(requestUriHash)
    return refused(addressOf(client, redirectUri, parameters), error)
  }
  return proceed(context, call, known, pending)
}

/**
 * A request that cannot be read as a whole, because something in it is repeated, is answered like any other, if it can be read
 * who sent it and where the answer goes (RFC 6749 section 4.1.2.1).
 */
async function refuseUnread(
  context: Context,
  call: Call,
  source: URLSearchParams,
  error: unknown,
): Promise<HttpResponse> {
  const redirectUri = onlyValue(source, 'redirect_uri')
  const known = await findKnownClient(context, onlyValue(source, 'client_id'))
  if (!(error instanceof HttpError) || known === undefined || redirectUri === undefined) throw error
  if (!hasRedirectUri(known.client, redirectUri)) throw error
  const to = addressOf(known.client, redirectUri, {
    response_mode: onlyValue(source, 'response_mode'),
    state: onlyValue(source, 'state'),
  })
  return errorResponse(context, call, to, error.code, error.message)
}

function onlyValue(source: URLSearchParams, name: string): string | undefined {
  const [only, ...others] = source.getAll(name).filter(value => value !== '')
  return others.length > 0 || only?.includes('\0') ? undefined : only
}

/** What a client asks for, wherever it put that. */
interface Requested {
  readonly parameters: Parameters
  /** Of a pushed request (RFC 9126), which is spent once it is answered. */
  readonly requestUriHash: string | undefined
}

/** @throws {HttpError} 400 when a request is pushed, signed, or neither, and must not be; or cannot be found or verified */
async function requestOf(context: Context, call: Call, client: Client, sent: Parameters): Promise<Requested> {
  if (isPushed(sent.request_uri)) {
    const { parameters, hash } = await findPushed(context, client, sent.request_uri)
    return { parameters, requestUriHash: hash }
  }
  if (profileOf(client).requirePushedRequests || client.metadata.require_pushed_authorization_requests) {
    throw invalidRequest('This client must push its requests first (RFC 9126).')
  }
  return { parameters: await requestedParameters(context, call, client, sent), requestUriHash: undefined }
}

/** @throws {HttpError} 400 for the client */
async function accept(
  context: Context,
  known: KnownClient,
  { parameters, requestUriHash }: Requested,
  redirectUri: string,
): Promise<Pending> {
  const { client } = known
  const flow = 'authorization_code'
  const domain = interactionDomain(known, { flow, domainId: undefined, redirectUri })
  if (!mayLogIn(known, domain)) {
    throw new HttpError(400, 'unauthorized_client', 'This client or its domain may not sign users in.')
  }
  const request = await checkAuthorizationRequest(context, client, parameters)
  const { handle, interaction } = newInteraction(context, {
    ...request,
    flow,
    clientId: client.id,
    domainId: domain?.id,
    parameters: {
      ...request.parameters,
      ...(requestUriHash !== undefined && { request_uri_hash: requestUriHash }),
    },
  })
  return {
    interaction,
    handle,
    keep: () => context.storage.interactions.create(interaction),
    finish: async () => true,
  }
}

async function proceed(
  context: Context,
  call: Call,
  known: KnownClient,
  pending: Pending,
): Promise<HttpResponse> {
  const { interaction, handle } = pending
  const { redirectUri, parameters } = interaction
  const { step, signedIn, approval } = await standingOf(context, call, interaction, known)
  const silent = hasPrompt(parameters.prompt, 'none')
  const to = { ...addressOf(known.client, redirectUri, parameters), known: approval !== undefined }
  const fail = async (code: string, message: string) => {
    await end(context, pending)
    return errorResponse(context, call, to, code, message)
  }
  switch (step) {
    case 'sign_in':
      if (silent && signedIn === undefined && call.request.method === 'POST') {
        // Browsers keep our cookie from a form of another site, and send it along when they are redirected.
        await pending.keep()
        return redirectResponse(
          interactionUrl(call.baseUrl, RESUME_PATHS.authorization_code, handle, interaction),
        )
      }
      if (silent) return fail('login_required', 'Nobody is signed in, or not who is asked for.')
      await pending.keep()
      return redirectResponse(interactionUrl(call.baseUrl, SIGN_IN_PATH, handle, interaction))
    case 'consent':
      if (silent) return fail('consent_required', 'The user has not approved this yet.')
      await pending.keep()
      return redirectResponse(interactionUrl(call.baseUrl, CONSENT_PATH, handle, interaction))
    case 'refused':
      return fail('access_denied', 'The user refused.')
    case 'expired':
      return fail('access_denied', 'The sign-in took too long.')
    case 'login_not_possible':
      return fail('unauthorized_client', 'This client or its domain may not sign users in.')
    case 'user_not_allowed':
      return fail('access_denied', 'This domain serves test users only.')
    case 'answer': {
      await end(context, pending)
      return codeResponse(
        context,
        call,
        to,
        await newCode(context, known.client, interaction, signedIn as SignedIn),
      )
    }
  }
}

/**
 * Ends a request that is answered now, and with it the one that was pushed. Of browsers that come back at once, one gets the
 * answer.
 * @throws {HttpError} 410 `interaction_gone` for the others
 */
async function end(context: Context, { interaction, finish }: Pending): Promise<void> {
  const { request_uri_hash } = interaction.parameters
  const first =
    (await finish()) && (!request_uri_hash || (await context.storage.pushedRequests.spend(request_uri_hash)))
  if (!first) throw gone()
}

function newCode(
  context: Context,
  client: Client,
  interaction: Interaction,
  signedIn: SignedIn,
): Promise<string> {
  const parameters: Record<string, string> = {}
  for (const [name, value] of Object.entries(interaction.parameters))
    if (!ENDS_WITH_INTERACTION.has(name)) parameters[name] = value
  return createCode(
    context,
    { ...interaction, parameters },
    signedIn,
    Math.min(context.config.lifetimes.codeSeconds, profileOf(client).maxCodeSeconds),
  )
}

function addressOf(
  client: Client,
  redirectUri: string,
  { response_mode, state, ui_locales }: Parameters,
): ReturnAddress {
  return { client, redirectUri, responseMode: response_mode, state, uiLocales: ui_locales }
}

/** Shown on a page: without a client there is nobody to redirect to. */
function unknownClient(): HttpError {
  return new HttpError(
    400,
    'invalid_client',
    'The application that sent you here is not known. Tell its owner.',
  )
}

function gone(): HttpError {
  return new HttpError(
    410,
    'interaction_gone',
    'This sign-in is finished or has expired. Go back to the application.',
  )
}
