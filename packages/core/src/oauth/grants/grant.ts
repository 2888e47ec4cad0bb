import type { Context } from '../../context/context.ts'
import type { Call } from '../../context/endpoint.ts'
import { tokenDetails } from '../../context/tokens/authorization-details.ts'
import { HttpError } from '../../errors.ts'
import type { AccessToken, Grant } from '../../model/authorization.ts'
import type { Client } from '../../model/client.ts'
import type { NewToken } from '../issue.ts'
import type { Parameters } from '../parameters.ts'
import type { Confirmation } from '../sender-constraint.ts'

/** A token request whose sender is known. */
export interface TokenRequest {
  readonly call: Call
  readonly client: Client
  readonly parameters: Parameters
  /** The resource indicators that it names (RFC 8707). */
  readonly resources: readonly string[]
  /** What its tokens are to be bound to. */
  readonly confirmation: Confirmation | undefined
}

/** What the token endpoint answers (RFC 6749 section 5.1). */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer' | 'DPoP'
  readonly expires_in: number
  /** Absent where the client asked for none and has none, but authorization details: RFC 6749 section 3.3 knows no empty scope. */
  readonly scope?: string
  readonly refresh_token?: string
  readonly id_token?: string
  /** RFC 9396 section 7. */
  readonly authorization_details?: unknown
  /** RFC 8693 section 2.2.1. */
  readonly issued_token_type?: string
}

/** One way to get tokens: a file per grant, listed in `grants/index.ts`. */
export interface GrantType {
  /** The value of `grant_type`. */
  readonly name: string
  /** @throws {HttpError} with the code that the grant's specification names */
  readonly handle: (context: Context, request: TokenRequest) => Promise<TokenResponse>
}

/** What every answer says of its access token. */
export function accessTokenResponse({ value, stored }: NewToken<AccessToken>, grant: Grant): TokenResponse {
  const details = tokenDetails(stored, grant)
  return {
    access_token: value,
    token_type: stored.confirmation?.jkt === undefined ? 'Bearer' : 'DPoP',
    expires_in: Math.floor((stored.expiresAt.getTime() - stored.createdAt.getTime()) / 1000),
    ...(stored.scopes.length > 0 && { scope: stored.scopes.join(' ') }),
    ...(details !== undefined && { authorization_details: JSON.parse(details) }),
  }
}

/**
 * What is left to give, where the user takes something back in this very moment.
 * @param attempt answers `undefined` when something was taken back since it began
 * @param refused what to say to whom that happens again and again
 */
export async function whatIsLeft<Given>(
  attempt: () => Promise<Given | undefined>,
  refused: string,
): Promise<Given> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const given = await attempt()
    if (given !== undefined) return given
  }
  throw invalidGrant(refused)
}

/** Nobody has more to take back within a few milliseconds. */
const MAX_TURNS = 3

/** The grant or token presented is not (or no longer) good for this; RFC 6749 section 5.2. */
export function invalidGrant(message: string): HttpError {
  return new HttpError(400, 'invalid_grant', message)
}
