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
