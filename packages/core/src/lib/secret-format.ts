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

/**
 * A new client secret: `xwms_sk_`, 256 random bits as 43 characters, and a checksum of six, by which a scanner tells a secret from
 * what only looks like one; 57 characters.
 */
export function newSecret(): string {
  const random = Array.from({ length: RANDOM_LENGTH }, () => BASE62[randomInt(BASE62.length)]).join('')
  const body = SECRET_PREFIX + random
  return body + checksum(body)
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
