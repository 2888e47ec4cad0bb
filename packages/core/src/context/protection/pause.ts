import type { Block } from '../../model/block.ts'

/** The refusal of a caller who went on and on beyond its limit, and has to pause (docs/abuse.md). */
export function pauseRefusal({ id, reason, expiresAt, facts }: Block, now: Date) {
  const seconds = Math.max(1, Math.ceil((expiresAt.getTime() - now.getTime()) / 1000))
  return {
    refused: {
      status: 429,
      code: 'rate_limited',
      message: `Too many requests were sent beyond the limit. Pause for ${seconds} s, and heed Retry-After.`,
      saw: { block: id, reason, expires_at: expiresAt.toISOString(), ...facts },
    },
    headers: { 'retry-after': String(seconds) },
  }
}
