import * as crypto from 'node:crypto'

/** SHA-256, base64url: how random secrets and tokens are stored. They have 256 bits, so no salt or stretching is needed. */
export function sha256(value: string): string {
  return crypto.hash('sha256', value, 'base64url')
}

/**
 * Whether two strings are the same, in a time that depends on the length of `given` alone.
 * Plain code, because wrapping both in buffers for `timingSafeEqual` costs more than the comparison.
 */
export function constantTimeEqual(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length
  for (let index = 0; index < given.length; index++) {
    // Past the end of `expected`, charCodeAt is NaN, which counts as zero here; the lengths differ by then.
    difference |= given.charCodeAt(index) ^ expected.charCodeAt(index)
  }
  return difference === 0
}
