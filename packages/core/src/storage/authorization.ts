import type {
  AccessToken,
  Code,
  DeviceApproval,
  DeviceCode,
  Grant,
  Interaction,
  LogoutDelivery,
  PushedRequest,
  RefreshToken,
  SigningKey,
} from '../model/authorization.ts'
import type { AuditEntry } from '../model/usage.ts'

export interface Interactions {
  create(interaction: Interaction): Promise<void>
  /** The interaction, even when it has expired; `undefined` once it is finished. */
  find(hash: string): Promise<Interaction | undefined>
  /** Records that the user refused; false when it is gone. */
  deny(hash: string, now: Date): Promise<boolean>
  /** Ends the interaction: of callers that race, one gets true. */
  finish(hash: string): Promise<boolean>
}

/** Authorization requests that clients sent ahead (RFC 9126). */
export interface PushedRequests {
  create(request: PushedRequest): Promise<void>
  /** The request, unless spent, or expired at `now`. */
  find(hash: string, now: Date): Promise<PushedRequest | undefined>
  /** Ends it: of callers that race, one gets true. */
  spend(hash: string): Promise<boolean>
}

/** Devices that wait for their users (RFC 8628). */
export interface DeviceCodes {
  /** `user_code_taken`: another one that has not expired at `createdAt` has that user code; draw another. */
  create(code: DeviceCode): Promise<{ outcome: 'created' | 'user_code_taken' }>
  /** The device code whatever its state. */
  find(hash: string): Promise<DeviceCode | undefined>
  /** By what the user typed; `undefined` when unknown, decided, or expired at `now`. */
  findByUserCode(userCodeHash: string, now: Date): Promise<DeviceCode | undefined>
  /** Records the user's decision, once: false when it was decided before, or expired, or is unknown. */
  decide(hash: string, decision: DeviceApproval | 'denied', now: Date): Promise<boolean>
  /**
   * Counts a question of the device. `slow_down`: it came sooner than the interval after the one before; the interval is
   * five seconds longer from now on (RFC 8628 section 3.5), in the same step.
   */
  poll(
    hash: string,
    now: Date,
  ): Promise<{ outcome: 'pending' | 'slow_down' | 'denied' | 'approved' | 'expired' | 'unknown' }>
  /**
   * Redeems an approved code once, storing the grant and its tokens in the same transaction. `taken_back` is that of
   * {@link ConsumeOutcome}; `unknown` for everybody else: not approved, expired, redeemed before.
   */
  consume(hash: string, now: Date, issue: Issue): Promise<{ outcome: 'consumed' | 'taken_back' | 'unknown' }>
}

/** Remembers what may be used once: the `jti` of DPoP proofs, client assertions and request objects. */
export interface Replays {
  /**
   * Remembers a key until `expiresAt`. True for the one call that was first among all processes; false for a replay.
   * @param key names its kind and its owner, such as `dpop <jkt> <jti>`; any length
   */
  remember(key: string, expiresAt: Date, now: Date): Promise<boolean>
}

/** Logout tokens on their way to clients (OpenID Connect Back-Channel Logout). `sessions.logOut` creates them. */
export interface LogoutDeliveries {
  /** Takes up to `limit` deliveries that are due at `now`, and hides them from every other process until `until`. */
  claim(now: Date, until: Date, limit: number): Promise<LogoutDelivery[]>
  /** Counts a failed attempt and sets the time of the next. */
  retry(id: string, nextAttemptAt: Date): Promise<void>
  /** Removes a delivery that arrived, or that is given up. */
  finish(id: string): Promise<void>
}

/** What a redeemed authorization code gives, stored in the transaction that consumes it. */
export interface Issue {
  readonly grant: Grant
  readonly accessToken: AccessToken
  readonly refreshToken: RefreshToken | undefined
}

/**
 * - `consumed`: this call, and no other, consumed the code.
 * - `replayed`: it was consumed before; the grant made then is revoked by now, with its tokens.
 * - `taken_back`: its user's approval of its client is gone, or lacks a scope of the grant; nothing changed. A removal at the same
 *   moment is seen here, or else finds the grant that was stored.
 * - `expired`, `unknown`: nothing changed.
 */
export type ConsumeOutcome = {
  readonly outcome: 'consumed' | 'replayed' | 'taken_back' | 'expired' | 'unknown'
}

export interface Codes {
  /** Stores a code, and that its client takes part in its session (which `sessions.logOut` asks). */
  create(code: Code): Promise<void>
  /** The code whatever its state, for the checks that precede consumption. */
  find(hash: string): Promise<Code | undefined>
  /**
   * Consumes a code once (RFC 6749 section 4.1.2). With `issue`, the grant and its tokens are stored in the same
   * transaction, so that a replay finds what to revoke.
   */
  consume(hash: string, now: Date, issue?: Issue): Promise<ConsumeOutcome>
}

/** A new refresh token together with a copy of its value that only the bearer of its predecessor can open. */
export interface Successor {
  readonly refreshToken: RefreshToken
  readonly sealedValue: string
}

/**
 * - `rotated`: the presented token is spent; the successor and the access token are stored.
 * - `repeated`: it was spent less than the grace period ago. Its first successor stands; `sealedValue` carries it;
 *   the new access token is stored.
 * - `taken_back`: the grant lost a scope that the access token has; nothing changed.
 * - `reused`: it was spent longer ago. Its grant is revoked by now, with every token of the family.
 * - `revoked`, `expired`, `unknown`: nothing changed.
 */
export type RotateOutcome =
  | { readonly outcome: 'rotated' }
  | { readonly outcome: 'repeated'; readonly sealedValue: string }
  | { readonly outcome: 'reused' | 'taken_back' | 'revoked' | 'expired' | 'unknown' }

/** Grants and the tokens that belong to them. A revoked grant takes all its tokens with it. */
export interface Tokens {
  /** Stores a grant with its first access token, where no code is involved (client credentials). */
  issue(issue: Issue): Promise<void>
  /** The token and its grant, unless it is expired or revoked at `now`, or carries a scope that its grant lost. */
  findAccessToken(
    hash: string,
    now: Date,
  ): Promise<{ readonly token: AccessToken; readonly grant: Grant } | undefined>
  /** Whether a grant is there, not revoked, and has all these scopes. */
  isGrantLive(grantId: string, scopes: readonly string[]): Promise<boolean>
  /** The token and its grant whatever their state, for the checks that precede rotation. `spent`: it has a successor. */
  findRefreshToken(
    hash: string,
  ): Promise<{ readonly token: RefreshToken; readonly grant: Grant; readonly spent: boolean } | undefined>
  /** Spends a refresh token, once, and stores what follows it (RFC 9700 section 4.14). */
  rotateRefreshToken(
    hash: string,
    successor: Successor,
    accessToken: AccessToken,
    graceSeconds: number,
    now: Date,
  ): Promise<RotateOutcome>
  /**
   * Stores an access token got by a refresh token that is not rotated, and moves that token's idle end to `expiresAt`, at
   * most to its family's end. Nothing changes unless the outcome is `used`. `taken_back`: the grant lost a scope that the access
   * token has.
   */
  useRefreshToken(
    hash: string,
    accessToken: AccessToken,
    expiresAt: Date,
    now: Date,
  ): Promise<{ outcome: 'used' | 'spent' | 'taken_back' | 'revoked' | 'expired' | 'unknown' }>
  /** Revokes one access token (RFC 7009); false when it is unknown or revoked already. */
  revokeAccessToken(hash: string, now: Date): Promise<boolean>
  /** Revokes a grant with all its tokens; false when it is unknown or revoked already. */
  revokeGrant(grantId: string, now: Date): Promise<boolean>
}

export interface Keys {
  /** Every key that is not retired at `now`, oldest first. */
  list(now: Date): Promise<SigningKey[]>
  /**
   * Stores `candidates` when there is no unretired key of their algorithm yet; answers the keys that then stand.
   * Processes that start together end with the same keys.
   */
  ensure(candidates: readonly SigningKey[], now: Date): Promise<SigningKey[]>
  /**
   * Stores the key that follows `kid`, and sets when that one retires. True for the one caller that was first: a key has one
   * successor, however many processes rotate at once; `audit` is written with it.
   */
  succeed(kid: string, retiredAt: Date, successor: SigningKey, audit: AuditEntry): Promise<boolean>
  /** Moves a key's retirement forward to `at`, and writes `audit`; false when it is unknown, or retires as early by itself. */
  retire(kid: string, at: Date, audit: AuditEntry): Promise<boolean>
  /** Replaces how the private half of a key is kept; true when it was still kept as `before`. */
  reseal(kid: string, before: SigningKey['privateJwk'], after: SigningKey['privateJwk']): Promise<boolean>
  /**
   * A secret that every process shares, by name: stores `candidate` unless there is one; answers the one that stands.
   * Text, sealed by the caller where a host gave an encryption secret.
   */
  secret(name: string, candidate: string): Promise<string>
  /** Replaces a shared secret's text; true when it was still `before`. */
  resealSecret(name: string, before: string, after: string): Promise<boolean>
}
