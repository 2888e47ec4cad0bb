import type { AuditEntry } from '../model/usage.ts'
import type { Address, AddressFields, Session, Sub, User } from '../model/user.ts'
import type { UpdateOutcome } from './update.ts'

export interface Users {
  /** Stores a new user with its audit entry. `email_taken`: somebody has that address; `sub_taken`: draw another. */
  create(user: User, audit: AuditEntry): Promise<{ outcome: 'created' | 'email_taken' | 'sub_taken' }>
  find(sub: Sub): Promise<User | undefined>
  /** Finds by the lower-case email address. */
  findByEmail(email: string): Promise<User | undefined>
  /** Replaces a password's hash by another of the same password; changes nothing where somebody set a new one meanwhile. */
  rehash(sub: Sub, from: string, to: string): Promise<void>
}

export interface Addresses {
  /** A user's addresses, oldest first. */
  list(sub: Sub): Promise<Address[]>
  find(sub: Sub, id: number): Promise<Address | undefined>
  /** Stores a new address under the next free id. */
  create(sub: Sub, fields: AddressFields, now: Date): Promise<Address>
  /**
   * Replaces everything but `id`, `sub` and `createdAt`, where the address still is `before`: of changes that were made to the
   * same one at once, one is written. `not_found`: the user has no address with that id.
   * @param before as it was read
   */
  update(before: Address, after: Address): Promise<UpdateOutcome>
  /** Removes the user's own address; false when there was none with that id. */
  delete(sub: Sub, id: number): Promise<boolean>
}

export interface Sessions {
  create(session: Session): Promise<void>
  /**
   * Continues a session under a new hash, as after its user signed in again: everything is replaced but `sid` and `sub`, and
   * the clients that took part stay. Of calls that race, one gets true; false when there is no such session any more.
   */
  renew(idHash: string, session: Session): Promise<boolean>
  /** The session with that hash, unless it has ended or expired at `now`. */
  find(idHash: string, now: Date): Promise<Session | undefined>
  /**
   * Signs a user out: ends the session, revokes the session's grants that have the scope `openid` and not `offline_access`,
   * and creates a {@link LogoutDelivery}, due at `now`, for each client that took part in the session and has a
   * `backchannel_logout_uri`. One transaction; `undefined` when the session had ended.
   */
  logOut(
    idHash: string,
    now: Date,
  ): Promise<{ readonly session: Session; readonly clientIds: readonly string[] } | undefined>
  /** A user's sessions that have not expired at `now`, newest first. */
  list(sub: Sub, now: Date): Promise<Session[]>
  /** Ends a session; ending one that is gone is no error. */
  end(idHash: string): Promise<void>
}
