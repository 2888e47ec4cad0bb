import { LRUCache } from 'lru-cache'
import type { CallerCache, KnownCaller } from '../context/context.ts'
import { constantTimeEqual } from '../lib/hash.ts'
import type { Storage } from '../storage/storage.ts'

/** Domains and secrets kept of one client; beyond them the storage is asked. */
const MAX_DOMAINS = 64
const MAX_SECRETS = 4

interface Proof {
  readonly secret: string
  readonly caller: KnownCaller
}

/**
 * Keeps facts about callers whose secret was proven, so that the next request needs no database. Only proven callers get
 * in: an unknown client and a wrong secret always take the same way to the storage, and cannot be told apart by time.
 */
export function createCallerCache(
  storage: Storage,
  options: { readonly maxCallers: number; readonly seconds: number },
): CallerCache & { close(): void } {
  const clients = new LRUCache<string, Map<string, Proof[]>>({
    max: options.maxCallers,
    ttl: options.seconds * 1000,
  })
  let epoch = 0

  const unsubscribe = storage.changes.subscribe(change => {
    // Users, grants and tokens come and go all the time, and are no facts about a caller.
    if (change.kind !== 'client' && change.kind !== 'everything') return
    // Facts that were being read while the change came may be from before it.
    epoch++
    if (change.kind === 'client') clients.delete(change.clientId)
    else clients.clear()
  })

  return {
    get epoch() {
      return epoch
    },
    get(clientId, domain, secret) {
      if (!storage.changes.isListening()) return undefined
      const proofs = clients.get(clientId)?.get(domain)
      return proofs?.find(proof => constantTimeEqual(secret, proof.secret))?.caller
    },
    set(domain, secret, caller, readAt) {
      if (readAt !== epoch || !storage.changes.isListening()) return
      const domains = clients.get(caller.client.id) ?? new Map<string, Proof[]>()
      const proofs = domains.get(domain)
      if (proofs) {
        if (proofs.some(proof => proof.caller.secret.id === caller.secret.id)) return
        if (proofs.length === MAX_SECRETS) proofs.shift()
        proofs.push({ secret, caller })
        return
      }
      if (domains.size === MAX_DOMAINS) domains.clear()
      domains.set(domain, [{ secret, caller }])
      // Setting the client anew only with its first domain keeps the time limit from being pushed on for ever.
      if (domains.size === 1) clients.set(caller.client.id, domains)
    },
    close: unsubscribe,
  }
}
