import { type CookieScope, readCookie, writeCookie } from '../../http/cookies.ts'
import { userAgentOf } from '../../http/request.ts'
import { sha256 } from '../../lib/hash.ts'
import { addressText } from '../../lib/ip.ts'
import { randomId, randomToken } from '../../lib/random.ts'
import type { Session, User } from '../../model/user.ts'
import type { Context } from '../context.ts'
import type { Call } from '../endpoint.ts'
import { basePathOf } from '../issuer.ts'

const SESSION_COOKIE = 'xwms_session'

/** Somebody who is signed in, and how. */
export interface SignedIn {
  readonly session: Session
  readonly user: User
}

/** How this installation's cookies are written. */
export function cookieScope(call: Call): CookieScope {
  return { secure: isSecure(call), path: basePathOf(call.baseUrl) || '/' }
}

function isSecure({ baseUrl }: Call): boolean {
  return baseUrl.startsWith('https:')
}

/** Who is signed in in the calling browser; nobody when the session has ended or the user was disabled since. */
export async function currentSession(context: Context, call: Call): Promise<SignedIn | undefined> {
  const session = await findSession(context, call)
  return session && signedInBy(context, session)
}

/** The calling browser's session, unless it has ended. */
export async function findSession(context: Context, call: Call): Promise<Session | undefined> {
  const value = readCookie(call.request.headers, SESSION_COOKIE, { secure: isSecure(call) })
  return value ? context.storage.sessions.find(sha256(value), context.now()) : undefined
}

/** Who a session is of; nobody when the user was disabled since. */
export async function signedInBy(context: Context, session: Session): Promise<SignedIn | undefined> {
  const user = await context.accounts.find(session.sub)
  return user === undefined || user.disabledAt !== undefined ? undefined : { session, user }
}

/**
 * Signs a user in in the calling browser, under a new session id, so that one planted before is worth nothing
 * (ASVS 5.0 section 7.2). Who signs in again goes on with the session, and with the applications that take part in it; what
 * somebody else left signed in here ends, for their applications too.
 * @returns the `Set-Cookie` value
 */
export async function startSession(
  context: Context,
  call: Call,
  user: User,
  amr: readonly string[],
): Promise<string> {
  const scope = cookieScope(call)
  const value = randomToken()
  const now = context.now()
  const lifetime = context.config.lifetimes.sessionSeconds
  const before = await findSession(context, call)
  const session: Session = {
    idHash: sha256(value),
    sid: before?.sub === user.sub ? before.sid : randomId('sid'),
    sub: user.sub,
    authenticatedAt: now,
    amr,
    createdAt: now,
    expiresAt: new Date(now.getTime() + lifetime * 1000),
    ip: addressText(call.request.ip),
    userAgent: userAgentOf(call.request.headers),
  }
  const { sessions } = context.storage
  const renewed = before?.sub === user.sub && (await sessions.renew(before.idHash, session))
  // One that ended in this very moment takes its sid with it.
  if (!renewed) await sessions.create({ ...session, sid: randomId('sid') })
  if (before !== undefined && before.sub !== user.sub) await logOut(context, call, before.idHash)
  return writeCookie(SESSION_COOKIE, value, lifetime, scope)
}

/**
 * Signs out whoever is signed in in the calling browser, and tells the clients that took part.
 * @returns the `Set-Cookie` value that takes the cookie away
 */
export async function endSession(context: Context, call: Call): Promise<string> {
  const scope = cookieScope(call)
  const value = readCookie(call.request.headers, SESSION_COOKIE, scope)
  if (value) await logOut(context, call, sha256(value))
  return writeCookie(SESSION_COOKIE, '', 0, scope)
}

/** Ends a session, and tells the clients that took part in it. */
export async function logOut(context: Context, call: Call, idHash: string): Promise<void> {
  const ended = await context.storage.sessions.logOut(idHash, context.now())
  if (ended !== undefined) context.logouts.notify(call.baseUrl)
}
