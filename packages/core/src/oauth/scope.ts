import { HttpError } from '../errors.ts'

/** The scopes of a space-separated `scope` (RFC 6749 section 3.3), each once, in the order given. */
export function parseScope(scope: string | undefined): readonly string[] {
  return scope === undefined ? [] : [...new Set(scope.split(' ').filter(name => name !== ''))]
}

/** Scopes that speak about a user, and mean nothing where there is none. */
const USER_SCOPES: ReadonlySet<string> = new Set([
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  'offline_access',
  'userinfo',
  'useraddresses',
])

/** Permissions of a client itself: no token carries them, and nobody is asked for them. */
const CLIENT_SCOPES: ReadonlySet<string> = new Set(['introspect'])

export function isForClientsAlone(scope: string): boolean {
  return CLIENT_SCOPES.has(scope)
}

export function concernsUser(scope: string): boolean {
  return USER_SCOPES.has(scope)
}

/**
 * The requested scopes, when the client was granted all of them. Scopes that nobody knows are left out, as OpenID Connect
 * Core section 3.1.2.1 asks.
 * @throws {HttpError} `invalid_scope`
 */
export function grantedScopes(
  requested: readonly string[],
  granted: readonly string[],
  known: Readonly<Record<string, string>>,
): readonly string[] {
  const understood = requested.filter(scope => Object.hasOwn(known, scope) && !isForClientsAlone(scope))
  const refused = understood.filter(scope => !granted.includes(scope))
  if (refused.length > 0) {
    throw new HttpError(400, 'invalid_scope', `This client was not granted the scope ${refused.join(' ')}.`)
  }
  return understood
}

/**
 * Refuses what leaves nothing to ask a user for. Authorization details are enough by themselves (RFC 9396 section 2), but no
 * answer can say that of a scope nothing is left.
 * @param asked the scopes of the request, of which `scopes` are left
 * @throws {HttpError} 400 `invalid_scope`
 */
export function checkSomethingLeft(
  scopes: readonly string[],
  { asked, details }: { readonly asked: readonly string[]; readonly details: string | undefined },
): void {
  if (scopes.length > 0 || (asked.length === 0 && details !== undefined)) return
  throw new HttpError(400, 'invalid_scope', 'Send at least one scope that this server knows.')
}
