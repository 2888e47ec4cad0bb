import type { Storage } from '../src/storage/storage.ts'

// biome-ignore lint/suspicious/noExplicitAny: stands for whatever a method of the storage takes and gives.
type Method = (...given: any[]) => any

/** A real storage whose calls are written down, and whose methods a test can take over by name: `usage.append`. */
export interface WatchedStorage {
  readonly storage: Storage
  /** The methods that were called, in order. */
  readonly calls: string[]
  /** Runs `instead` with the real method before its arguments. */
  replace(name: string, instead: (real: Method, ...given: unknown[]) => unknown): void
  /** Lets the real method run again. */
  restore(name: string): void
}

export function watched(real: Storage): WatchedStorage {
  const calls: string[] = []
  const replaced = new Map<string, (real: Method, ...given: unknown[]) => unknown>()

  function watch(name: string, method: Method): Method {
    return (...given) => {
      calls.push(name)
      const instead = replaced.get(name)
      return instead ? instead(method, ...given) : method(...given)
    }
  }

  const storage = Object.fromEntries(
    Object.entries(real).map(([repository, member]) => {
      if (typeof member === 'function') return [repository, watch(repository, member)]
      if (typeof member !== 'object') return [repository, member]
      const methods = Object.entries(member as object).map(([name, method]) => [
        name,
        watch(`${repository}.${name}`, method),
      ])
      return [repository, Object.fromEntries(methods)]
    }),
  ) as unknown as Storage

  return {
    storage,
    calls,
    replace: (name, instead) => replaced.set(name, instead),
    restore: name => replaced.delete(name),
  }
}
