import type {
  AccessToken,
  Code,
  Grant,
  Interaction,
  RefreshToken,
  SigningKey,
} from '../model/authorization.ts'

export interface Interactions {
  create(interaction: Interaction): Promise<void>
  /** The interaction, even when it has expired; `undefined` once it is finished. */
  find(hash: string): Promise<Interaction | undefined>
  /** Records that the user refused; false when it is gone. */
  deny(hash: string, now: Date): Promise<boolean>
  /** Ends the interaction: of callers that race, one gets true. */
  finish(hash: string): Promise<boolean>
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
 * - `expired`, `unknown`: nothing changed.
 */
export type ConsumeOutcome = { readonly outcome: 'consumed' | 'replayed' | 'expired' | 'unknown' }

export interface Codes {
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
 * - `reused`: it was spent longer ago. Its grant is revoked by now, with every token of the family.
 * - `revoked`, `expired`, `unknown`: nothing changed.
 */
export type RotateOutcome =
  | { readonly outcome: 'rotated' }
  | { readonly outcome: 'repeated'; readonly sealedValue: string }
  | { readonly outcome: 'reused' | 'revoked' | 'expired' | 'unknown' }

/** Grants and the tokens that belong to them. A revoked grant takes all its tokens with it. */
export interface Tokens {
  /** Stores a grant with its first access token, where no code is involved (client credentials). */
  issue(issue: Issue): Promise<void>
  /** The token and its grant, unless expired or revoked at `now`. */
  findAccessToken(
    hash: string,
    now: Date,
  ): Promise<{ readonly token: AccessToken; readonly grant: Grant } | undefined>
  /** The token and its grant whatever their state, for the checks that precede rotation. */
  findRefreshToken(hash: string): Promise<{ readonly token: RefreshToken; readonly grant: Grant } | undefined>
  /** Spends a refresh token, once, and stores what follows it (RFC 9700 section 4.14). */
  rotateRefreshToken(
    hash: string,
    successor: Successor,
    accessToken: AccessToken,
    graceSeconds: number,
    now: Date,
  ): Promise<RotateOutcome>
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
}
