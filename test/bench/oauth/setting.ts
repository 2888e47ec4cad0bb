import { createHash } from 'node:crypto'

/** What all contenders are told alike, so that requests and answers are of the same size. */

/** Somebody who signs in, approves once, and keeps the session. */
export interface Person {
  readonly email: string
  readonly givenName: string
  readonly familyName: string
  readonly name: string
  readonly picture: string
}

/** As many as connections by default, so that no two of them wait for one session's row. */
export const PEOPLE: readonly Person[] = Array.from({ length: 32 }, (_, index) => {
  const number = String(index).padStart(2, '0')
  return {
    email: `ada${number}@example.com`,
    givenName: 'Ada',
    familyName: `Lovelace-${number}`,
    name: `Ada Lovelace-${number}`,
    picture: `https://shop.example.com/people/${number}.png`,
  }
})

/** The confidential client; XWMS makes an id and a secret of these lengths itself. */
export const CLIENT = {
  name: 'Paper Shop',
  id: `cl_${'x'.repeat(20)}`,
  secret: `xwms_sk_${'x'.repeat(49)}`,
}

export const REDIRECT_URI = 'https://shop.example.com/callback'

/** What people approve. */
export const SCOPES: readonly string[] = ['openid', 'profile', 'email']
/** What the client may do for itself. */
export const SERVICE_SCOPE = 'orders:read'

/** The claims that come with a scope. */
export const CLAIMS = {
  profile: ['name', 'given_name', 'family_name', 'picture'],
  email: ['email', 'email_verified'],
}

export const STATE = 's'.repeat(43)
export const NONCE = 'n'.repeat(43)

/** RFC 7636. One pair for all: making it is the client's work, not the server's. */
export const VERIFIER = 'v'.repeat(43)
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

export const ACCESS_TOKEN_SECONDS = 3600
export const CODE_SECONDS = 60
export const SESSION_SECONDS = 14 * 86_400

/** Connections to PostgreSQL, at most. */
export const POOL_SIZE = 10
