import { isIPv4 } from 'node:net'
import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js'
import { LRUCache } from 'lru-cache'
import { keptText } from './kept-text.ts'

/** Whether `text` is an address or a CIDR range, IPv4 or IPv6, as an allowlist may hold. */
export function isIpRange(text: string): boolean {
  return ipaddr.isValid(text) ? !text.includes('%') : ipaddr.isValidCIDR(text)
}

/**
 * Makes a test of addresses against an allowlist of addresses and CIDR ranges. An empty list allows every address.
 * An IPv4 address that arrives as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
 */
export function ipMatcher(allowlist: readonly string[]): (ip: string) => boolean {
  if (allowlist.length === 0) return () => true
  const ranges = allowlist.map(parseRange)
  return ip => {
    if (!ipaddr.isValid(ip)) return false
    const address = ipaddr.process(ip)
    return ranges.some(([base, bits]) => address.kind() === base.kind() && address.match(base, bits))
  }
}

/** How a server that listens on `::` sees an IPv4 address. */
const MAPPED = '::ffff:'
/** No address is longer, its zone included. */
const MAX_ADDRESS = 64
/** Parsing IPv6 costs more than all else that is kept of a request, and who comes comes again. */
const written = new LRUCache<string, string>({ max: 1000 })

/**
 * An address in the one form that is kept and searched, and that people read: an IPv4 one that arrives as IPv6 is the IPv4 address, and
 * IPv6 is as RFC 5952 writes it. What is no address, as a proxy may pass it on, is kept as it is, within {@link keptText}'s bounds.
 */
export function addressText(ip: string): string {
  if (isIPv4(ip)) return ip
  if (ip.startsWith(MAPPED)) {
    const rest = ip.slice(MAPPED.length)
    if (isIPv4(rest)) return rest
  }
  if (ip.length > MAX_ADDRESS) return keptText(ip)
  let text = written.get(ip)
  if (text === undefined) {
    text = ipaddr.isValid(ip) ? textOf(ipaddr.process(ip)) : keptText(ip)
    written.set(ip, text)
  }
  return text
}

function textOf(address: IPv4 | IPv6): string {
  return address instanceof ipaddr.IPv4 ? address.toString() : address.toRFC5952String()
}

/** Where public IPv6 addresses are (RFC 4291 section 2.4), and where IPv4 ones are put for IPv6-only networks (RFC 6052). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')
const TRANSLATED = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

/**
 * Whether an address is one of the public Internet: not of this machine, a private network, a link (where clouds answer
 * questions about the machine), a multicast group or any other special purpose (RFC 6890).
 */
export function isPublicAddress(ip: string): boolean {
  if (!ipaddr.isValid(ip) || ip.includes('%')) return false
  const address = ipaddr.process(ip)
  if (address instanceof ipaddr.IPv4) return address.range() === 'unicast'
  if (address.match(TRANSLATED)) return isPublicAddress(address.toByteArray().slice(12).join('.'))
  return address.match(GLOBAL_UNICAST) && address.range() === 'unicast'
}

function parseRange(entry: string): readonly [base: IPv4 | IPv6, bits: number] {
  const [base, bits] = ipaddr.parseCIDR(
    ipaddr.isValidCIDR(entry) ? entry : `${entry}/${ipaddr.IPv4.isValid(entry) ? 32 : 128}`,
  )
  const mapped = base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress() && bits >= 96
  return mapped ? [base.toIPv4Address(), bits - 96] : [base, bits]
}

/** What counts as one caller: an IPv4 address, or the /64 network that a single line gets in IPv6 (RFC 6177). */
export function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return 'unknown'
  const address = ipaddr.process(ip)
  if (address instanceof ipaddr.IPv4) return address.toString()
  return shownNetwork(address, 64)
}

/** As RFC 5952 writes it. */
function shownNetwork(address: IPv6, bits: number): string {
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${bits}`)
  return `${network.toRFC5952String()}/${bits}`
}

/** The wider network that an address is part of, as operators give them out: a /24 of IPv4, a /48 of IPv6; `undefined` for no address. */
export function wideNetworkOf(ip: string): string | undefined {
  if (!ipaddr.isValid(ip)) return undefined
  const address = ipaddr.process(ip)
  if (address instanceof ipaddr.IPv4)
    return `${ipaddr.IPv4.networkAddressFromCIDR(`${address.toString()}/24`)}/24`
  return shownNetwork(address, 48)
}
