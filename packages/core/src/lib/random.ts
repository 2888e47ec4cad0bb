import { randomBytes, randomInt } from 'node:crypto'

/** 256 random bits as base64url: 43 characters. */
export function randomToken(): string {
  return randomBytes(32).toString('base64url')
}

/** A new id: `prefix`, an underscore and 120 random bits as 20 base64url characters. */
export function randomId(prefix: string): string {
  return `${prefix}_${randomBytes(15).toString('base64url')}`
}

/** A random integer from 1 to 2^53 − 1, as decimal text: a new `sub` (xwms-api.md). */
export function randomSub(): string {
  // randomInt covers ranges of up to 2^48 − 1, so the number is put together from 26 and 27 bits.
  const value = randomInt(2 ** 26) * 2 ** 27 + randomInt(2 ** 27)
  return value === 0 ? randomSub() : String(value)
}
