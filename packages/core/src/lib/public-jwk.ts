import * as z from 'zod'
import { listOf, oneOf, string, text } from './schema.ts'

/** Members of a private or a symmetric key (RFC 7518 section 6). Whoever sends one has told it to us, and maybe to a log. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** RFC 7518 section 6.3: a modulus of at least 2048 bits is 342 characters of base64url. */
const LEAST_MODULUS = 342

const base64url = text()
  .max(2048, 'must have at most 2048 characters')
  .regex(/^[A-Za-z0-9_-]+$/, 'must be base64url')
const base64 = text()
  .max(8192, 'must have at most 8192 characters')
  .regex(/^[A-Za-z0-9+/]+=*$/, 'must be base64')
const name = text()
  .min(1, 'must not be empty')
  .max(255, 'must have at most 255 characters')
  .regex(/^[\x20-\x7E]*$/, 'must be printable ASCII')

/** What of a key is kept; RFC 7517 section 4 has whatever else there is ignored. */
const members = z.object({
  kty: oneOf(['RSA', 'EC', 'OKP']),
  kid: name.optional(),
  alg: name.optional(),
  use: name.optional(),
  key_ops: listOf(name, 'must be a list').max(10, 'must have at most 10 entries').optional(),
  n: base64url.min(LEAST_MODULUS, 'must have at least 2048 bits (RFC 7518 section 3.3)').optional(),
  e: base64url.optional(),
  crv: name.optional(),
  x: base64url.optional(),
  y: base64url.optional(),
  x5c: listOf(base64, 'must be a list').max(10, 'must have at most 10 entries').optional(),
  x5t: base64url.optional(),
  'x5t#S256': base64url.optional(),
})

const NEEDED = { RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'] } as const

/** A public key as a JSON Web Key (RFC 7517). */
export const publicJwk = z
  .record(string(), z.unknown(), 'must be a JSON Web Key (RFC 7517)')
  .superRefine((key, context) => {
    const secret = PRIVATE.filter(member => key[member] !== undefined)
    if (secret.length === 0) return
    const message = `must be a public key, without ${secret.join(', ')}; take this key out of use`
    context.addIssue({ code: 'custom', message })
  })
  .pipe(
    members.superRefine(
      (key, context) => {
        // What is there and wrong has been told of.
        const told = new Set(context.issues.map(({ path }) => path?.[0]))
        for (const member of NEEDED[key.kty]) {
          if (key[member] !== undefined || told.has(member)) continue
          context.addIssue({ code: 'custom', path: [member], message: `is required where kty is ${key.kty}` })
        }
      },
      { when: ({ value }) => isKnownType((value as { kty?: unknown } | undefined)?.kty) },
    ),
  )

function isKnownType(kty: unknown): boolean {
  return typeof kty === 'string' && Object.hasOwn(NEEDED, kty)
}
