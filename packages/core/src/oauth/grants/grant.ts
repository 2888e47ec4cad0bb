import type { Context } from '../../context/context.ts'
import type { Call } from '../../context/endpoint.ts'
import { HttpError } from '../../errors.ts'
import type { Client } from '../../model/client.ts'
import type { Parameters } from '../parameters.ts'

/** What the token endpoint answers (RFC 6749 section 5.1). */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  /** Absent where the client was granted none. */
  readonly scope?: string
  readonly refresh_token?: string
  readonly id_token?: string
}

/** One way to get tokens: a file per grant, listed in `grants/index.ts`. */
export interface GrantType {
  /** The value of `grant_type`. */
  readonly name: string
  /** @throws {HttpError} with the code that the grant's specification names */
  readonly handle: (
    context: Context,
    call: Call,
    client: Client,
    parameters: Parameters,
  ) => Promise<TokenResponse>
}

/** The grant or token presented is not (or no longer) good for this; RFC 6749 section 5.2. */
export function invalidGrant(message: string): HttpError {
  return new HttpError(400, 'invalid_grant', message)
}
