import type { Context } from '../context/context.ts'
import { type ClaimsRequest, parseClaimsRequest } from '../context/tokens/claims-request.ts'
import { CLAIM_WORDS, SCOPE_CLAIMS, SIGN_IN_CLAIMS } from '../context/tokens/standard-claims.ts'
import { subjectFor } from '../context/tokens/subject.ts'
import type { Grant } from '../model/authorization.ts'
import type { Client } from '../model/client.ts'
import type { Address, User } from '../model/user.ts'

type Claims = Readonly<Record<string, unknown>>

/** About whom claims are, and to whom they are told. */
export interface ClaimsSubject {
  readonly client: Client
  readonly grant: Pick<Grant, 'scopes' | 'parameters'>
  readonly user: User
}

/**
 * What the UserInfo endpoint tells (OpenID Connect Core section 5.3.2): the claims that the scopes bring (section 5.4), and
 * those that the `claims` parameter asked for there (section 5.5), as far as there is anything to tell.
 */
export async function userinfoClaims(
  context: Context,
  { client, grant, user }: ClaimsSubject,
  scopes: readonly string[],
): Promise<Claims> {
  const names = scopes.flatMap(
    scope => (Object.hasOwn(SCOPE_CLAIMS, scope) ? SCOPE_CLAIMS[scope] : undefined) ?? [],
  )
  names.push(...singleClaims(grant, 'userinfo'))
  return { sub: await subjectFor(context, client, user.sub), ...(await claimsOf(context, user, names)) }
}

/** What an ID token tells of the user, because the `claims` parameter asked for it there (section 5.5). */
export async function idTokenClaims(context: Context, { grant, user }: ClaimsSubject): Promise<Claims> {
  return claimsOf(context, user, singleClaims(grant, 'idToken'))
}

/** What the `claims` parameter asked for, without what was approved as part of a scope that the grant has no more. */
function singleClaims(
  { scopes, parameters }: Pick<Grant, 'scopes' | 'parameters'>,
  place: keyof ClaimsRequest,
): readonly string[] {
  const { claims, scope = '' } = parameters
  if (claims === undefined) return []
  const lost = scope.split(' ').filter(name => !scopes.includes(name))
  const gone = new Set(lost.flatMap(name => (Object.hasOwn(SCOPE_CLAIMS, name) && SCOPE_CLAIMS[name]) || []))
  return [...parseClaimsRequest(claims)[place].keys()].filter(name => !gone.has(name))
}

/** Section 5.1: what the kit knows of every user, by the claim that tells it. */
const OF_USER: ReadonlyMap<string, (user: User) => unknown> = new Map<string, (user: User) => unknown>([
  ['name', user => user.name],
  ['given_name', user => user.givenName],
  ['family_name', user => user.familyName],
  ['picture', user => user.picture],
  ['birthdate', user => user.birthDate],
  ['gender', user => user.gender],
  ['locale', user => user.locale],
  ['updated_at', user => Math.floor(user.updatedAt.getTime() / 1000)],
  ['email', user => user.email],
  ['email_verified', user => user.emailVerified],
  ['phone_number', user => user.phoneNumber],
])

/** Absent values are left out (section 5.3.2), neither null nor empty. */
async function claimsOf(context: Context, user: User, names: readonly string[]): Promise<Claims> {
  const { accounts } = context
  const hosts =
    accounts.claims && names.some(name => !OF_USER.has(name) && !SIGN_IN_CLAIMS.has(name))
      ? await accounts.claims(user)
      : {}
  const told: [name: string, value: unknown][] = []
  for (const name of new Set(names)) {
    // Who the user is and how they signed in is not the host's to say.
    if (SIGN_IN_CLAIMS.has(name)) continue
    const value =
      OF_USER.get(name)?.(user) ??
      (Object.hasOwn(hosts, name) ? hosts[name] : await kitsOwn(context, user, name))
    if (value !== undefined && value !== null) told.push([name, value])
  }
  return Object.fromEntries(told)
}

/** What the kit says of a user where the host does not. */
async function kitsOwn({ storage }: Context, user: User, name: string): Promise<unknown> {
  // Nobody has confirmed it.
  if (name === 'phone_number_verified') return user.phoneNumber === undefined ? undefined : false
  if (name !== 'address') return undefined
  const [address] = await storage.addresses.list(user.sub)
  return address && addressClaim(address)
}

/** Section 5.1.1. */
function addressClaim(address: Address): Claims {
  const street = [address.street, address.houseNumber].filter(Boolean).join(' ')
  return {
    street_address: street || undefined,
    locality: address.city,
    postal_code: address.postalCode,
    country: address.country,
  }
}

/** The claims that can be told, for the metadata; what a host adds beside the standard ones, it alone knows. */
export function supportedClaims({ accounts }: Context): readonly string[] {
  const ofUsers = accounts.claims ? Object.values(SCOPE_CLAIMS).flat() : Object.keys(CLAIM_WORDS)
  return [...OF_TOKENS, ...ofUsers]
}

const OF_TOKENS = ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'acr', 'amr', 'nonce', 'sid', 'at_hash']
