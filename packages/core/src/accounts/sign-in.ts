import type { Context } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { CONSENT_PATH, interactionUrl, type NextStep, SIGN_IN_PATH } from '../context/interaction.ts'
import { basePathOf } from '../context/issuer.ts'
import { pageResponse } from '../context/page-response.ts'
import { startSession } from '../context/session.ts'
import type { Input } from '../http/body.ts'
import { type HttpResponse, redirectResponse } from '../http/response.ts'
import { checkCsrf, csrfToken } from './csrf.ts'
import { findPageInteraction, type PageInteraction, pageClient } from './page-interaction.ts'

/** The longest password that is looked at; hashing more would be work for whoever sends it. */
const MAX_PASSWORD = 256

/** Signing in changes nothing about these. */
const ENDED: readonly NextStep[] = ['expired', 'refused', 'login_not_possible']

/** Shows the sign-in form, or goes on where somebody is signed in already. `switch=1` signs in as somebody else. */
export const signInPage: OpenEndpoint = {
  method: 'GET',
  path: SIGN_IN_PATH,
  body: 'none',
  failure: 'page',
  async handle(context, call) {
    const page = await findPageInteraction(context, call, call.query.get('interaction') ?? '')
    if (ENDED.includes(page.step)) return redirectResponse(page.resumeUrl)
    if (page.step === 'sign_in' || call.query.get('switch') === '1')
      return form(context, call, page, hintOf(page))
    return goOn(call, page)
  },
}

/** Takes the sign-in form. Wrong login and wrong password get one answer. */
export const signInForm: OpenEndpoint = {
  method: 'POST',
  path: SIGN_IN_PATH,
  body: 'form',
  failure: 'page',
  async handle(context, call) {
    const fields = formFields(call.input)
    const page = await findPageInteraction(context, call, fields.get('interaction') ?? '')
    checkCsrf(call, purposeOf(page), fields.get('csrf_token') ?? '')
    if (ENDED.includes(page.step)) return redirectResponse(page.resumeUrl)
    if (fields.get('decision') === 'cancel') {
      await context.storage.interactions.deny(page.interaction.hash, context.now())
      return redirectResponse(page.resumeUrl)
    }
    const login = fields.get('login') ?? ''
    const password = fields.get('password') ?? ''
    if (login === '' || password === '') {
      return form(context, call, page, login, 'Enter your email address and your password.')
    }
    const user = password.length <= MAX_PASSWORD ? await context.accounts.signIn(login, password) : undefined
    if (user === undefined) {
      return form(context, call, page, login, 'The email address or the password is wrong.')
    }
    const cookie = await startSession(context, call, user, ['pwd'])
    return redirectResponse(interactionUrl(call.baseUrl, CONSENT_PATH, page.handle), { 'set-cookie': cookie })
  },
}

function goOn(call: Call, page: PageInteraction): HttpResponse {
  return redirectResponse(
    page.step === 'consent' ? interactionUrl(call.baseUrl, CONSENT_PATH, page.handle) : page.resumeUrl,
  )
}

function form(
  context: Context,
  call: Call,
  page: PageInteraction,
  login: string,
  problem?: string,
): HttpResponse {
  const csrf = csrfToken(context, call, purposeOf(page))
  return pageResponse(
    context,
    (pages, base) =>
      pages.signIn({
        ...base,
        action: basePathOf(call.baseUrl) + SIGN_IN_PATH,
        interaction: page.handle,
        csrfToken: csrf.token,
        client: pageClient(page.client),
        login,
        problem,
      }),
    {
      status: problem === undefined ? 200 : 422,
      returnsTo: page.interaction.redirectUri,
      headers: csrf.headers,
    },
  )
}

/** Whom the client expects: the `email` of sign-token, or the `login_hint` of OpenID Connect. */
function hintOf({ interaction: { parameters } }: PageInteraction): string {
  return parameters.email ?? parameters.login_hint ?? ''
}

function purposeOf(page: PageInteraction): string {
  return `sign-in ${page.interaction.hash}`
}

/** The fields of a posted form. */
export function formFields(input: Input): URLSearchParams {
  return input.kind === 'form' ? input.form : new URLSearchParams()
}
