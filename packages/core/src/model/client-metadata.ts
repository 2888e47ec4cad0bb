import type { JsonWebKey } from './json-web-key.ts'

/** How a client proves who it is at the token endpoint and its siblings, by the IANA names. */
export const CLIENT_AUTHENTICATION_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
] as const
export type ClientAuthenticationMethod = (typeof CLIENT_AUTHENTICATION_METHODS)[number]

/**
 * What an OAuth client says of itself, by the wire names of RFC 7591 and of the specifications that add to it. What the kit
 * itself works with (name, redirect URIs, grant types, scopes, pages) are members of `Client`.
 */
export interface ClientMetadata {
  /** RFC 7591 section 2. Default: `none` for a public client, else `client_secret_basic` and `client_secret_post` alike. */
  readonly token_endpoint_auth_method?: ClientAuthenticationMethod
  /** The algorithm of its assertions; default any that its profile allows. */
  readonly token_endpoint_auth_signing_alg?: string
  /** Its public keys (RFC 7517), by value or by reference, never both. */
  readonly jwks?: { readonly keys: readonly JsonWebKey[] }
  readonly jwks_uri?: string
  readonly contacts?: readonly string[]
  readonly software_id?: string
  readonly software_version?: string
  readonly application_type?: 'web' | 'native'

  /** OpenID Connect Dynamic Client Registration section 2. */
  readonly subject_type?: 'public' | 'pairwise'
  readonly sector_identifier_uri?: string
  readonly id_token_signed_response_alg?: string
  readonly userinfo_signed_response_alg?: string
  readonly request_object_signing_alg?: string
  readonly default_max_age?: number
  readonly require_auth_time?: boolean
  readonly default_acr_values?: readonly string[]
  readonly initiate_login_uri?: string
  readonly request_uris?: readonly string[]

  /** OpenID Connect RP-Initiated Logout section 3.1 and Back-Channel Logout section 2.2. */
  readonly post_logout_redirect_uris?: readonly string[]
  readonly backchannel_logout_uri?: string
  readonly backchannel_logout_session_required?: boolean

  /** RFC 9126 section 6, RFC 9101 section 10.5, RFC 9449 section 5.2, RFC 8705 sections 2.1.2 and 3.4. */
  readonly require_pushed_authorization_requests?: boolean
  readonly require_signed_request_object?: boolean
  readonly dpop_bound_access_tokens?: boolean
  readonly tls_client_certificate_bound_access_tokens?: boolean
  readonly tls_client_auth_subject_dn?: string
  readonly tls_client_auth_san_dns?: string
  readonly tls_client_auth_san_uri?: string
  readonly tls_client_auth_san_ip?: string
  readonly tls_client_auth_san_email?: string

  /** JARM section 3, RFC 9701 section 6, RFC 9396 section 10. */
  readonly authorization_signed_response_alg?: string
  readonly introspection_signed_response_alg?: string
  readonly authorization_details_types?: readonly string[]
}
