import { X509Certificate } from 'node:crypto'
import * as z from 'zod'
import { publicJwk } from '../lib/public-jwk.ts'
import { resourceIndicatorProblem } from '../lib/resource-indicator.ts'
import { listOf, oneOf, recordOf, string } from '../lib/schema.ts'
import { SIGNING_ALGORITHMS } from '../model/authorization.ts'
import type { AuthorizationDetailType, HostSigningKey, KeyOptions } from './options.ts'

const DAY_SECONDS = 86_400

const flag = z.boolean('must be true or false')
/** None is longer than ten years: what lasts that long ends by no clock any more, and dates have an end. */
export const wholeSeconds = z
  .int('must be a whole number of seconds')
  .max(315_360_000, 'must be at most ten years (315,360,000 seconds)')
const named = string('must be text').min(1, 'must not be empty')
const secret = string('must be text').min(
  32,
  'must have at least 32 characters, and be random: openssl rand -base64 32 makes one',
)
export const withMethods = (...methods: readonly string[]) =>
  z.custom<object>(
    value =>
      typeof value === 'object' &&
      value !== null &&
      methods.every(method => typeof (value as Record<string, unknown>)[method] === 'function'),
    // Without `abort`, which z.custom has by default, what stands around it is checked too.
    { error: `must be an object with the functions ${methods.join(', ')}`, abort: false },
  )

/** RFC 7518 section 3.1, RFC 8037: the kind of key that each algorithm signs with. */
const KEY_TYPES = { RS256: 'RSA', PS256: 'RSA', ES256: 'EC', EdDSA: 'OKP' } as const

/** Not strict: it may be an object of a class of the host's, with members of its own. */
const hostedKey = z
  .object({
    kid: named,
    alg: oneOf(SIGNING_ALGORITHMS),
    publicJwk,
    // Without `abort`, which z.custom has by default, the checks that compare keys go on.
    sign: z.custom<HostSigningKey['sign']>(value => typeof value === 'function', {
      error: 'must be a function',
      abort: false,
    }),
  })
  .superRefine(
    ({ alg, publicJwk: { kty } }, context) => {
      if (kty === KEY_TYPES[alg]) return
      const message = `must have the kty ${KEY_TYPES[alg]}, as ${alg} needs it`
      context.addIssue({ code: 'custom', path: ['publicJwk', 'kty'], message })
    },
    { when: ({ value }) => hasKinds(value) },
  )

/** Whether a key says its algorithm and its kind; whatever else is wrong with it, the two can be compared. */
function hasKinds(value: unknown): boolean {
  const { alg, publicJwk } = (value ?? {}) as Readonly<Record<string, unknown>>
  const { kty } = (publicJwk ?? {}) as Readonly<Record<string, unknown>>
  return typeof alg === 'string' && Object.hasOwn(KEY_TYPES, alg) && typeof kty === 'string'
}

/** Not the first key of a `kid`, but each that repeats it. */
function repeatsKid(keys: readonly unknown[]): readonly number[] {
  const kids = keys.map(key => (key as Partial<HostSigningKey> | undefined)?.kid)
  return kids.flatMap((kid, index) => (kid !== undefined && kids.indexOf(kid) !== index ? [index] : []))
}

/** The option `keys`. */
export const keyOptions = z
  .strictObject({
    encryptionSecrets: listOf(secret, 'must be a list').optional(),
    hosted: listOf(hostedKey, 'must be a list')
      .superRefine(
        (keys, context) => {
          const message = 'must not be that of another key'
          for (const index of repeatsKid(keys))
            context.addIssue({ code: 'custom', path: [index, 'kid'], message })
        },
        { when: ({ value }) => Array.isArray(value) },
      )
      .optional(),
    rotateAfterSeconds: wholeSeconds.min(0, 'must not be negative').optional(),
    publishAheadSeconds: wholeSeconds.min(0, 'must not be negative').optional(),
  })
  .refine(isPublishedInTime, {
    path: ['publishAheadSeconds'],
    message: 'must be less than rotateAfterSeconds: a key is published while the one before it signs',
    // Whatever else is wrong: every problem is named at once.
    when: ({ value }) => typeof value === 'object' && value !== null,
  })

/** What is no number is a problem of its own. */
function isPublishedInTime({
  rotateAfterSeconds = 90 * DAY_SECONDS,
  publishAheadSeconds = DAY_SECONDS,
}: Pick<KeyOptions, 'rotateAfterSeconds' | 'publishAheadSeconds'>): boolean {
  return rotateAfterSeconds === 0 || !(publishAheadSeconds >= rotateAfterSeconds)
}

const resourceIndicator = string().superRefine((indicator, context) => {
  const problem = resourceIndicatorProblem(indicator)
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
})

/**
 * The option `oauth`.
 * @param scopes every scope of the configuration
 */
export function oauthOptions(scopes: readonly string[]) {
  const knownScopes = listOf(
    string('must be text').refine(
      scope => scopes.includes(scope),
      'must be one of the option scopes; add it there',
    ),
    'must be a list of scopes',
  )
  const selfMade = {
    workspaceId: named,
    scopes: knownScopes.optional(),
    maxClients: z.int('must be a whole number').min(1, 'must be at least 1').optional(),
    unusedSeconds: wholeSeconds
      .min(3600, 'must be at least an hour: somebody may be about to sign in')
      .optional(),
  }
  return z.strictObject({
    resources: recordOf(
      resourceIndicator,
      z.strictObject({
        name: named,
        scopes: knownScopes.optional(),
        clientId: named.optional(),
        exchangedFrom: listOf(resourceIndicator, 'must be a list').optional(),
        tokenFormat: oneOf(['opaque', 'jwt']).optional(),
        signingAlgorithm: oneOf(SIGNING_ALGORITHMS).optional(),
        accessTokenSeconds: wholeSeconds.min(1, 'must be at least 1 second').optional(),
        requireSenderConstraint: flag.optional(),
      }),
    ).optional(),
    authorizationDetails: recordOf(
      named,
      withMethods('describe', 'problem') as z.ZodType<AuthorizationDetailType>,
    ).optional(),
    registration: z
      .strictObject({
        ...selfMade,
        initialAccessTokens: listOf(secret, 'must be a list').min(
          1,
          'must have a token: without one nobody could register',
        ),
      })
      .optional(),
    clientIdMetadataDocuments: z.strictObject(selfMade).optional(),
    tokenExchange: flag.optional(),
    requireDpopNonce: flag.optional(),
    mtlsBaseUrl: string('must be text')
      .refine(
        isBaseUrl,
        'must be like https://mtls.example.com, without a slash at the end, a query or a fragment',
      )
      .optional(),
  })
}

/** The option `outbound`. */
export const outboundOptions = z.strictObject({
  allowPrivateAddresses: flag.optional(),
  ca: string('must be text').refine(isCertificate, 'must be certificates in PEM').optional(),
  timeoutSeconds: z
    .number('must be a number of seconds')
    .positive('must be more than 0')
    .max(60, 'must be at most 60 seconds')
    .optional(),
})

/** Endpoint paths are put behind it as they are. */
function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, origin, pathname, username, password } = new URL(text)
  const path = pathname === '/' ? '' : pathname
  return protocol === 'https:' && username + password === '' && text === origin + path && !text.endsWith('/')
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}
