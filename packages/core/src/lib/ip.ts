import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js'

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

/** An address as people know it: an IPv4 one that arrives as IPv6 is the IPv4 address. */
export function shownAddress(ip: string): string {
  const address = ipaddr.isValid(ip) ? ipaddr.process(ip) : undefined
  return address instanceof ipaddr.IPv4 ? address.toString() : ip
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
