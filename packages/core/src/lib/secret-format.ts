import { randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** What every client secret begins with, so that people and secret scanners recognise one that leaked. */
export const SECRET_PREFIX = 'xwms_sk_'

/** Letters and digits alone: a double click selects the whole secret, and no scanner takes part of it for a sign. */
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** 62^43 is a little more than 2^256. */
const RANDOM_LENGTH = 43
/** 62^6 is more than 2^32, so six digits hold any CRC-32. */
const CHECKSUM_LENGTH = 6

const FORMAT = new RegExp(`^${SECRET_PREFIX}[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`)

/** A new client secret: `xwms_sk_`, 256 random bits as 43 characters, and a checksum of six; 57 characters. */
export function newSecret(): string {
  const random = Array.from({ length: RANDOM_LENGTH }, () => BASE62[randomInt(BASE62.length)]).join('')
  const body = SECRET_PREFIX + random
  return body + checksum(body)
}

/**
 * Whether a text is written as {@link newSecret} writes secrets, its checksum included. It tells a mistyped or foreign
 * value from a secret without asking the storage; it does not tell whether the secret works.
 */
export function isSecretFormat(text: string): boolean {
  return FORMAT.test(text) && checksum(text.slice(0, -CHECKSUM_LENGTH)) === text.slice(-CHECKSUM_LENGTH)
}

/** The CRC-32 of all that precedes it, in base 62, most significant digit first. */
function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let digit = 0; digit < CHECKSUM_LENGTH; digit++) {
    digits = BASE62[rest % BASE62.length] + digits
    rest = Math.floor(rest / BASE62.length)
  }
  return digits
}
