import type { Full } from './full.ts'
import type { Window } from './window.ts'

/** Header fields by name. */
type Fields = Readonly<Record<string, string>>

/**
 * The limits that an admitted request was counted under, and how much is left of each (draft-ietf-httpapi-ratelimit-headers-10,
 * sections 3 and 4).
 */
export function rateLimitFields(windows: readonly Window[], now: number): Fields {
  if (windows.length === 0) return {}
  return {
    'ratelimit-policy': windows.map(policyOf).join(', '),
    ratelimit: windows
      .map(window => `"${window.name}";r=${window.remaining};t=${seconds(window.resetMs(now))}`)
      .join(', '),
  }
}

/**
 * The same for a refusal by one limit, with Retry-After (RFC 9110 section 10.2.3). A cap of money has that alone: quotas of the draft
 * are counts of requests where they name no unit, and its registry of quota units has none of money.
 */
export function refusalFields({ kind, name, limit, windowSeconds, retryAfterSeconds }: Full): Fields {
  const retryAfter = { 'retry-after': String(retryAfterSeconds) }
  if (kind === 'spend') return retryAfter
  return {
    ...retryAfter,
    'ratelimit-policy': `"${name}";q=${limit}${windowSeconds === undefined ? '' : `;w=${windowSeconds}`}`,
    ratelimit: `"${name}";r=0;t=${retryAfterSeconds}`,
  }
}

/** A time to wait, in whole seconds: at least one. */
export function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}

function policyOf({ name, limit }: Window): string {
  return `"${name}";q=${limit.requests};w=${limit.windowSeconds}`
}
