import { randomFillSync, randomInt } from 'node:crypto'

/** 256 random bits as base64url: 43 characters. */
export function randomToken(): string {
  return randomText(32)
}

/** A new id: `prefix`, an underscore and 120 random bits as 20 base64url characters. */
export function randomId(prefix: string): string {
  return `${prefix}_${randomText(15)}`
}

/** A random integer from 1 to 2^53 − 1, as decimal text: a new `sub` (xwms-api.md). */
export function randomSub(): string {
  // randomInt covers ranges of up to 2^48 − 1, so the number is put together from 26 and 27 bits.
  const value = randomInt(2 ** 26) * 2 ** 27 + randomInt(2 ** 27)
  return value === 0 ? randomSub() : String(value)
}

/** Random bytes that nobody has been given yet. OpenSSL takes as long for a few of them as for all: microseconds. */
const pool = Buffer.allocUnsafeSlow(4096)
let given = pool.length

function randomText(bytes: number): string {
  if (given + bytes > pool.length) {
    randomFillSync(pool)
    given = 0
  }
  const text = pool.toString('base64url', given, given + bytes)
  // What is a secret now stays in no buffer.
  pool.fill(0, given, given + bytes)
  given += bytes
  return text
}
