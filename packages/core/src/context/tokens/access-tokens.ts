import { LRUCache } from 'lru-cache'
import type { Accounts } from '../../config/options.ts'
import type { Grant } from '../../model/authorization.ts'
import type { Storage } from '../../storage/storage.ts'
import type { AccessTokens, KnownClients, KnownToken } from '../context.ts'
import type { Outage } from '../metering/outage.ts'

interface Surroundings {
  readonly storage: Storage
  readonly clients: KnownClients
  readonly accounts: Accounts
  readonly outage: Outage
  readonly now: () => Date
}

/** A token, and how fresh what is known of it is. */
interface Kept {
  readonly known: KnownToken
  /** When it was read, in milliseconds of a clock that is never set. */
  readonly at: number
  /** As of which `everything` that may have changed. */
  readonly generation: number
}

/**
 * Keeps access tokens with all that a decision about them needs, so that a request that carries one asks no database. A
 * revocation, and every change of a client, its workspace or a user, reaches each process through the storage within a
 * second; while that is not listening, nothing is served from memory. A token that is not good is never remembered.
 *
 * While the storage is away, and the configuration says that requests are served all the same, tokens are believed by what was
 * known of them.
 *
 * A host with users of its own has no such notices: there a user who was disabled is believed for as long as the time limit
 * says.
 */
export function createAccessTokens(
  { storage, clients, accounts, outage, now }: Surroundings,
  options: { readonly maxCallers: number; readonly seconds: number; readonly outageSeconds: number },
): AccessTokens {
  /** The hashes of the tokens kept, by the ids that a change may name: of grants, clients and users. */
  const hashesOf = new Map<string, Set<string>>()
  const tokens = new LRUCache<string, Kept>({
    max: options.maxCallers,
    ttl: (options.seconds + options.outageSeconds) * 1000,
    dispose: ({ known }, hash) => {
      for (const id of idsOf(known)) {
        const hashes = hashesOf.get(id)
        hashes?.delete(hash)
        if (hashes?.size === 0) hashesOf.delete(id)
      }
    },
  })
  const freshMs = options.seconds * 1000
  let epoch = 0
  let generation = 0

  function keep(hash: string, known: KnownToken): void {
    tokens.set(hash, { known, at: performance.now(), generation })
    for (const id of idsOf(known)) {
      const hashes = hashesOf.get(id)
      if (hashes === undefined) hashesOf.set(id, new Set([hash]))
      else hashes.add(hash)
    }
  }

  function forget(id: string): void {
    for (const hash of [...(hashesOf.get(id) ?? [])]) tokens.delete(hash)
  }

  const unsubscribe = storage.changes.subscribe(change => {
    // What was being read while the change came may be from before it.
    epoch++
    switch (change.kind) {
      case 'access_token':
        return void tokens.delete(change.hash)
      case 'grant':
        return forget(change.grantId)
      case 'client':
        return forget(change.clientId)
      case 'user':
        return forget(change.sub)
      case 'everything':
        generation++
    }
  })

  function isFresh({ at, generation: read }: Kept): boolean {
    return storage.changes.isListening() && read === generation && performance.now() - at <= freshMs
  }

  function live(known: KnownToken): KnownToken | undefined {
    return isLive(known, now()) ? known : undefined
  }

  async function read(hash: string): Promise<KnownToken | undefined> {
    const found = await storage.tokens.findAccessToken(hash, now())
    if (found === undefined) return undefined
    const { token, grant } = found
    const origin = originOf(grant)
    const [known, user, standing] = await Promise.all([
      clients.find(token.clientId),
      token.sub === undefined ? undefined : accounts.find(token.sub),
      origin === undefined || storage.tokens.isGrantLive(origin, token.scopes),
    ])
    if (!standing || known === undefined || (token.sub !== undefined && user === undefined)) return undefined
    const { client, workspace } = known
    // Whoever is handed the token's user has no use for the hash of a password.
    return { token, grant, client, workspace, user: user && { ...user, passwordHash: undefined } }
  }

  return {
    async find(hash) {
      const kept = tokens.get(hash)
      const time = now()
      if (kept !== undefined && (isFresh(kept) || outage.serves(time.getTime()))) return live(kept.known)
      const readAt = epoch
      try {
        const known = await read(hash)
        if (known === undefined || !isLive(known, now())) return undefined
        if (readAt === epoch && storage.changes.isListening()) keep(hash, known)
        return known
      } catch (error) {
        if (kept !== undefined && outage.explains(error, time.getTime())) return live(kept.known)
        throw error
      }
    },
    close: unsubscribe,
  }
}

/** What changes are told by; a `sub` is a number, and the others have prefixes, so that none is taken for another. */
function idsOf({ grant, client, user }: KnownToken): string[] {
  return [grant.id, client.id, originOf(grant), user?.sub].filter(id => id !== undefined)
}

/** The grant that a token was exchanged from (RFC 8693): what ends that one ends this one. */
function originOf({ parameters }: Grant): string | undefined {
  return parameters.exchanged_from
}

function isLive({ token, client, user }: KnownToken, now: Date): boolean {
  return token.expiresAt > now && client.enabled && user?.disabledAt === undefined
}
