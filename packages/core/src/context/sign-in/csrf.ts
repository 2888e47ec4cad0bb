import { createHmac } from 'node:crypto'
import { HttpError } from '../../errors.ts'
import { readCookie, writeCookie } from '../../http/cookies.ts'
import { header } from '../../http/request.ts'
import { constantTimeEqual } from '../../lib/hash.ts'
import { randomToken } from '../../lib/random.ts'
import type { Context } from '../context.ts'
import type { Call } from '../endpoint.ts'
import { cookieScope } from './session.ts'

const CSRF_COOKIE = 'xwms_csrf'
const TOKEN = /^[\w-]{43}$/

/** A form's token, and the cookie that goes with it where the browser had none. */
export interface CsrfToken {
  readonly token: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Makes the token of a form. It is bound to the browser by a cookie that other sites can neither read nor set, and to the
 * form's purpose, so that one form's token does not open another.
 */
export function csrfToken(context: Context, call: Call, purpose: string): CsrfToken {
  const known = csrfCookie(call)
  if (known !== undefined) return { token: tokenFor(known, purpose), headers: {} }
  const made = randomToken()
  const { sessionSeconds } = context.config.lifetimes
  return {
    token: tokenFor(made, purpose),
    headers: { 'set-cookie': writeCookie(CSRF_COOKIE, made, sessionSeconds, cookieScope(call)) },
  }
}

/**
 * Refuses a form that did not come from our own page in this browser.
 * @throws {HttpError} 403 `csrf_failed`
 */
export function checkCsrf(call: Call, purpose: string, given: string): void {
  if (!isCsrfToken(call, purpose, given) || !fromOurselves(call)) {
    throw new HttpError(
      403,
      'csrf_failed',
      'This form was not sent from its own page, or cookies are blocked. Allow cookies, go back and try again.',
    )
  }
}

/** Whether a token was made for that purpose in this browser. */
export function isCsrfToken(call: Call, purpose: string, given: string): boolean {
  const cookie = csrfCookie(call)
  return cookie !== undefined && constantTimeEqual(given, tokenFor(cookie, purpose))
}

/** The browser's cookie, if it is one that we could have made: the token of an empty one anybody could work out. */
function csrfCookie(call: Call): string | undefined {
  const value = readCookie(call.request.headers, CSRF_COOKIE, cookieScope(call))
  return value !== undefined && TOKEN.test(value) ? value : undefined
}

function tokenFor(cookie: string, purpose: string): string {
  return createHmac('sha256', cookie).update(purpose).digest('base64url')
}

/** Browsers say where a request comes from; what says nothing (a script of a test, an old browser) has the token alone. */
function fromOurselves(call: Call): boolean {
  const site = header(call.request.headers, 'sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const origin = header(call.request.headers, 'origin')
  // Not `null` either: our pages' referrer policy lets their forms say where they come from.
  return origin === undefined || origin === new URL(call.baseUrl).origin
}
