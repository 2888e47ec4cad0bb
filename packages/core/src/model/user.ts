/**
 * A person's stable identifier: a random integer from 1 to 2^53 − 1, as decimal text (xwms-api.md).
 * The published client libraries send it as a JSON number, so it never leaves that range.
 */
export type Sub = string

export const GENDERS = ['female', 'male', 'other'] as const
export type Gender = (typeof GENDERS)[number]

/** An account on another platform that a user chose to show. */
export interface SocialProfile {
  readonly platform: string
  readonly username: string
  readonly url: string
}

/** A person who can sign in. */
export interface User {
  readonly sub: Sub
  /** Lower-case; what the person signs in with. */
  readonly email: string
  readonly emailVerified: boolean
  /** A PHC string of a memory-hard hash; absent for somebody who cannot sign in with a password. */
  readonly passwordHash: string | undefined
  readonly name: string
  readonly givenName: string | undefined
  readonly familyName: string | undefined
  /** An absolute URL. */
  readonly picture: string | undefined
  /** ISO 8601 date, `YYYY-MM-DD`. */
  readonly birthDate: string | undefined
  readonly gender: Gender | undefined
  readonly secondEmail: string | undefined
  readonly phoneNumber: string | undefined
  /** ISO 3166-1 alpha-2, upper-case. */
  readonly country: string | undefined
  /** BCP 47. */
  readonly locale: string | undefined
  readonly socials: readonly SocialProfile[]
  /** A test user may be served in test mode where a domain is set to serve nobody else. */
  readonly test: boolean
  readonly disabledAt: Date | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
}

export const ADDRESS_TYPES = ['standard', 'billing', 'business', 'contract', 'mailing', 'shipping'] as const
export type AddressType = (typeof ADDRESS_TYPES)[number]

/** What a caller may say of an address; field names as in xwms-api.md, in camelCase. */
export interface AddressFields {
  readonly type: AddressType
  readonly name: string | undefined
  readonly companyName: string | undefined
  readonly firstname: string | undefined
  readonly lastname: string | undefined
  readonly phone: string | undefined
  readonly email: string | undefined
  readonly taxNr: string | undefined
  readonly registrationNr: string | undefined
  readonly accessCode: string | undefined
  readonly postalCode: string | undefined
  readonly houseNumber: string | undefined
  readonly street: string | undefined
  readonly city: string | undefined
  /** ISO 3166-1 alpha-2, upper-case. */
  readonly country: string
}

export interface Address extends AddressFields {
  /** A positive integer below 2^53, given by the storage. */
  readonly id: number
  readonly sub: Sub
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A browser in which somebody is signed in. */
export interface Session {
  /** SHA-256 of the session cookie's value, base64url. */
  readonly idHash: string
  /** The `sid` of OpenID Connect: names the session to clients without opening it. */
  readonly sid: string
  readonly sub: Sub
  /** When the person last proved who they are: `auth_time`. */
  readonly authenticatedAt: Date
  /** Authentication methods, RFC 8176 values such as `pwd`. */
  readonly amr: readonly string[]
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly ip: string
  readonly userAgent: string | undefined
}
