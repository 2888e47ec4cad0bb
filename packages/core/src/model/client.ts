import type { Sub } from './user.ts'

/** RFC 6749 section 2.1: `confidential` clients can keep a secret, `public` ones cannot. */
export const CLIENT_TYPES = ['confidential', 'public'] as const
export type ClientType = (typeof CLIENT_TYPES)[number]

/** An application registered with XWMS: credentials, redirect URIs, domains and permissions. */
export interface Client {
  readonly id: string
  readonly workspaceId: string
  readonly name: string
  readonly type: ClientType
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
  /** Further RFC 7591 metadata, by its wire names. */
  readonly metadata: Readonly<Record<string, unknown>>
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

/** A user's remembered approval of a client: a *client user* (xwms-api.md). */
export interface ClientUser {
  readonly clientId: string
  readonly sub: Sub
  /** All scopes approved so far. */
  readonly scopes: readonly string[]
  readonly createdAt: Date
  readonly updatedAt: Date
}
