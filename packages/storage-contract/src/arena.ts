import type { Storage } from '@xwms/core'
import type { Test } from 'tap'

/** What a storage's tests open for each aggregate: an empty storage. */
export interface Opened {
  readonly storage: Storage
  /** Another instance on the same data, as another process would have it; absent where data cannot be shared. */
  readonly second?: Storage
  close(): Promise<void>
}

/** What a suite works with. */
export interface Arena {
  readonly storage: Storage
  /** `storage`, or the other instance where there is one: what it sees is what other processes see. */
  readonly elsewhere: Storage
  /** Starts `racers` calls at once, spread over the instances, and gives their results. */
  race<T>(racers: number, work: (storage: Storage, racer: number) => Promise<T>): Promise<T[]>
}

/** The behaviour of one aggregate. */
export interface Suite {
  readonly name: string
  run(t: Test, arena: Arena): Promise<void>
}

export function arenaOf({ storage, second }: Opened): Arena {
  const elsewhere = second ?? storage
  return {
    storage,
    elsewhere,
    race(racers, work) {
      const starting = Array.from({ length: racers }, (_, racer) =>
        work(racer % 2 === 0 ? storage : elsewhere, racer),
      )
      return Promise.all(starting)
    },
  }
}

/** How often each outcome occurs. */
export function tally<Outcome extends string>(results: readonly { readonly outcome: Outcome }[]) {
  const counts: Partial<Record<Outcome, number>> = {}
  for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}
