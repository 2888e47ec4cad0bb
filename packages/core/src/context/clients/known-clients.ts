import { LRUCache } from 'lru-cache'
import type { Storage } from '../../storage/storage.ts'
import type { KnownClient, KnownClients } from '../context.ts'

/**
 * Keeps clients with their workspaces and domains, so that a sign-in asks the storage about its user alone. A change reaches
 * every process through the storage; while it does not listen, nothing is served from memory.
 */
export function createKnownClients(
  storage: Storage,
  options: { readonly maxCallers: number; readonly seconds: number },
): KnownClients {
  const clients = new LRUCache<string, KnownClient>({ max: options.maxCallers, ttl: options.seconds * 1000 })
  let epoch = 0

  const unsubscribe = storage.changes.subscribe(change => {
    if (change.kind !== 'client' && change.kind !== 'everything') return
    // What was being read while the change came may be from before it.
    epoch++
    if (change.kind === 'client') clients.delete(change.clientId)
    else clients.clear()
  })

  return {
    async find(clientId) {
      const kept = storage.changes.isListening() ? clients.get(clientId) : undefined
      if (kept !== undefined) return kept
      const readAt = epoch
      const known = await read(storage, clientId)
      if (known && readAt === epoch && storage.changes.isListening()) clients.set(clientId, known)
      return known
    },
    close: unsubscribe,
  }
}

async function read(storage: Storage, clientId: string): Promise<KnownClient | undefined> {
  const [client, domains] = await Promise.all([
    storage.clients.find(clientId),
    storage.clients.domains(clientId),
  ])
  return client && { client, domains, workspace: await storage.workspaces.find(client.workspaceId) }
}
