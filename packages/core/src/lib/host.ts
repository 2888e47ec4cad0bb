import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

const ORDINARY = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/

/** Letters, marks and digits of any script. `domainToASCII` would stop at a `/`, `?`, `#` or `\` and take what precedes it. */
const LABELS = /^[\p{L}\p{M}\p{N}.-]+$/u

/** A host whose last label is a number is an IPv4 address, which has many spellings (WHATWG URL section 3.5). */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/

/**
 * A host as it is stored and compared: lower-case, in ASCII (IDNA) form, without port or trailing dot (xwms-api.md).
 * IPv6 addresses keep their brackets.
 * @returns `undefined` for what is no host
 */
export function normaliseHost(text: string): string | undefined {
  // What nearly every request carries needs no work.
  if (text.length <= 253 && ORDINARY.test(text) && !ENDS_IN_NUMBER.test(text)) return text
  if (text.length > 512) return undefined
  const bracketed = /^\[([0-9a-f:.]+)\](?::\d{1,5})?$/i.exec(text)
  if (bracketed)
    return isIP(bracketed[1] as string) === 6 ? `[${(bracketed[1] as string).toLowerCase()}]` : undefined
  const bare = text.replace(/:\d{1,5}$/, '').replace(/\.$/, '')
  if (!LABELS.test(bare)) return undefined
  const ascii = domainToASCII(bare)
  return ascii !== '' && ascii.length <= 253 && ORDINARY.test(ascii) ? ascii : undefined
}

/** Whether a host (with or without port) can only be this machine. */
export function isLoopbackHost(host: string): boolean {
  const name = normaliseHost(host)
  return (
    name === 'localhost' ||
    name === '[::1]' ||
    name?.endsWith('.localhost') === true ||
    (name !== undefined && isIP(name) === 4 && name.startsWith('127.'))
  )
}
