import type { ClientMetadata } from './client-metadata.ts'
import type { RateLimit } from './plan.ts'
import type { Sub } from './user.ts'

/** RFC 6749 section 2.1: `confidential` clients can keep a secret, `public` ones cannot. */
export const CLIENT_TYPES = ['confidential', 'public'] as const
export type ClientType = (typeof CLIENT_TYPES)[number]

/** The sets of rules that a client can be held to; `context/clients/profiles.ts` says what each asks. */
export const CLIENT_PROFILES = ['oauth2.1', 'openid', 'fapi2'] as const
export type ClientProfile = (typeof CLIENT_PROFILES)[number]

/** The grant types that a client may be given, by their RFC names. */
export const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
] as const

/**
 * How a client came to be: made by its owner, by dynamic registration (RFC 7591), or from the document that its id is the
 * address of (draft-ietf-oauth-client-id-metadata-document).
 */
export const CLIENT_SOURCES = ['managed', 'registration', 'document'] as const
export type ClientSource = (typeof CLIENT_SOURCES)[number]

/** An application registered with XWMS: credentials, redirect URIs, domains and permissions. */
export interface Client {
  readonly id: string
  readonly workspaceId: string
  readonly name: string
  readonly type: ClientType
  readonly profile: ClientProfile
  readonly source: ClientSource
  readonly enabled: boolean
  /** When set, a secret works only on the domains it is linked to; rule 6. */
  readonly linksSecretsToDomains: boolean
  /** RFC 7636: whether an authorization request must carry a `code_challenge`. Public clients always must. */
  readonly requirePkce: boolean
  /** Grant types it may use, by their RFC names. */
  readonly grantTypes: readonly string[]
  /** Scopes granted to the client; no request gives more. */
  readonly scopes: readonly string[]
  /** Compared as whole strings, never by pattern. */
  readonly redirectUris: readonly string[]
  /** Shown on the consent page. */
  readonly uri: string | undefined
  readonly logoUri: string | undefined
  readonly policyUri: string | undefined
  readonly tosUri: string | undefined
  readonly metadata: ClientMetadata
  /** In place of its plan's; rule 13. Its owner's choice, or else the operator's. */
  readonly rateLimit: RateLimit | undefined
  /**
   * Who gave it that: a user's `sub`, the id of a client, or the name of a tool such as `cli`. Absent without a limit of its own, and
   * for one that is older than this was kept.
   */
  readonly rateLimitSetBy: string | undefined
  readonly rateLimitSetAt: Date | undefined
  /** What its operator gave it: it holds where its owner chooses nothing else, and the owner may choose whatever is within it. */
  readonly operatorRateLimit: RateLimit | undefined
  readonly operatorRateLimitSetBy: string | undefined
  readonly operatorRateLimitSetAt: Date | undefined
  /** SHA-256 of the registration access token (RFC 7592 section 3), base64url, where the client manages itself. */
  readonly registrationTokenHash: string | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** One of a client's secrets; the secret itself is shown once and never stored. */
export interface Secret {
  readonly id: string
  readonly clientId: string
  readonly name: string
  /** SHA-256 of the secret, base64url. */
  readonly hash: string
  /** The last four characters, so that people can tell secrets apart. */
  readonly hint: string
  readonly createdAt: Date
  readonly expiresAt: Date | undefined
  readonly revokedAt: Date | undefined
  readonly lastUsedAt: Date | undefined
}

export const DOMAIN_MODES = ['test', 'live'] as const
export type DomainMode = (typeof DOMAIN_MODES)[number]

/** A domain registered for a client: the rules that apply to requests made in its name. */
export interface Domain {
  /** Begins with `dom_`, which no host name does, so that `X-Client-Domain` can carry either. */
  readonly id: string
  readonly clientId: string
  /** Lower-case ASCII (IDNA) form, without port or trailing dot. */
  readonly host: string
  readonly mode: DomainMode
  readonly active: boolean
  /** Whether it may sign users in; rule 8. */
  readonly loginAllowed: boolean
  /** Whether it may call the API; rule 9. */
  readonly apiAllowed: boolean
  /** Addresses and CIDR ranges, IPv4 and IPv6; empty means any; rule 10. */
  readonly ipAllowlist: readonly string[]
  /** In test mode: serve test users and nobody else; rule 11. */
  readonly testUsersOnly: boolean
  /** Where a browser goes when a sign-in ends without a redirect URI to return to. */
  readonly fallbackUri: string | undefined
  readonly createdAt: Date
}

/** What a user approves when a client asks. */
export type Approval = Pick<ClientUser, 'scopes' | 'claims' | 'resources' | 'authorizationDetails'>

/** A user's remembered approval of a client: a *client user* (xwms-api.md). */
export interface ClientUser {
  readonly clientId: string
  readonly sub: Sub
  /** All scopes approved so far. */
  readonly scopes: readonly string[]
  /** Single claims approved (OpenID Connect Core section 5.5), beyond those that the scopes bring. */
  readonly claims: readonly string[]
  /** Resource indicators approved (RFC 8707). */
  readonly resources: readonly string[]
  /** Authorization details approved (RFC 9396), each as the JSON that the user saw. */
  readonly authorizationDetails: readonly string[]
  readonly createdAt: Date
  readonly updatedAt: Date
}
