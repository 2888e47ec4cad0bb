import type { X509Certificate } from 'node:crypto'
import ipaddr from 'ipaddr.js'

/** How a certificate's subject is expected to be called (RFC 8705 section 2.1.2); one of these. */
export interface ExpectedSubject {
  /** A distinguished name as RFC 4514 writes it: `CN=shop,O=Acme,C=NL`. */
  readonly dn?: string | undefined
  readonly dns?: string | undefined
  readonly uri?: string | undefined
  readonly ip?: string | undefined
  readonly email?: string | undefined
}

/** Whether a certificate's subject is called as expected. Nothing expected matches nothing. */
export function matchesSubject(
  certificate: X509Certificate,
  { dn, dns, uri, ip, email }: ExpectedSubject,
): boolean {
  if (dn !== undefined)
    return dn !== '' && sameName(rdnsOf(certificate.subject ?? '', '\n').reverse(), rdnsOf(dn, ','))
  const names = alternativeNames(certificate.subjectAltName ?? '')
  if (dns !== undefined) {
    return names.some(([kind, name]) => kind === 'DNS' && name.toLowerCase() === dns.toLowerCase())
  }
  if (uri !== undefined) return names.some(([kind, name]) => kind === 'URI' && name === uri)
  if (email !== undefined) return names.some(([kind, name]) => kind === 'email' && name === email)
  const address = normalIp(ip)
  return (
    address !== undefined && names.some(([kind, name]) => kind === 'IP Address' && normalIp(name) === address)
  )
}

/**
 * A name's relative distinguished names, each as its sorted `type=value` pairs. Node writes them as RFC 2253 escapes them, the
 * most significant first and one to a line; RFC 4514 writes the most significant last, and commas between.
 */
function rdnsOf(name: string, separator: ',' | '\n'): string[] {
  return splitUnescaped(name, separator).map(rdn =>
    JSON.stringify(splitUnescaped(rdn, '+').map(attribute).sort()),
  )
}

function sameName(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((rdn, index) => rdn === other[index])
}

/** Types are compared without case (RFC 4512 section 2.5); values as they are, once unescaped. */
function attribute(text: string): string {
  const equals = text.indexOf('=')
  const type = text.slice(0, Math.max(0, equals)).trim().toLowerCase()
  // A space at the end belongs to the value when it is escaped.
  const value = text
    .slice(equals + 1)
    .replace(/^ +/, '')
    .replace(/(?<!\\) +$/, '')
  return `${type}=${unescaped(value)}`
}

function splitUnescaped(text: string, separator: string): string[] {
  const parts = ['']
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string
    if (character === separator) {
      parts.push('')
      continue
    }
    parts[parts.length - 1] += character === '\\' ? character + (text[++index] ?? '') : character
  }
  return parts
}

/** RFC 4514 section 2.4: `\,` is a comma, and `\C3\A9` two octets of UTF-8. */
function unescaped(value: string): string {
  return value.replace(/((?:\\[0-9a-f]{2})+)|\\(.)/gi, (_, octets: string | undefined, character: string) =>
    octets === undefined ? character : Buffer.from(octets.replaceAll('\\', ''), 'hex').toString('utf8'),
  )
}

/** Node's `DNS:shop.example.com, URI:"https://…"`: names that hold a comma or the like are quoted as in JSON. */
function alternativeNames(text: string): [kind: string, name: string][] {
  return [...text.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(
    ([, kind = '', name = '']) => [kind, name.startsWith('"') ? String(JSON.parse(name)) : name],
  )
}

function normalIp(text: string | undefined): string | undefined {
  return text !== undefined && ipaddr.isValid(text) ? ipaddr.process(text).toNormalizedString() : undefined
}
