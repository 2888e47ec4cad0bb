import { LRUCache } from 'lru-cache'
import type { Config } from '../../config/config.ts'
import { wideNetworkOf } from '../../lib/ip.ts'
import type { Client, Secret } from '../../model/client.ts'
import type { EventRecorder } from '../workspace-events.ts'

/** What was seen so lately needs no storage. */
const SEEN_MS = 60 * 60 * 1000
const MAX_SEEN = 50_000
/** A secret that was used from so many networks is used from anywhere: one more says nothing. */
const USUAL_NETWORKS = 20
const USUAL_FOR_MS = 180 * 24 * 60 * 60 * 1000

/** Knows from which networks secrets are used, and tells the owner of a new one. Nothing is refused for it. */
export interface SecretPlaces {
  /** Whether that very address was seen lately. */
  isKnown(secret: Secret, ip: string): boolean
  see(secret: Secret, client: Client, ip: string): Promise<void>
}

export function createSecretPlaces({
  storage,
  events,
  now,
}: Pick<Config, 'storage' | 'now'> & { readonly events: EventRecorder }): SecretPlaces {
  const [seen, addresses] = [remembered(), remembered()]
  return {
    isKnown: (secret, ip) => addresses.has(`${secret.id} ${ip}`),
    async see(secret, client, ip) {
      addresses.set(`${secret.id} ${ip}`, true)
      const network = wideNetworkOf(ip)
      if (network === undefined) return
      const key = `${secret.id} ${network}`
      if (seen.has(key)) return
      seen.set(key, true)
      const at = now()
      const subject = `secret ${secret.id}`
      const { outcome } = await storage.knownOrigins.see(subject, network, at)
      if (outcome !== 'new') return
      const usual = new Date(at.getTime() - USUAL_FOR_MS)
      const networks = await storage.knownOrigins.list(subject, usual, USUAL_NETWORKS + 1)
      if (networks.length > USUAL_NETWORKS) return
      await events.record({
        at,
        workspaceId: client.workspaceId,
        clientId: client.id,
        type: 'secret.unusual_address',
        key: `unusual_address ${secret.id} ${network}`,
        message: `The secret ${secret.name} (…${secret.hint}) of ${client.name} was used from the network ${network} for the first time. If it was not you, rotate the secret and revoke this one.`,
        data: { secret_id: secret.id, network, ip, networks_before: networks.length - 1 },
      })
    },
  }
}

function remembered(): LRUCache<string, true> {
  return new LRUCache({ max: MAX_SEEN, ttl: SEEN_MS })
}
