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

/** What is known of a client. */
interface KnownClient {
  /** When it was first read, in milliseconds of a clock that is never set. */
  readonly at: number
  /** As of which `everything` that may have changed. */
  readonly generation: number
  /** By what `X-Client-Domain` said, as it said it: what was said before need not be read again. */
  readonly domains: Map<string, Proof[]>
}

/**
 * Keeps facts about callers whose secret was proven, so that the next request needs no database. Only proven callers get
 * in: an unknown client and a wrong secret always take the same way to the storage, and cannot be told apart by time.
 *
 * What is too old to be believed stays for as long as there is room, for when the storage is away.
 */
export function createCallerCache(
  storage: Storage,
  options: { readonly maxCallers: number; readonly seconds: number; readonly outageSeconds: number },
): CallerCache & { close(): void } {
  const clients = new LRUCache<string, KnownClient>({ max: options.maxCallers })
  const freshMs = options.seconds * 1000
  const keptMs = freshMs + options.outageSeconds * 1000
  let epoch = 0
  let generation = 0

  const unsubscribe = storage.changes.subscribe(change => {
    // Users, grants and tokens come and go all the time, and are no facts about a caller.
    if (change.kind !== 'client' && change.kind !== 'everything') return
    // Facts that were being read while the change came may be from before it.
    epoch++
    if (change.kind === 'client') clients.delete(change.clientId)
    else generation++
  })

  function isFresh({ at, generation: read }: KnownClient): boolean {
    return read === generation && performance.now() - at <= freshMs
  }

  return {
    get epoch() {
      return epoch
    },
    get(clientId, stated, secret) {
      if (!storage.changes.isListening()) return undefined
      const client = clients.get(clientId)
      return client !== undefined && isFresh(client) ? proven(client, stated, secret) : undefined
    },
    getKept(clientId, stated, secret) {
      const client = clients.get(clientId)
      if (client === undefined || performance.now() - client.at > keptMs) return undefined
      return proven(client, stated, secret)
    },
    set(stated, secret, caller, readAt) {
      if (readAt !== epoch || !storage.changes.isListening()) return
      const known = clients.get(caller.client.id)
      // Only what is read anew begins a new time: further domains do not push it on for ever.
      const client =
        known !== undefined && isFresh(known)
          ? known
          : { at: performance.now(), generation, domains: new Map<string, Proof[]>() }
      if (client !== known) clients.set(caller.client.id, client)
      const { domains } = client
      const proofs = domains.get(stated)
      if (proofs) {
        if (proofs.some(proof => proof.caller.secret.id === caller.secret.id)) return
        if (proofs.length === MAX_SECRETS) proofs.shift()
        proofs.push({ secret, caller })
        return
      }
      if (domains.size === MAX_DOMAINS) domains.clear()
      domains.set(stated, [{ secret, caller }])
    },
    close: unsubscribe,
  }
}

function proven({ domains }: KnownClient, stated: string, secret: string): KnownCaller | undefined {
  const proofs = domains.get(stated)
  if (proofs === undefined) return undefined
  for (const proof of proofs) if (constantTimeEqual(secret, proof.secret)) return proof.caller
  return undefined
}
