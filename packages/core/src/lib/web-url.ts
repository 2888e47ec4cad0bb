/** Longer URIs are refused: browsers, proxies and logs cut them at different lengths. */
const MAX_LENGTH = 2048

/** RFC 3986 section 2. Whitespace, control characters, quotes and backslashes are not among them. */
const URI_CHARACTERS = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]*$/

/** What stands between `//` and the path (RFC 3986 section 3.2). */
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i

/**
 * Why a text cannot be stored as any kind of absolute URI, in words that follow its name.
 * @returns `undefined` when nothing stands against it
 */
export function uriProblem(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`
  if (!URI_CHARACTERS.test(text)) {
    return 'must have only the characters of a URI (RFC 3986); write others percent-encoded, and hosts in ASCII (IDNA) form'
  }
  // Asked of the text itself: the URL parser forgets an empty user name, as in https://@example.com.
  if (AUTHORITY.exec(text)?.[1]?.includes('@')) return 'must not have a user name or password'
  return undefined
}

/**
 * Why a text is not a web address that our pages may link or send a browser to, in words that follow its name.
 * @returns `undefined` for an absolute http or https URL with a host
 */
export function webUrlProblem(text: string): string | undefined {
  const problem = uriProblem(text)
  if (problem !== undefined) return problem
  // The URL parser would also take https:example.com and https:///example.com, which people read differently.
  return /^https?:\/\/[^/?#]/i.test(text) && URL.canParse(text)
    ? undefined
    : 'must be an absolute URL such as https://example.com/about'
}
