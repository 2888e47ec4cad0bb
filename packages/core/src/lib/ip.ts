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

function parseRange(entry: string): readonly [base: IPv4 | IPv6, bits: number] {
  const [base, bits] = ipaddr.parseCIDR(
    ipaddr.isValidCIDR(entry) ? entry : `${entry}/${ipaddr.IPv4.isValid(entry) ? 32 : 128}`,
  )
  const mapped = base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress() && bits >= 96
  return mapped ? [base.toIPv4Address(), bits - 96] : [base, bits]
}
