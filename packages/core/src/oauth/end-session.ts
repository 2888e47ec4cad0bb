import { decodeProtectedHeader } from 'jose'
import { findClient } from '../context/clients/find-client.ts'
import type { Context } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { basePathOf } from '../context/issuer.ts'
import { messagePage } from '../context/pages/message-page.ts'
import { pageClient, pageUser } from '../context/pages/page-client.ts'
import { pageResponse } from '../context/pages/page-response.ts'
import { redirectToClient } from '../context/pages/redirect.ts'
import { checkCsrf, csrfToken } from '../context/sign-in/csrf.ts'
import { SIGNED_OUT_PATH } from '../context/sign-in/interaction.ts'
import { currentSession, endSession, type SignedIn } from '../context/sign-in/session.ts'
import { subjectFor } from '../context/tokens/subject.ts'
import { HttpError } from '../errors.ts'
import { formFields } from '../http/body.ts'
import { type HttpResponse, redirectResponse, withHeaders } from '../http/response.ts'
import type { Client } from '../model/client.ts'
import { invalidRequest, type Parameters, readParameters } from './parameters.ts'

export const END_SESSION_PATH = '/oauth/logout'

/** Where the person's answer goes; what the endpoint itself is sent comes from other sites. */
const CONFIRM_PATH = '/oauth/logout/confirm'

/**
 * The end session endpoint (OpenID Connect RP-Initiated Logout 1.0 section 2). `logout_hint` is taken and changes
 * nothing: the session says who is signed in.
 */
export const endSessionEndpoint: OpenEndpoint = {
  method: 'GET',
  path: END_SESSION_PATH,
  body: 'none',
  failure: 'page',
  unsafe: true,
  handle: (context, call) => begin(context, call, readParameters(call.query)),
}

/** The same by form, as section 2 wants it. */
export const endSessionByForm: OpenEndpoint = {
  ...endSessionEndpoint,
  method: 'POST',
  body: 'form',
  async handle(context, call) {
    const form = formFields(call.input)
    const parameters = readParameters(form)
    // Browsers leave the session's cookie (SameSite=Lax) out of a form that another site sends, but not out of the
    // navigation that follows it. Without it nobody would be signed out.
    if ((await currentSession(context, call)) === undefined) {
      return redirectResponse(`${call.baseUrl}${END_SESSION_PATH}?${form}`)
    }
    return begin(context, call, parameters)
  },
}

/** Takes the person's answer to our question. */
export const endSessionConfirm: OpenEndpoint = {
  method: 'POST',
  path: CONFIRM_PATH,
  body: 'form',
  failure: 'page',
  async handle(context, call) {
    const signedIn = await currentSession(context, call)
    if (signedIn === undefined) return redirectResponse(call.baseUrl + SIGNED_OUT_PATH)
    const fields = formFields(call.input)
    const { client_id, post_logout_redirect_uri: uri, state, ui_locales } = readParameters(call.query)
    const client = uri === undefined ? undefined : await findClient(context, client_id)
    const returnTo = client && uri !== undefined ? { client, uri, state } : undefined
    // The token proves that the address is the one we showed the question with.
    checkCsrf(call, purposeOf(signedIn, returnTo), fields.get('csrf_token') ?? '')
    if (fields.get('decision') !== 'confirm') return messagePage(context, call, 'still_signed_in')
    return signOut(context, call, returnTo, ui_locales)
  },
}

/** Where the browser goes after the sign-out: an address that its client has registered. */
interface Return {
  readonly client: Client
  readonly uri: string
  readonly state: string | undefined
}

/** An ID token of ours that an application sent back: whom it believes to be signed in. */
interface Hint {
  readonly client: Client
  readonly sub: string
  readonly sid: string | undefined
}

async function begin(context: Context, call: Call, parameters: Parameters): Promise<HttpResponse> {
  const hint = await readHint(context, call, parameters.id_token_hint)
  const client = await clientOf(context, parameters, hint)
  const returnTo = returnOf(parameters, client, hint)
  const signedIn = await currentSession(context, call)
  const { ui_locales } = parameters
  const isOwn = signedIn !== undefined && hint !== undefined && (await isAbout(context, hint, signedIn))
  if (signedIn === undefined || isOwn) return signOut(context, call, returnTo, ui_locales)
  // Anybody can send a browser here. Without a token that belongs to the session, the person decides (section 2, section 6).
  return ask(context, call, signedIn, client, { returnTo, uiLocales: ui_locales })
}

/**
 * An expired token is as good as any (section 2): it names the session, and opens nothing.
 * @throws {HttpError} 400 `invalid_request`, shown on a page: whoever sent it is not to be trusted with the browser
 */
async function readHint(context: Context, call: Call, token: string | undefined): Promise<Hint | undefined> {
  if (token === undefined) return undefined
  const claims = isIdToken(token) ? await context.keys.verifyOwn(token) : undefined
  const { iss, aud, sub, sid } = claims ?? {}
  const client = typeof aud === 'string' ? await findClient(context, aud) : undefined
  if (iss !== call.baseUrl || client === undefined || typeof sub !== 'string') {
    throw invalidRequest('The application sent an id_token_hint that was not issued here. Tell its owner.')
  }
  return { client, sub, sid: typeof sid === 'string' ? sid : undefined }
}

/** Access tokens and logout tokens are signed with the same keys; their `typ` tells them apart (RFC 8725 section 3.11). */
function isIdToken(token: string): boolean {
  try {
    const { typ } = decodeProtectedHeader(token)
    return typ === undefined || typ.toLowerCase() === 'jwt'
  } catch {
    return false
  }
}

/** @throws {HttpError} 400, shown on a page, when the parameters name no client, or two */
async function clientOf(
  context: Context,
  { client_id }: Parameters,
  hint: Hint | undefined,
): Promise<Client | undefined> {
  if (client_id === undefined) return hint?.client
  const client = await findClient(context, client_id)
  if (client === undefined) {
    throw new HttpError(
      400,
      'invalid_client',
      'The application that sent you here is not known. Tell its owner.',
    )
  }
  if (hint !== undefined && hint.client.id !== client.id) {
    throw invalidRequest('The application sent an id_token_hint of another client. Tell its owner.')
  }
  return client
}

/**
 * Section 3: the address is compared as a whole; and nobody is sent anywhere on the word of a request without a token, as
 * everybody can write one.
 * @throws {HttpError} 400 `invalid_redirect_uri`, shown on a page
 */
function returnOf(
  { post_logout_redirect_uri: uri, state }: Parameters,
  client: Client | undefined,
  hint: Hint | undefined,
): Return | undefined {
  if (uri === undefined || client === undefined) return undefined
  if (client.metadata.post_logout_redirect_uris?.includes(uri) !== true) {
    throw new HttpError(
      400,
      'invalid_redirect_uri',
      'The application wants you to return to an address that is not registered for it. Tell its owner.',
    )
  }
  return hint === undefined ? undefined : { client, uri, state }
}

async function isAbout(context: Context, hint: Hint, { session }: SignedIn): Promise<boolean> {
  if (hint.sid !== undefined && hint.sid !== session.sid) return false
  return hint.sub === (await subjectFor(context, hint.client, session.sub))
}

/** Ends the session, which may have ended already, and goes on. */
async function signOut(
  context: Context,
  call: Call,
  returnTo: Return | undefined,
  uiLocales: string | undefined,
): Promise<HttpResponse> {
  const headers = { 'set-cookie': await endSession(context, call) }
  if (returnTo === undefined) {
    return redirectResponse(call.baseUrl + SIGNED_OUT_PATH + queryOf(localesParameter(uiLocales)), headers)
  }
  const { uri, state } = returnTo
  return withHeaders(state === undefined ? redirectResponse(uri) : redirectToClient(uri, { state }), headers)
}

function ask(
  context: Context,
  call: Call,
  signedIn: SignedIn,
  client: Client | undefined,
  { returnTo, uiLocales }: { readonly returnTo: Return | undefined; readonly uiLocales: string | undefined },
): HttpResponse {
  const csrf = csrfToken(context, call, purposeOf(signedIn, returnTo))
  const query = queryOf({ ...(returnTo && returnParameters(returnTo)), ...localesParameter(uiLocales) })
  return pageResponse(
    context,
    call,
    (pages, base) =>
      pages.logout({
        ...base,
        action: basePathOf(call.baseUrl) + CONFIRM_PATH + query,
        interaction: undefined,
        csrfToken: csrf.token,
        client: client && pageClient(client),
        user: pageUser(signedIn.user),
      }),
    { ...(returnTo && { returnsTo: returnTo.uri }), uiLocales, headers: csrf.headers },
  )
}

/** The pages that follow are in the same language. */
function localesParameter(uiLocales: string | undefined): Record<string, string> {
  return uiLocales === undefined ? {} : { ui_locales: uiLocales }
}

function queryOf(parameters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(parameters).toString()
  return query && `?${query}`
}

function returnParameters({ client, uri, state }: Return): Record<string, string> {
  return {
    client_id: client.id,
    post_logout_redirect_uri: uri,
    ...(state !== undefined && { state }),
  }
}

function purposeOf({ session }: SignedIn, returnTo: Return | undefined): string {
  return `logout ${session.idHash} ${JSON.stringify(returnTo && returnParameters(returnTo))}`
}
