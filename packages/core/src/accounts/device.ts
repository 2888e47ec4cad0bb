import type { Context } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { basePathOf } from '../context/issuer.ts'
import { messagePage } from '../context/pages/message-page.ts'
import { pageClient } from '../context/pages/page-client.ts'
import { inLanguage } from '../context/pages/page-locale.ts'
import { pageResponse } from '../context/pages/page-response.ts'
import { trialOf } from '../context/protection/call-trial.ts'
import { checkCsrf, csrfToken } from '../context/sign-in/csrf.ts'
import {
  CONSENT_PATH,
  DEVICE_PATH,
  ERROR_PATH,
  interactionUrl,
  newInteraction,
  RESUME_PATHS,
  SIGN_IN_PATH,
} from '../context/sign-in/interaction.ts'
import type { SignedIn } from '../context/sign-in/session.ts'
import { HttpError } from '../errors.ts'
import { formFields } from '../http/body.ts'
import { type HttpResponse, redirectResponse } from '../http/response.ts'
import { sha256 } from '../lib/hash.ts'
import { parseUserCode, showUserCode } from '../lib/user-code.ts'
import type { DeviceCode } from '../model/authorization.ts'
import type { Client } from '../model/client.ts'
import type { PageMessage } from '../model/page.ts'
import { findPageInteraction, type PageInteraction } from './page-interaction.ts'
import type { PageProblem } from './page-problem.ts'

const PURPOSE = 'device'

const MALFORMED: PageProblem = { code: 'user_code_malformed', message: 'A code has eight letters.' }
const UNKNOWN: PageProblem = {
  code: 'user_code_unknown',
  message: 'This code is not known, or it has expired. Look at the device again.',
}

/** How it ended, by `done`: pages that can be loaded again. */
const ENDS: readonly PageMessage[] = ['device_connected', 'device_refused']

/**
 * Asks for the code that a device shows (RFC 8628 section 3.3), or says how it ended. A code that came with the address, as `verification_uri_complete`
 * has it, is filled in, and the person sends it: opening an address must not begin anything (section 3.3.1).
 */
export const devicePage: OpenEndpoint = {
  method: 'GET',
  path: DEVICE_PATH,
  body: 'none',
  failure: 'page',
  async handle(context, call) {
    const end = ENDS.find(message => message === call.query.get('done'))
    if (end !== undefined) return messagePage(context, call, end, await namedClient(context, call))
    const code = parseUserCode(call.query.get('user_code') ?? '')
    return form(context, call, code === undefined ? '' : showUserCode(code))
  },
}

/** Takes the code, and goes on to the sign-in. */
export const deviceForm: OpenEndpoint = {
  method: 'POST',
  path: DEVICE_PATH,
  body: 'form',
  failure: 'page',
  async handle(context, call) {
    const fields = formFields(call.input)
    checkCsrf(call, PURPOSE, fields.get('csrf_token') ?? '')
    const typed = (fields.get('user_code') ?? '').trim()
    const userCode = parseUserCode(typed)
    if (userCode === undefined) return form(context, call, typed.slice(0, 32), MALFORMED)
    // Right ones count too: with 20^8 codes and a thousand of them in use, a network that never rests waits for its first hit
    // for years (RFC 8628 section 5.1).
    try {
      const attempt = await context.protection.begin(trialOf(call, { purpose: 'user_code', subject: '' }))
      attempt.failed()
    } catch (error) {
      if (!(error instanceof HttpError) || error.status !== 429) throw error
      return form(context, call, showUserCode(userCode), error, error.status, error.headers)
    }
    const found = await context.storage.deviceCodes.findByUserCode(sha256(userCode), context.now())
    if (found === undefined) {
      return form(context, call, showUserCode(userCode), UNKNOWN)
    }
    return begin(context, call, found, userCode)
  },
}

/** Where the pages send the browser back to: tells the device, or goes on with what is missing. */
export const deviceResume: OpenEndpoint = {
  method: 'GET',
  path: RESUME_PATHS.device_code,
  body: 'none',
  failure: 'page',
  unsafe: true,
  async handle(context, call) {
    const page = await findPageInteraction(context, call, call.query.get('interaction') ?? '')
    const { handle, interaction, signedIn } = page
    if (interaction.flow !== 'device_code') throw gone()
    switch (page.step) {
      case 'sign_in':
        return redirectResponse(interactionUrl(call.baseUrl, SIGN_IN_PATH, handle, interaction))
      case 'consent':
        return redirectResponse(interactionUrl(call.baseUrl, CONSENT_PATH, handle, interaction))
      case 'answer':
        return connect(context, call, page, signedIn as SignedIn)
      case 'refused':
        await refuse(context, page)
        return ended(call, page, 'device_refused')
      case 'expired':
        return errorPage(call, page, 'login_expired')
      case 'login_not_possible':
      case 'user_not_allowed':
        await refuse(context, page)
        return errorPage(call, page, page.step)
    }
  },
}

async function begin(
  context: Context,
  call: Call,
  { hash, clientId, scopes, parameters }: DeviceCode,
  userCode: string,
): Promise<HttpResponse> {
  const uiLocales = call.query.get('ui_locales')
  const { handle, interaction } = newInteraction(context, {
    flow: 'device_code',
    clientId,
    domainId: undefined,
    redirectUri: call.baseUrl + DEVICE_PATH,
    scopes,
    parameters: {
      ...parameters,
      ...(uiLocales !== null && { ui_locales: uiLocales }),
      device_code_hash: hash,
      user_code: showUserCode(userCode),
    },
  })
  await context.storage.interactions.create(interaction)
  return redirectResponse(interactionUrl(call.baseUrl, SIGN_IN_PATH, handle, interaction))
}

/** Of browsers that come back with one handle at once, one connects the device. */
async function connect(
  context: Context,
  call: Call,
  page: PageInteraction,
  { session, user }: SignedIn,
): Promise<HttpResponse> {
  const { interaction } = page
  if (!(await context.storage.interactions.finish(interaction.hash))) throw gone()
  const { sid, authenticatedAt, amr } = session
  const approval = { sub: user.sub, sid, authenticatedAt, amr, scopes: interaction.scopes }
  const { device_code_hash = '' } = interaction.parameters
  // The device gave up, or somebody else decided in the meantime.
  if (!(await context.storage.deviceCodes.decide(device_code_hash, approval, context.now()))) {
    return errorPage(call, page, 'login_expired')
  }
  return ended(call, page, 'device_connected')
}

async function refuse(context: Context, { interaction }: PageInteraction): Promise<void> {
  if (!(await context.storage.interactions.finish(interaction.hash))) throw gone()
  const { device_code_hash = '' } = interaction.parameters
  await context.storage.deviceCodes.decide(device_code_hash, 'denied', context.now())
}

function errorPage(call: Call, { interaction }: PageInteraction, code: string): HttpResponse {
  const { ui_locales } = interaction.parameters
  return redirectResponse(inLanguage(`${call.baseUrl}${ERROR_PATH}?error=${code}`, ui_locales))
}

function ended(call: Call, { interaction, client }: PageInteraction, message: PageMessage): HttpResponse {
  const address = `${call.baseUrl}${DEVICE_PATH}?done=${message}&client_id=${encodeURIComponent(client.id)}`
  return redirectResponse(inLanguage(address, interaction.parameters.ui_locales))
}

/** Anybody can write such an address, so it names no client but those that somebody vouches for. */
async function namedClient(context: Context, call: Call): Promise<Client | undefined> {
  const known = await context.clients.find(call.query.get('client_id') ?? '')
  return known !== undefined && pageClient(known.client).vouchedFor ? known.client : undefined
}

function gone(): HttpError {
  return new HttpError(
    410,
    'interaction_gone',
    'This sign-in is finished or has expired. Look at your device, and begin there again if it still waits.',
  )
}

function form(
  context: Context,
  call: Call,
  userCode: string,
  problem?: PageProblem,
  status = problem === undefined ? 200 : 422,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  const csrf = csrfToken(context, call, PURPOSE)
  return pageResponse(
    context,
    call,
    (pages, base) =>
      pages.device({
        ...base,
        action: inLanguage(basePathOf(call.baseUrl) + DEVICE_PATH, call.query.get('ui_locales')),
        interaction: undefined,
        csrfToken: csrf.token,
        userCode,
        problem: problem?.message,
        problemCode: problem?.code,
      }),
    { status, headers: { ...csrf.headers, ...headers } },
  )
}
