import { normaliseHost } from './host.ts'

/** The local part as HTML's `<input type="email">` allows it: RFC 5321's, without its quoted form. */
const LOCAL_PART = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}$/

/** Letters of any script: no port, no address in brackets, nothing that a URL parser would read as more than a host. */
const DOMAIN = /^[\p{L}\p{M}\p{N}.-]+$/u

/**
 * An email address as it is stored and compared: lower-case, with its host in ASCII (IDNA) form. RFC 5321 section 2.4
 * lets a host tell `Ann@` from `ann@`; none does, and people type both.
 * @returns `undefined` for what is no email address
 */
export function normaliseEmail(text: string): string | undefined {
  const [localPart = '', domain = '', ...more] = text.trim().toLowerCase().split('@')
  if (more.length > 0 || !LOCAL_PART.test(localPart) || !DOMAIN.test(domain)) return undefined
  const host = normaliseHost(domain)
  // RFC 5321 section 4.5.3.1.3, as corrected by erratum 1690.
  return host === undefined || localPart.length + 1 + host.length > 254 ? undefined : `${localPart}@${host}`
}
