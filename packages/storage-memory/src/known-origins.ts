import type { KnownOrigins } from '@xwms/core'
import type { Data } from './data.ts'

/** So many subjects are remembered; beyond that the oldest goes. */
const SUBJECTS_KEPT = 10_000
/** And so many origins of each. */
const ORIGINS_KEPT = 100

function makeRoom<Value>(map: Map<string, Value>, kept: number): void {
  const oldest = map.keys().next()
  if (map.size >= kept && !oldest.done) map.delete(oldest.value)
}

export function knownOrigins({ knownOrigins }: Data): KnownOrigins {
  return {
    async see(subject, origin, now) {
      const origins = knownOrigins.get(subject)
      if (origins === undefined) {
        makeRoom(knownOrigins, SUBJECTS_KEPT)
        knownOrigins.set(subject, new Map([[origin, new Date(now)]]))
        return { outcome: 'first' }
      }
      const seen = origins.get(origin)
      if (seen === undefined) makeRoom(origins, ORIGINS_KEPT)
      if (seen === undefined || seen < now) origins.set(origin, new Date(now))
      return { outcome: seen === undefined ? 'new' : 'known' }
    },
    async list(subject, since, limit) {
      return [...(knownOrigins.get(subject) ?? [])]
        .filter(([, at]) => at >= since)
        .sort(([a, at], [b, bt]) => bt.getTime() - at.getTime() || (a < b ? -1 : 1))
        .slice(0, limit)
        .map(([origin]) => origin)
    },
  }
}
