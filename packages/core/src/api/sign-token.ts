import * as z from 'zod'
import type { Context } from '../context/context.ts'
import type { Call, GuardedEndpoint, OpenEndpoint } from '../context/endpoint.ts'
import { redirectToClient } from '../context/pages/redirect.ts'
import {
  CONSENT_PATH,
  ERROR_PATH,
  interactionUrl,
  newInteraction,
  RESUME_PATHS,
  SIGN_IN_PATH,
} from '../context/sign-in/interaction.ts'
import type { SignedIn } from '../context/sign-in/session.ts'
import { standingOf } from '../context/sign-in/standing.ts'
import { createCode } from '../context/tokens/code.ts'
import { HttpError } from '../errors.ts'
import { successEnvelope } from '../http/envelope.ts'
import { type HttpResponse, redirectResponse } from '../http/response.ts'
import { sha256 } from '../lib/hash.ts'
import { string } from '../lib/schema.ts'
import type { Interaction } from '../model/authorization.ts'
import type { Client, Domain } from '../model/client.ts'
import { parseBody, requiredText, validationFailed } from './body.ts'

/** Scopes of the XWMS API that a user approves along with the sign-in; the flow itself has no parameter for them. */
const APPROVED_SCOPES = ['userinfo', 'useraddresses']

const EMAIL_SENTENCE = 'Send an email address, or leave it out.'

const body = z.object({
  redirect_url: requiredText(2048, 'Send the redirect URI that the browser returns to.'),
  email: string(EMAIL_SENTENCE)
    .check(z.email(EMAIL_SENTENCE))
    .max(254, 'Send at most 254 characters.')
    .nullish(),
})

/** Begins a sign-in: step 1 of the sign-token flow (xwms-api.md). The token it returns only opens the pages. */
export const signToken: GuardedEndpoint = {
  method: 'POST',
  path: '/api/sign-token',
  body: 'json',
  failure: 'envelope',
  guard: { purpose: 'login', price: 'sign-token' },
  async handle(context, call) {
    const { client, domain } = call.caller
    const { redirect_url: redirectUri, email } = parseBody(call.input, body)
    if (!client.redirectUris.includes(redirectUri)) {
      throw validationFailed({
        redirect_url: 'Send one of the client’s redirect URIs, character by character.',
      })
    }
    const { handle, interaction } = newInteraction(context, {
      flow: 'sign_token',
      clientId: client.id,
      domainId: domain.id,
      redirectUri,
      scopes: client.scopes.filter(scope => APPROVED_SCOPES.includes(scope)),
      parameters: email ? { email } : {},
    })
    await context.storage.interactions.create(interaction)
    return successEnvelope('Send the browser to the url.', {
      client_id: client.id,
      token: handle,
      email: email ?? null,
      expires_at: interaction.expiresAt.toISOString(),
      url: interactionUrl(call.baseUrl, SIGN_IN_PATH, handle, interaction),
    })
  },
}

/** Where the pages send the browser back to: step 3 of the flow, or on with what is missing. */
export const signTokenResume: OpenEndpoint = {
  method: 'GET',
  path: RESUME_PATHS.sign_token,
  body: 'none',
  failure: 'page',
  unsafe: true,
  async handle(context, call) {
    const handle = call.query.get('interaction') ?? ''
    const interaction = await context.storage.interactions.find(sha256(handle))
    const known = interaction && (await context.clients.find(interaction.clientId))
    if (interaction?.flow !== 'sign_token' || known === undefined) throw gone()
    const { step, client, domain, signedIn } = await standingOf(context, call, interaction, known)
    switch (step) {
      case 'sign_in':
        return redirectResponse(interactionUrl(call.baseUrl, SIGN_IN_PATH, handle, interaction))
      case 'consent':
        return redirectResponse(interactionUrl(call.baseUrl, CONSENT_PATH, handle, interaction))
      case 'answer':
        return giveCallbackToken(context, interaction, signedIn as SignedIn)
      default:
        await context.storage.interactions.finish(interaction.hash)
        return redirectError(call, client, domain, interaction, ERRORS[step])
    }
  },
}

/** What the callback says when there is no token. */
const ERRORS = {
  refused: 'access_denied',
  expired: 'login_expired',
  user_not_allowed: 'user_not_allowed',
  login_not_possible: 'login_not_possible',
} as const

/**
 * Sends the browser back with a token that `sign-token-verify` accepts once. It is not the one in the login URL: whoever
 * started a login would otherwise be signed in as whoever finished it.
 */
async function giveCallbackToken(
  context: Context,
  interaction: Interaction,
  signedIn: SignedIn,
): Promise<HttpResponse> {
  if (!(await context.storage.interactions.finish(interaction.hash))) throw gone()
  const token = await createCode(
    context,
    interaction,
    signedIn,
    context.config.lifetimes.callbackTokenSeconds,
  )
  return redirectToClient(interaction.redirectUri, { token })
}

/** Back to the redirect URI; to the domain's fallback URI where that is registered no more; else to our own page. */
function redirectError(
  call: Call,
  client: Client,
  domain: Domain | undefined,
  interaction: Interaction,
  error: string,
): HttpResponse {
  const registered = client.redirectUris.includes(interaction.redirectUri)
  const destination = registered ? interaction.redirectUri : domain?.fallbackUri
  return redirectToClient(destination ?? call.baseUrl + ERROR_PATH, { error })
}

function gone(): HttpError {
  return new HttpError(
    410,
    'interaction_gone',
    'This sign-in is finished or has expired. Go back to the application.',
  )
}
