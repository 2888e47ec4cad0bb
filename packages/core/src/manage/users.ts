import * as z from 'zod'
import { auditEntry } from '../context/audit-entry.ts'
import { checkInput } from '../context/check-input.ts'
import { InputError } from '../errors.ts'
import { normaliseEmail } from '../lib/email.ts'
import { hashPassword } from '../lib/password.ts'
import { randomSub } from '../lib/random.ts'
import { distinct, flag, label, normalised, text, without } from '../lib/schema.ts'
import { webUrlProblem } from '../lib/web-url.ts'
import { GENDERS, type Gender, type SocialProfile, type User } from '../model/user.ts'
import type { Storage } from '../storage/storage.ts'
import type { ManageEnvironment } from './environment.ts'

/** What {@link createUser} may be told; whatever is left out stays empty, unless it says otherwise. */
export interface UserInput {
  /** Stored in lower case; what the person signs in with. */
  readonly email: string
  /** 8 to 256 characters. Left out for somebody who cannot sign in with a password. */
  readonly password?: string
  /** Default: the given and family names, or else the email address up to its `@`. */
  readonly name?: string
  readonly givenName?: string
  readonly familyName?: string
  /** Default false. */
  readonly emailVerified?: boolean
  /** Default false. */
  readonly test?: boolean
  /** An http or https URL. */
  readonly picture?: string
  /** ISO 8601 date, `YYYY-MM-DD`. */
  readonly birthDate?: string
  readonly gender?: Gender
  readonly secondEmail?: string
  /** E.164, such as `+31201234567`. */
  readonly phoneNumber?: string
  /** ISO 3166-1 alpha-2, upper-case. */
  readonly country?: string
  readonly socials?: readonly SocialProfile[]
}

// NIST SP 800-63B, section 3.1.1.2: at least 8 where more than a password protects what matters, and no rules of
// composition. The upper bound keeps a form from becoming work.
const PASSWORD_MIN_LENGTH = 8
const PASSWORD_MAX_LENGTH = 256

/** Two random numbers of 53 bits are hardly ever the same; running out of attempts means that something else is wrong. */
const SUB_ATTEMPTS = 5

const email = normalised(normaliseEmail, 'must be an email address such as ann@example.com')
const webUrl = without(webUrlProblem)

/** Lengths are counted in code points, of the form that is hashed. */
const password = text()
  .refine(value => codePoints(value) >= PASSWORD_MIN_LENGTH, {
    error: `must have at least ${PASSWORD_MIN_LENGTH} characters`,
  })
  .refine(value => codePoints(value) <= PASSWORD_MAX_LENGTH, {
    error: `must have at most ${PASSWORD_MAX_LENGTH} characters`,
  })

const userInput = z.strictObject({
  email,
  password: password.optional(),
  name: label.optional(),
  givenName: label.optional(),
  familyName: label.optional(),
  emailVerified: flag.default(false),
  test: flag.default(false),
  picture: webUrl.optional(),
  birthDate: text().check(z.iso.date('must be a date such as 1990-12-31')).optional(),
  gender: z.enum(GENDERS, `must be one of ${GENDERS.join(', ')}`).optional(),
  secondEmail: email.optional(),
  phoneNumber: text().check(z.e164('must be an international number such as +31201234567')).optional(),
  country: text()
    .regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code such as NL')
    .optional(),
  socials: distinct(z.strictObject({ platform: label, username: label, url: webUrl })).default([]),
})

/**
 * Creates a person who can sign in.
 * @throws {InputError} `invalid_input`, or `email_taken`
 */
export async function createUser(environment: ManageEnvironment, input: UserInput): Promise<User> {
  const { password, ...fields } = checkInput(userInput, input)
  const passwordHash = password === undefined ? undefined : await hashPassword(password)
  for (let attempt = 1; attempt <= SUB_ATTEMPTS; attempt++) {
    const user: User = {
      sub: randomSub(),
      email: fields.email,
      emailVerified: fields.emailVerified,
      passwordHash,
      name: fields.name ?? defaultName(fields),
      givenName: fields.givenName,
      familyName: fields.familyName,
      picture: fields.picture,
      birthDate: fields.birthDate,
      gender: fields.gender,
      secondEmail: fields.secondEmail,
      phoneNumber: fields.phoneNumber,
      country: fields.country,
      locale: undefined,
      socials: fields.socials,
      test: fields.test,
      disabledAt: undefined,
      createdAt: environment.now,
      updatedAt: environment.now,
    }
    // The audit is never cleaned, so it keeps what tells people apart and no further personal details.
    const { sub, email, emailVerified, name, test } = user
    const after = { sub, email, emailVerified, name, test }
    const audit = auditEntry(environment, { action: 'user.created', target: sub, after })
    const { outcome } = await environment.storage.users.create(user, audit)
    if (outcome === 'created') return user
    if (outcome === 'email_taken') {
      throw new InputError(
        'email_taken',
        `There is a user with the address ${email} already. Choose another address, or use that account.`,
        { email: 'is taken' },
      )
    }
  }
  throw new Error(`No free sub was found in ${SUB_ATTEMPTS} attempts.`)
}

/** Finds a person by email address, in whatever case, or by `sub`. */
export async function findUser(
  users: Pick<Storage['users'], 'find' | 'findByEmail'>,
  emailOrSub: string,
): Promise<User | undefined> {
  if (/^\d{1,16}$/.test(emailOrSub)) return users.find(emailOrSub)
  const email = normaliseEmail(emailOrSub)
  return email === undefined ? undefined : users.findByEmail(email)
}

function defaultName(fields: { email: string; givenName?: string; familyName?: string }): string {
  const name = [fields.givenName, fields.familyName].filter(part => part !== undefined).join(' ')
  return name || (fields.email.split('@')[0] as string)
}

function codePoints(password: string): number {
  return [...password.normalize('NFC')].length
}
