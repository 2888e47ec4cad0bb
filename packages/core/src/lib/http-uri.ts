/**
 * Whether two texts are the same http(s) URI but for query and fragment, after syntax-based and scheme-based normalisation
 * (RFC 3986 sections 6.2.2 and 6.2.3), as RFC 9449 section 4.3 compares `htu`.
 */
export function sameHttpUri(one: string, other: string): boolean {
  const normalised = normalise(one)
  return normalised !== undefined && normalised === normalise(other)
}

function normalise(text: string): string | undefined {
  // The parser lowers case, drops default ports and resolves dot segments.
  if (!URL.canParse(text)) return undefined
  const { protocol, origin, pathname } = new URL(text)
  if (protocol !== 'https:' && protocol !== 'http:') return undefined
  return origin + pathname.replace(/%[0-9a-f]{2}/gi, triplet)
}

const UNRESERVED = /[A-Za-z0-9._~-]/

/** A percent-encoded octet in upper case, or the character itself where it need not be encoded. */
function triplet(encoded: string): string {
  const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
  return UNRESERVED.test(character) ? character : encoded.toUpperCase()
}
