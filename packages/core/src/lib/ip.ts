import ipaddr from 'ipaddr.js'

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
  const ranges = allowlist.map(entry =>
    ipaddr.isValidCIDR(entry)
      ? ipaddr.parseCIDR(entry)
      : ([ipaddr.process(entry), ipaddr.process(entry).kind() === 'ipv4' ? 32 : 128] as const),
  )
  return ip => {
    if (!ipaddr.isValid(ip)) return false
    const address = ipaddr.process(ip)
    return ranges.some(([base, bits]) => address.kind() === base.kind() && address.match(base, bits))
  }
}
