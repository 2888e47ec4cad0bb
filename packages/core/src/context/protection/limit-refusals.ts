import { LRUCache } from 'lru-cache'

/** Refusals that are told of together: a flood beyond a limit must not become a flood of questions to the storage. */
const PARTS = 4
const MAX_CALLERS = 10_000

/** Counts the requests that callers send beyond their limits. */
export interface LimitRefusals {
  /** Counts one; answers how many are to be recorded now, usually none. */
  add(caller: string): number
  /** What a caller sent so far counts no more. */
  forget(caller: string): void
}

/**
 * @param threshold how many are too many
 * @param windowSeconds in which they are
 */
export function createLimitRefusals(threshold: number, windowSeconds: number): LimitRefusals {
  const part = Math.max(1, Math.floor(threshold / PARTS))
  const counts = new LRUCache<string, { count: number }>({ max: MAX_CALLERS, ttl: windowSeconds * 1000 })
  return {
    add(caller) {
      const known = counts.get(caller)
      if (known === undefined) counts.set(caller, { count: 1 })
      const count = known === undefined ? 1 : ++known.count
      if (count < part) return 0
      counts.delete(caller)
      return count
    },
    forget(caller) {
      counts.delete(caller)
    },
  }
}
