import { type CookieScope, readCookie, writeCookie } from '../http/cookies.ts'
import { header } from '../http/request.ts'
import { sha256 } from '../lib/hash.ts'
import { randomId, randomToken } from '../lib/random.ts'
import type { Session, User } from '../model/user.ts'
import type { Context } from './context.ts'
import type { Call } from './endpoint.ts'
import { basePathOf } from './issuer.ts'

const SESSION_COOKIE = 'xwms_session'

/** Somebody who is signed in, and how. */
export interface SignedIn {
  readonly session: Session
  readonly user: User
}

/** How this installation's cookies are written. */
export function cookieScope(call: Call): CookieScope {
  return { secure: call.baseUrl.startsWith('https:'), path: basePathOf(call.baseUrl) || '/' }
}

/** Who is signed in in the calling browser; nobody when the session has ended or the user was disabled since. */
export async function currentSession(context: Context, call: Call): Promise<SignedIn | undefined> {
  const value = readCookie(call.request.headers, SESSION_COOKIE, cookieScope(call))
  if (value === undefined || value === '') return undefined
  const session = await context.storage.sessions.find(sha256(value), context.now())
  if (session === undefined) return undefined
  const user = await context.accounts.find(session.sub)
  return user === undefined || user.disabledAt !== undefined ? undefined : { session, user }
}

/**
 * Signs a user in in the calling browser, under a new session id, so that one planted before is worth nothing
 * (ASVS 5.0 section 7.2). Whatever session the browser had ends.
 * @returns the `Set-Cookie` value
 */
export async function startSession(
  context: Context,
  call: Call,
  user: User,
  amr: readonly string[],
): Promise<string> {
  const scope = cookieScope(call)
  const before = readCookie(call.request.headers, SESSION_COOKIE, scope)
  const value = randomToken()
  const now = context.now()
  const lifetime = context.config.lifetimes.sessionSeconds
  await context.storage.sessions.create({
    idHash: sha256(value),
    sid: randomId('sid'),
    sub: user.sub,
    authenticatedAt: now,
    amr,
    createdAt: now,
    expiresAt: new Date(now.getTime() + lifetime * 1000),
    ip: call.request.ip,
    userAgent: header(call.request.headers, 'user-agent')?.slice(0, 512),
  })
  if (before) await context.storage.sessions.end(sha256(before))
  return writeCookie(SESSION_COOKIE, value, lifetime, scope)
}
