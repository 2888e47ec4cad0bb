import { isVouchedFor, leadsToSite } from '../context/clients/client-identity.ts'
import type { Context } from '../context/context.ts'
import type { Call } from '../context/endpoint.ts'
import { asciiDescription } from '../context/failure.ts'
import { pageResponse } from '../context/pages/page-response.ts'
import { redirectToClient } from '../context/pages/redirect.ts'
import type { HttpResponse } from '../http/response.ts'
import type { Client } from '../model/client.ts'
import { usableResponseMode } from './response-mode.ts'
import { signingAlgorithmFor } from './signing-algorithm.ts'

/** JARM section 2.1 advises 10 minutes at most. The browser brings it at once. */
const RESPONSE_SECONDS = 300

/** Where an answer goes, and in which manner. */
export interface ReturnAddress {
  readonly client: Client
  readonly redirectUri: string
  readonly responseMode: string | undefined
  /** As it was sent. */
  readonly state: string | undefined
  /** The languages that it wants pages in; absent where that is not known. */
  readonly uiLocales?: string | undefined
  /** Whether the user who is signed in here gave this client access before. */
  readonly known?: boolean
}

type Answer = Readonly<Record<string, string | undefined>>

/** Gives the client its code (RFC 6749 section 4.1.2). */
export function codeResponse(
  context: Context,
  call: Call,
  to: ReturnAddress,
  code: string,
): Promise<HttpResponse> {
  return deliver(context, call, to, { code })
}

/**
 * Tells the client what went wrong (RFC 6749 section 4.1.2.1). Anybody can write the document of a client, and then send people
 * here who end on his site, with our address at the beginning (RFC 9700 section 4.11.2). So nobody is sent on unasked to the site
 * of a client that nobody vouches for, and whom this user never gave anything; the person follows a link, or does not.
 */
export async function errorResponse(
  context: Context,
  call: Call,
  to: ReturnAddress,
  error: string,
  description: string,
): Promise<HttpResponse> {
  const answer = { error, error_description: asciiDescription(description) }
  if (to.known || isVouchedFor(to.client) || !leadsToSite(to.redirectUri))
    return deliver(context, call, to, answer)
  const { signed } = usableResponseMode(to.responseMode, to.redirectUri)
  const responseMode = signed ? 'query.jwt' : 'query'
  const { location } = (await deliver(context, call, { ...to, responseMode }, answer)).headers
  return pageResponse(
    context,
    call,
    (pages, base) =>
      pages.error({
        ...base,
        status: 400,
        code: error,
        message: description,
        requestId: call.requestId,
        returnTo: String(location),
      }),
    { status: 400, uiLocales: to.uiLocales },
  )
}

/** Every answer carries the `state`, and the `iss` of RFC 9207. */
async function deliver(
  context: Context,
  call: Call,
  { client, redirectUri, responseMode, state, uiLocales }: ReturnAddress,
  given: Answer,
): Promise<HttpResponse> {
  const mode = usableResponseMode(responseMode, redirectUri)
  const answer = { ...given, state, iss: call.baseUrl }
  const sent: Answer = mode.signed ? { response: await signedAnswer(context, client, answer) } : answer
  return mode.posts
    ? formPost(context, call, { redirectUri, uiLocales }, sent)
    : redirectToClient(redirectUri, sent)
}

/** JARM section 2.1: the parameters as claims. */
function signedAnswer(context: Context, client: Client, answer: Answer): Promise<string> {
  const expiresAt = Math.floor(context.now().getTime() / 1000) + RESPONSE_SECONDS
  const alg = signingAlgorithmFor(context, client, client.metadata.authorization_signed_response_alg)
  return context.keys.sign(alg, {}, { ...answer, aud: client.id, exp: expiresAt })
}

/** OAuth 2.0 Form Post Response Mode section 2: the redirect URI keeps its own query as the form's action. */
function formPost(
  context: Context,
  call: Call,
  { redirectUri, uiLocales }: Pick<ReturnAddress, 'redirectUri' | 'uiLocales'>,
  answer: Answer,
): HttpResponse {
  const parameters = Object.entries(answer).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return pageResponse(
    context,
    call,
    (pages, base) =>
      pages.formPost({ ...base, action: redirectUri, parameters: Object.fromEntries(parameters) }),
    { postsTo: redirectUri, uiLocales },
  )
}
