/**
 * The alphabet of user codes: letters that every keyboard has and nobody mistakes for a digit, and no vowels, so that they
 * spell nothing (RFC 8628 section 6.1).
 */
export const USER_CODE_LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'

/** 20^8 codes: 34.5 bits, which the limit on attempts makes enough (RFC 8628 section 5.1). */
export const USER_CODE_LENGTH = 8

const USER_CODE = new RegExp(`^[${USER_CODE_LETTERS}]{${USER_CODE_LENGTH}}$`)

/** A code as somebody typed it, in upper case and without whatever stood between the letters; `undefined` when it is none. */
export function parseUserCode(typed: string): string | undefined {
  const code = typed
    .slice(0, 64)
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
  return USER_CODE.test(code) ? code : undefined
}

/** A code as people read it. */
export function showUserCode(code: string): string {
  return `${code.slice(0, USER_CODE_LENGTH / 2)}-${code.slice(USER_CODE_LENGTH / 2)}`
}
