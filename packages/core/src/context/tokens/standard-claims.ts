/** The claims that each scope brings (OpenID Connect Core section 5.4). */
export const SCOPE_CLAIMS: Readonly<Record<string, readonly string[]>> = {
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
}

/** The standard claims that the kit knows by itself (section 5.1), each as the consent page names it. The host may know others. */
export const CLAIM_WORDS: Readonly<Record<string, string>> = {
  name: 'See your name',
  family_name: 'See your family name',
  given_name: 'See your given name',
  picture: 'See your picture',
  gender: 'See your gender',
  birthdate: 'See your birth date',
  locale: 'See your language',
  updated_at: 'See when your account was last changed',
  email: 'See your email address',
  email_verified: 'See whether your email address is confirmed',
  address: 'See your postal address',
  phone_number: 'See your phone number',
  phone_number_verified: 'See whether your phone number is confirmed',
}

/** Claims about the sign-in itself, and of the token that carries them: a client is told them without asking. */
export const SIGN_IN_CLAIMS: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
  'auth_time',
  'nonce',
  'acr',
  'amr',
  'azp',
  'sid',
  'at_hash',
  'c_hash',
])
