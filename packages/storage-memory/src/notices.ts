import type { Change, Changes } from '@xwms/core'

/** The sending end of {@link Changes}. */
export interface Notices extends Changes {
  /** Tells every listener of a change. */
  tell(change: Change): void
}

/** Change notices inside one process, which always hears itself. */
export function notices(): Notices {
  const listeners = new Set<(change: Change) => void>()
  return {
    subscribe(listener) {
      // Wrapped, so that the same function can be subscribed twice and each subscription ends by itself.
      const subscription = (change: Change) => listener(change)
      listeners.add(subscription)
      return () => listeners.delete(subscription)
    },
    isListening: () => true,
    tell(change) {
      // In a microtask: before the caller of the change goes on, yet outside it, so that a failing listener cannot
      // make a change look as if it had failed.
      for (const listener of listeners) queueMicrotask(() => listener(change))
    },
  }
}
