import type { JsonWebKey } from './json-web-key.ts'
import type { Sub } from './user.ts'

/** Which flow an interaction, a grant or a code belongs to. */
export type Flow = 'authorization_code' | 'sign_token' | 'device_code'

/** A sign-in that is under way: what was asked for, while the user is on our pages. */
export interface Interaction {
  /** SHA-256 of the handle that stands in the pages' URLs, base64url. */
  readonly hash: string
  readonly flow: Flow
  readonly clientId: string
  /** The domain that asked, where one did. */
  readonly domainId: string | undefined
  readonly redirectUri: string
  readonly scopes: readonly string[]
  /** The request's other parameters, by their wire names (`state`, `nonce`, `code_challenge`, `email` …). */
  readonly parameters: Readonly<Record<string, string>>
  /** Set once the user has refused. */
  readonly deniedAt: Date | undefined
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** An authorization request that a client sent ahead (RFC 9126). */
export interface PushedRequest {
  /** SHA-256 of the reference in its `request_uri`, base64url. */
  readonly hash: string
  readonly clientId: string
  /** The request's parameters by their wire names, checked when they were pushed. */
  readonly parameters: Readonly<Record<string, string>>
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** What a user said to a device (RFC 8628). */
export interface DeviceApproval extends Pick<Code, 'sub' | 'sid' | 'authenticatedAt' | 'amr'> {
  readonly scopes: readonly string[]
}

/** A device that waits for its user (RFC 8628 section 3.2). */
export interface DeviceCode {
  /** SHA-256 of the `device_code`, base64url. */
  readonly hash: string
  /** SHA-256 of the `user_code` in upper case without separators, base64url. */
  readonly userCodeHash: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly parameters: Readonly<Record<string, string>>
  /** How long the device must wait between two questions; `slow_down` adds to it. */
  readonly intervalSeconds: number
  /** Set once the user has decided. */
  readonly decision: { readonly denied: true } | ({ readonly denied: false } & DeviceApproval) | undefined
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** A logout token that is to be delivered (OpenID Connect Back-Channel Logout section 2.5). */
export interface LogoutDelivery {
  readonly id: string
  readonly clientId: string
  readonly sub: Sub
  readonly sid: string
  /** How often it was tried. */
  readonly attempts: number
  readonly createdAt: Date
  readonly nextAttemptAt: Date
}

/** A one-time code: the authorization code of OAuth, or the token in a sign-token callback. */
export interface Code {
  /** SHA-256 of the code, base64url. */
  readonly hash: string
  readonly flow: Flow
  readonly clientId: string
  readonly domainId: string | undefined
  readonly sub: Sub
  readonly sid: string
  readonly authenticatedAt: Date
  readonly amr: readonly string[]
  readonly redirectUri: string
  readonly scopes: readonly string[]
  /** `nonce`, `code_challenge` and whatever else the token endpoint needs of the request. */
  readonly parameters: Readonly<Record<string, string>>
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** What a user (or nobody, for client credentials) gave a client: the family that tokens belong to. */
export interface Grant {
  readonly id: string
  readonly clientId: string
  readonly sub: Sub | undefined
  readonly sid: string | undefined
  readonly scopes: readonly string[]
  readonly authenticatedAt: Date | undefined
  readonly amr: readonly string[]
  readonly parameters: Readonly<Record<string, string>>
  readonly createdAt: Date
  readonly revokedAt: Date | undefined
}

export interface AccessToken {
  /** SHA-256 of the token, base64url. */
  readonly hash: string
  readonly grantId: string
  readonly clientId: string
  readonly sub: Sub | undefined
  readonly scopes: readonly string[]
  /** RFC 8707 resource indicators that it is bound to. */
  readonly audience: readonly string[]
  /** Where it is good for fewer authorization details (RFC 9396) than its grant: those, as canonical JSON of a list. */
  readonly authorizationDetails: string | undefined
  /** RFC 7800 confirmation (`jkt`, `x5t#S256`), where the token is sender-constrained. */
  readonly confirmation: Readonly<Record<string, string>> | undefined
  readonly createdAt: Date
  readonly expiresAt: Date
}

export interface RefreshToken {
  /** SHA-256 of the token, base64url. */
  readonly hash: string
  readonly grantId: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly confirmation: Readonly<Record<string, string>> | undefined
  readonly createdAt: Date
  /** The earlier of the idle and the absolute end. */
  readonly expiresAt: Date
  /** The family's absolute end, the same in every successor. */
  readonly familyExpiresAt: Date
}

/** Algorithms that the kit signs with (RFC 7518 section 3.1, RFC 8037). */
export const SIGNING_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

/** A pair of JSON Web Keys (RFC 7517) that signs tokens. */
export interface SigningKey {
  readonly kid: string
  readonly alg: SigningAlgorithm
  readonly publicJwk: JsonWebKey
  /** The private key, or, where the host gave an encryption secret, `{ jwe }`: the key as a compact JWE. */
  readonly privateJwk: JsonWebKey | { readonly jwe: string }
  readonly createdAt: Date
  /** From when on it signs; a key is published before that, so that verifiers know it in time. */
  readonly activeAt: Date
  /** From when on it is published no more. */
  readonly retiredAt: Date | undefined
}
