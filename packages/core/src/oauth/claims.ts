import type { Address, User } from '../model/user.ts'

/** OpenID Connect Core section 5.4: which claims a scope asks for. Absent values are left out (section 5.3.2). */
export function userClaims(
  user: User,
  scopes: readonly string[],
  address: Address | undefined,
): Readonly<Record<string, unknown>> {
  const claims: Record<string, unknown> = { sub: user.sub }
  if (scopes.includes('profile')) {
    claims.name = user.name
    claims.given_name = user.givenName
    claims.family_name = user.familyName
    claims.picture = user.picture
    claims.birthdate = user.birthDate
    claims.gender = user.gender
    claims.locale = user.locale
    claims.updated_at = Math.floor(user.updatedAt.getTime() / 1000)
  }
  if (scopes.includes('email')) {
    claims.email = user.email
    claims.email_verified = user.emailVerified
  }
  if (scopes.includes('phone') && user.phoneNumber !== undefined) {
    claims.phone_number = user.phoneNumber
    claims.phone_number_verified = false
  }
  if (scopes.includes('address') && address !== undefined) claims.address = addressClaim(address)
  return claims
}

/** OpenID Connect Core section 5.1.1. */
function addressClaim(address: Address): Readonly<Record<string, unknown>> {
  const street = [address.street, address.houseNumber].filter(Boolean).join(' ')
  return {
    street_address: street || undefined,
    locality: address.city,
    postal_code: address.postalCode,
    country: address.country,
  }
}

/** The claims that each scope can bring, for the metadata. */
export const CLAIMS_SUPPORTED = [
  'sub',
  'iss',
  'aud',
  'exp',
  'iat',
  'auth_time',
  'amr',
  'nonce',
  'sid',
  'name',
  'given_name',
  'family_name',
  'picture',
  'birthdate',
  'gender',
  'locale',
  'updated_at',
  'email',
  'email_verified',
  'phone_number',
  'phone_number_verified',
  'address',
] as const
