import type { Context } from '../context/context.ts'
import type { GuardedCall } from '../context/endpoint.ts'
import { HttpError } from '../errors.ts'
import type { Sub, User } from '../model/user.ts'

/** A user whom the calling client may see. */
export interface ApprovedUser {
  readonly user: User
  /** What the user approved and the client still has been granted. */
  readonly scopes: readonly string[]
}

/**
 * Finds a user who approved the calling client, and tells the meter whom the call is about.
 *
 * Everybody else is answered alike, so that no client can learn who exists: a `sub` that nobody has, somebody who never
 * approved this client, a disabled user, and, on a domain in test mode that serves test users only, anybody who is none.
 * @throws {HttpError} 404 `user_not_found`
 */
export async function findApprovedUser(context: Context, call: GuardedCall, sub: Sub): Promise<ApprovedUser> {
  const { client, domain } = call.caller
  const approval = await context.storage.clientUsers.find(client.id, sub)
  const user = approval && (await context.accounts.find(sub))
  const testUsersOnly = domain.mode === 'test' && domain.testUsersOnly
  const visible = user !== undefined && user.disabledAt === undefined && (user.test || !testUsersOnly)
  if (approval === undefined || !visible) {
    throw new HttpError(
      404,
      'user_not_found',
      'No user with this sub has approved your client. Let the user sign in through your client first.',
    )
  }
  call.concerns(user.sub)
  return { user, scopes: approval.scopes.filter(scope => client.scopes.includes(scope)) }
}
