import type { Resource } from '../context/context.ts'
import { checkSomethingLeft, concernsUser, grantedScopes, parseScope } from './scope.ts'
import { scopesFor } from './target.ts'

/** What a request asks a user for, however it came: by a browser or by a device. */
export interface AskedOfUser {
  /** The parameter `scope`, as it was sent. */
  readonly scope: string | undefined
  /** The resources that the request names, if any. */
  readonly resources: readonly Resource[]
  /** Authorization details that were checked, as JSON. */
  readonly details: string | undefined
}

/**
 * The scopes that a user is asked to approve: those that the client was granted and that speak about the user or mean something
 * at one of the resources (RFC 8707 section 2.2). What no token would have is not asked for.
 * @param granted the scopes of the client
 * @param known the scopes of the configuration
 * @throws {HttpError} 400 `invalid_scope` when no token can be made of what is left, before anybody is asked to approve it
 */
export function scopesToApprove(
  { scope, resources, details }: AskedOfUser,
  granted: readonly string[],
  known: Readonly<Record<string, string>>,
): readonly string[] {
  const asked = parseScope(scope)
  const scopes = grantedScopes(asked, granted, known)
  checkSomethingLeft(scopes, { asked, details })
  const meaningful = scopesFor(scopes, resources)
  return scopes.filter(name => concernsUser(name) || meaningful.includes(name))
}
