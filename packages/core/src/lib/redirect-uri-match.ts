/** `http` to this machine: the host, its port if it has one, and the rest. */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::(\d{1,5}))?((?:[/?].*)?)$/

/**
 * Finds out whether a redirect URI is one of those that were registered: the same text (RFC 9700 section 4.1.3). Apps that listen
 * on this machine get a port from the operating system when they start, so for them the port of a loopback address may be any
 * (RFC 8252 section 7.3); its host and all the rest are compared like any other.
 * @param isApp whether the client is one that runs on its user's machine
 */
export function isRegisteredRedirectUri(registered: readonly string[], uri: string, isApp: boolean): boolean {
  return registered.includes(uri) || (isApp && registered.some(one => differsInPortAlone(one, uri)))
}

function differsInPortAlone(registered: string, uri: string): boolean {
  const expected = LOOPBACK.exec(registered)
  const given = expected && LOOPBACK.exec(uri)
  if (!given || !expected) return false
  const [, host, port, rest] = given
  return host === expected[1] && rest === expected[3] && Number(port ?? 80) <= 65_535
}
