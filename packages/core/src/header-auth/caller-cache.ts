import { LRUCache } from 'lru-cache'
import type { CallerCache, KnownCaller } from '../context/context.ts'
import { constantTimeEqual } from '../lib/hash.ts'
import type { Storage } from '../storage/storage.ts'

/** Domains and secrets kept of one client; beyond them the storage is asked. */
const MAX_DOMAINS = 64
const MAX_SECRETS = 4

interface Proof {
  readonly secret: string
  readonly secretId: string
}

interface Entry {
  readonly caller: KnownCaller
  readonly proofs: Proof[]
}

/**
 * Keeps facts about callers whose secret was proven, so that the next request needs no database. Only proven callers get
 * in: an unknown client and a wrong secret always take the same way to the storage, and cannot be told apart by time.
 */
export function createCallerCache(
  storage: Storage,
  options: { readonly maxCallers: number; readonly seconds: number },
): CallerCache & { close(): void } {
  const clients = new LRUCache<string, Map<string, Entry>>({
    max: options.maxCallers,
    ttl: options.seconds * 1000,
  })
  let epoch = 0

  const unsubscribe = storage.changes.subscribe(change => {
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
      const entry = clients.get(clientId)?.get(domain)
      const proof = entry?.proofs.find(candidate => constantTimeEqual(secret, candidate.secret))
      return entry && proof && { caller: entry.caller, secretId: proof.secretId }
    },
    set(domain, secret, secretId, caller, readAt) {
      if (readAt !== epoch || !storage.changes.isListening()) return
      const domains = clients.get(caller.client.id) ?? new Map<string, Entry>()
      const entry = domains.get(domain)
      if (entry) {
        if (entry.proofs.some(proof => proof.secretId === secretId)) return
        if (entry.proofs.length === MAX_SECRETS) entry.proofs.shift()
        entry.proofs.push({ secret, secretId })
        return
      }
      if (domains.size === MAX_DOMAINS) domains.clear()
      domains.set(domain, { caller, proofs: [{ secret, secretId }] })
      // Setting the client anew only with its first domain keeps the time limit from being pushed on for ever.
      if (domains.size === 1) clients.set(caller.client.id, domains)
    },
    close: unsubscribe,
  }
}
