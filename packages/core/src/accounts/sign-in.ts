import type { Context } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { basePathOf } from '../context/issuer.ts'
import { pageClient } from '../context/pages/page-client.ts'
import { inLanguage } from '../context/pages/page-locale.ts'
import { pageResponse } from '../context/pages/page-response.ts'
import { trialOf } from '../context/protection/call-trial.ts'
import { knownDevice, rememberDevice } from '../context/protection/known-device.ts'
import type { Attempt } from '../context/protection/protection.ts'
import { checkCsrf, csrfToken } from '../context/sign-in/csrf.ts'
import {
  ACCOUNT_PATH,
  CONSENT_PATH,
  interactionUrl,
  type NextStep,
  SIGN_IN_PATH,
  SIGNED_OUT_PATH,
} from '../context/sign-in/interaction.ts'
import { currentSession, startSession } from '../context/sign-in/session.ts'
import { HttpError } from '../errors.ts'
import { formFields } from '../http/body.ts'
import { type HttpResponse, redirectResponse } from '../http/response.ts'
import { normaliseEmail } from '../lib/email.ts'
import { sha256 } from '../lib/hash.ts'
import type { PageClient } from '../model/page.ts'
import type { User } from '../model/user.ts'
import { findPageInteraction, type PageInteraction } from './page-interaction.ts'
import type { PageProblem } from './page-problem.ts'

/** The longest password that is looked at; hashing more would be work for whoever sends it. */
const MAX_PASSWORD = 256

/** Signing in changes nothing about these. */
const ENDED: readonly NextStep[] = ['expired', 'refused', 'login_not_possible']

const SOMEBODY_ELSE: PageProblem = {
  code: 'another_account_expected',
  message:
    'The application expects another account than the one that is signed in here. Sign in with the one that you use there.',
}
const MISSING: PageProblem = {
  code: 'credentials_missing',
  message: 'Enter your email address and your password.',
}
const WRONG: PageProblem = {
  code: 'credentials_wrong',
  message: 'The email address or the password is wrong.',
}

/** Our own pages that ask for a sign-in, by `return_to`: names, never addresses, so that none leads anywhere else. */
const OWN_PAGES: Readonly<Record<string, string>> = { account: ACCOUNT_PATH }

/** Where our own pages send somebody who has to sign in first. */
export function ownSignInUrl(baseUrl: string, returnTo: string): string {
  return `${baseUrl}${SIGN_IN_PATH}?return_to=${returnTo}`
}

/** Shows the sign-in form, or goes on where somebody is signed in already. `switch=1` signs in as somebody else. */
export const signInPage: OpenEndpoint = {
  method: 'GET',
  path: SIGN_IN_PATH,
  body: 'none',
  failure: 'page',
  async handle(context, call) {
    const switches = call.query.get('switch') === '1'
    const own = ownSignIn(call)
    if (own !== undefined) {
      const signedIn = await currentSession(context, call)
      return signedIn !== undefined && !switches
        ? redirectResponse(own.nextUrl)
        : form(context, call, own, own.hint)
    }
    const page = await findPageInteraction(context, call, call.query.get('interaction') ?? '')
    if (ENDED.includes(page.step)) return redirectResponse(page.resumeUrl)
    if (page.step !== 'sign_in' && !switches) return goOn(call, page)
    const asked = signInFor(call, page)
    return form(context, call, asked, asked.hint, page.expected ? undefined : SOMEBODY_ELSE, 200)
  },
}

/** Takes the sign-in form. Wrong login and wrong password get one answer, and so do too many of either. */
export const signInForm: OpenEndpoint = {
  method: 'POST',
  path: SIGN_IN_PATH,
  body: 'form',
  failure: 'page',
  async handle(context, call) {
    const fields = formFields(call.input)
    const cancelled = fields.get('decision') === 'cancel'
    const token = fields.get('csrf_token') ?? ''
    const own = ownSignIn(call)
    if (own !== undefined) {
      checkCsrf(call, own.purpose, token)
      return cancelled
        ? redirectResponse(inLanguage(call.baseUrl + SIGNED_OUT_PATH, call.query.get('ui_locales')))
        : takePassword(context, call, own, fields)
    }
    const page = await findPageInteraction(context, call, fields.get('interaction') ?? '')
    const asked = signInFor(call, page)
    checkCsrf(call, asked.purpose, token)
    if (ENDED.includes(page.step)) return redirectResponse(page.resumeUrl)
    if (cancelled) {
      await context.storage.interactions.deny(page.interaction.hash, context.now())
      return redirectResponse(page.resumeUrl)
    }
    return takePassword(context, call, asked, fields)
  },
}

/** What a sign-in is for: an application's request, or a page of ours. */
interface SignIn {
  /** The form's, relative to where the kit is mounted. */
  readonly action: string
  readonly interaction: string | undefined
  readonly client: PageClient | undefined
  readonly clientId: string | undefined
  /** Whom is expected to sign in; empty where nobody is. */
  readonly hint: string
  /** What the form's token is bound to. */
  readonly purpose: string
  /** Where the browser goes with its session. */
  readonly nextUrl: string
  /** Where it may be sent from there at once. */
  readonly returnsTo: string | undefined
  /** The languages that the application asked for. */
  readonly uiLocales: string | undefined
}

function signInFor(call: Call, { handle, interaction, client }: PageInteraction): SignIn {
  const { hash, parameters, redirectUri } = interaction
  return {
    action: inLanguage(SIGN_IN_PATH, parameters.ui_locales),
    interaction: handle,
    client: pageClient(client),
    clientId: client.id,
    // Whom the client expects: the `email` of sign-token, or the `login_hint` of OpenID Connect.
    hint: parameters.email ?? parameters.login_hint ?? '',
    purpose: `sign-in ${hash}`,
    nextUrl: interactionUrl(call.baseUrl, CONSENT_PATH, handle, interaction),
    returnsTo: redirectUri,
    uiLocales: parameters.ui_locales,
  }
}

function ownSignIn(call: Call): SignIn | undefined {
  const name = call.query.get('return_to') ?? ''
  const path = Object.hasOwn(OWN_PAGES, name) ? OWN_PAGES[name] : undefined
  if (path === undefined) return undefined
  const uiLocales = call.query.get('ui_locales') ?? undefined
  return {
    action: inLanguage(`${SIGN_IN_PATH}?return_to=${name}`, uiLocales),
    interaction: undefined,
    client: undefined,
    clientId: undefined,
    hint: '',
    purpose: `sign-in to ${name}`,
    nextUrl: inLanguage(call.baseUrl + path, uiLocales),
    returnsTo: undefined,
    uiLocales,
  }
}

async function takePassword(
  context: Context,
  call: Call,
  asked: SignIn,
  fields: URLSearchParams,
): Promise<HttpResponse> {
  const login = fields.get('login') ?? ''
  const password = fields.get('password') ?? ''
  if (login === '' || password === '') {
    return form(context, call, asked, login, MISSING)
  }
  const subject = loginSubject(login)
  const device = await knownDevice(context, call, subject)
  const trial = trialOf(call, { purpose: 'sign_in', subject, device, clientId: asked.clientId })
  let attempt: Attempt
  try {
    attempt = await context.protection.begin(trial)
  } catch (error) {
    if (!(error instanceof HttpError) || error.status !== 429) throw error
    return form(context, call, asked, login, error, error.status, error.headers)
  }
  const user = await checked(context, attempt, login, password)
  if (user === undefined) {
    attempt.failed()
    return form(context, call, asked, login, WRONG)
  }
  await attempt.succeeded()
  const session = await startSession(context, call, user, ['pwd'])
  const remembered = await rememberDevice(context, call, subject)
  return redirectResponse(asked.nextUrl, {
    'set-cookie': remembered === undefined ? session : [session, remembered],
  })
}

/** What a login is counted by: the same for all ways to write it, whether anybody has it or not. */
function loginSubject(login: string): string {
  return sha256(normaliseEmail(login) ?? login.trim().toLowerCase())
}

async function checked(
  context: Context,
  attempt: Attempt,
  login: string,
  password: string,
): Promise<User | undefined> {
  if (password.length > MAX_PASSWORD) return undefined
  try {
    return await context.accounts.signIn(login, password)
  } catch (error) {
    // Nothing was found out about the password.
    await attempt.withdrawn()
    throw error
  }
}

function goOn(call: Call, page: PageInteraction): HttpResponse {
  return redirectResponse(
    page.step === 'consent'
      ? interactionUrl(call.baseUrl, CONSENT_PATH, page.handle, page.interaction)
      : page.resumeUrl,
  )
}

function form(
  context: Context,
  call: Call,
  { action, interaction, client, purpose, returnsTo, uiLocales }: SignIn,
  login: string,
  problem?: PageProblem,
  status = problem === undefined ? 200 : 422,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  const csrf = csrfToken(context, call, purpose)
  return pageResponse(
    context,
    call,
    (pages, base) =>
      pages.signIn({
        ...base,
        action: basePathOf(call.baseUrl) + action,
        interaction,
        csrfToken: csrf.token,
        client,
        login,
        problem: problem?.message,
        problemCode: problem?.code,
      }),
    { status, uiLocales, ...(returnsTo && { returnsTo }), headers: { ...csrf.headers, ...headers } },
  )
}
