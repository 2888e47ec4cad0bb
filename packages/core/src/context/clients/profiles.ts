import type { SigningAlgorithm } from '../../model/authorization.ts'
import type { Client, ClientProfile } from '../../model/client.ts'
import type { ClientAuthenticationMethod } from '../../model/client-metadata.ts'

/** The rules that a client is held to. Every place that depends on one reads it from here. */
export interface Profile {
  /** Whether every authorization request must be pushed (RFC 9126). */
  readonly requirePushedRequests: boolean
  /** Whether PKCE may be left out by a confidential client whose owner says so (`requirePkce: false`). */
  readonly pkceOptional: boolean
  /** Whether access tokens must be bound to a key or a certificate (RFC 9449, RFC 8705). */
  readonly requireSenderConstraint: boolean
  /** Whether an assertion's audience must be the issuer, alone and as a string. */
  readonly strictAssertionAudience: boolean
  readonly authenticationMethods: readonly ClientAuthenticationMethod[]
  /** What may sign assertions, request objects and DPoP proofs, and what tokens may be signed with. */
  readonly verifiedAlgorithms: readonly string[]
  readonly signingAlgorithms: readonly SigningAlgorithm[]
  /** The algorithm of ID tokens where the client names none. */
  readonly defaultSigningAlgorithm: SigningAlgorithm
  /** The longest that an authorization code may live, in seconds. */
  readonly maxCodeSeconds: number
  /** Whether a refresh gives a new refresh token. Public clients' tokens rotate in any case, unless they are bound to a key. */
  readonly rotateRefreshTokens: boolean
  /** Whether the `redirect_uri` must be sent with each authorization request. */
  readonly requireRedirectUri: boolean
  /**
   * Whether a redirect URI may have the scheme http only where a native client listens on 127.0.0.1 or [::1] (FAPI 2.0 Security
   * Profile section 5.3.2.2, RFC 8252 section 7.3).
   */
  readonly httpOnlyForNativeLoopback: boolean
  /** Whether a request object needs `exp` and `nbf`, each at most 60 minutes away (RFC 9101; FAPI 2.0 Message Signing 5.3.1). */
  readonly strictRequestObjects: boolean
  /**
   * Whether parameters beside a request object fill it up (OpenID Connect Core section 6.1); else only what is signed counts
   * (RFC 9101 section 5).
   */
  readonly mergesRequestObjects: boolean
}

/** What a client's signature may be made with under any profile. */
export const VERIFIED_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'] as const
const HIGH_SECURITY = ['PS256', 'ES256', 'EdDSA', 'Ed25519'] as const

/** OAuth 2.1 (draft-ietf-oauth-v2-1) with RFC 9700: the default. */
const oauth21: Profile = {
  requirePushedRequests: false,
  pkceOptional: true,
  requireSenderConstraint: false,
  strictAssertionAudience: false,
  authenticationMethods: [
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
    'tls_client_auth',
    'self_signed_tls_client_auth',
    'none',
  ],
  verifiedAlgorithms: VERIFIED_ALGORITHMS,
  signingAlgorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
  defaultSigningAlgorithm: 'RS256',
  maxCodeSeconds: 600,
  rotateRefreshTokens: true,
  requireRedirectUri: false,
  httpOnlyForNativeLoopback: false,
  strictRequestObjects: false,
  mergesRequestObjects: false,
}

/**
 * OpenID Connect Core as ordinary relying parties speak it: a `redirect_uri` in every request (section 3.1.2.1), and request
 * objects that need not hold all of it (section 6.1).
 */
const openid: Profile = { ...oauth21, requireRedirectUri: true, mergesRequestObjects: true }

/** FAPI 2.0 Security Profile, final. */
const fapi2: Profile = {
  requirePushedRequests: true,
  pkceOptional: false,
  requireSenderConstraint: true,
  strictAssertionAudience: true,
  authenticationMethods: ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'],
  verifiedAlgorithms: HIGH_SECURITY,
  signingAlgorithms: ['PS256', 'ES256', 'EdDSA'],
  defaultSigningAlgorithm: 'PS256',
  maxCodeSeconds: 60,
  rotateRefreshTokens: false,
  requireRedirectUri: true,
  httpOnlyForNativeLoopback: true,
  strictRequestObjects: true,
  mergesRequestObjects: false,
}

const PROFILES: Readonly<Record<ClientProfile, Profile>> = { 'oauth2.1': oauth21, openid, fapi2 }

/** The rules for a client. */
export function profileOf({ profile }: Pick<Client, 'profile'>): Profile {
  return PROFILES[profile]
}
