/** The percent sign, and all that is not printable ASCII. */
const RESPELLED = /[^!-$&-~]/

/**
 * The path of a mount in one spelling, where `req.baseUrl` has the caller's: Express finds `/reports` by `/REPORTS` as well, and the shop
 * of `/shops/:shop` by `/shops/%37` as by `/shops/7`.
 *
 * Lower case also where the application sets `case sensitive routing`: that setting is of its own router, and those that are mounted
 * in it compare without regard to case all the same.
 */
export function mountPathInOneSpelling(baseUrl: string): string {
  const decoded = RESPELLED.test(baseUrl) ? baseUrl.split('/').map(segmentInOneSpelling).join('/') : baseUrl
  return decoded.toLowerCase()
}

/** Encoded is what would change the path, or the line of text that a route's name is, and nothing else. */
function segmentInOneSpelling(segment: string): string {
  try {
    return decodeURIComponent(segment).replace(/[^!-~]|[#%/?]/gu, encodeURIComponent)
  } catch {
    // No encoding at all, so there is no other spelling either: a regular expression of the application's lets it pass.
    return segment
  }
}

/** Patterns in which each segment stands for one of the path. */
const SEGMENTS = /^[^!"()*+?[\\\]{}]*$/

/**
 * What is above a route that was found by `pattern` at the end of `path`; `undefined` where that cannot be told, as with a wildcard.
 * Of the route itself Express tells this only while the request is there, and not to error handlers.
 */
export function mountPathAbove(pattern: unknown, path: string): string | undefined {
  if (typeof pattern !== 'string' || !SEGMENTS.test(pattern)) return undefined
  let end = withoutSlashes(path)
  for (let at = withoutSlashes(pattern); at > 0; at = pattern.lastIndexOf('/', at - 1)) {
    if (end <= 0) return undefined
    end = path.lastIndexOf('/', end - 1)
  }
  return path.slice(0, end)
}

/** How long a text is without the slashes at its end. */
function withoutSlashes(text: string): number {
  let length = text.length
  while (text[length - 1] === '/') length--
  return length
}
