/** At most so many requests in a window of time. */
interface RateLimit {
  readonly requests: number
  readonly windowSeconds: number
  readonly sliding?: boolean
}

/**
 * Whether a limit never lets more through than a ceiling does: in each window of the ceiling, all windows of the limit that fit
 * into it taken together. A window that slides is not replaced by one that begins anew, whose end and next beginning may
 * hold twice as much.
 */
export function isWithin(limit: RateLimit, ceiling: RateLimit): boolean {
  if (ceiling.sliding === true && limit.sliding !== true) return false
  const windows = Math.max(1, Math.ceil(ceiling.windowSeconds / limit.windowSeconds))
  return limit.requests * windows <= ceiling.requests
}
