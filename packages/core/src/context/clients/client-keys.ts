import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose'
import { LRUCache } from 'lru-cache'
import { OutboundError } from '../../errors.ts'
import type { Client } from '../../model/client.ts'
import type { JsonWebKey } from '../../model/json-web-key.ts'
import type { Context, Outbound } from '../context.ts'

/** How long a fetched set is believed. */
const BELIEVED_SECONDS = 300
/** How soon a set may be fetched again because a key was not in it: a rotation is seen at once, a flood of guesses is not. */
const REFETCH_SECONDS = 5
const MAX_SETS = 1000
const MAX_BYTES = 131_072
const MAX_KEYS = 100
const ACCEPT = 'application/jwk-set+json, application/json'

interface FetchedSet {
  readonly fetchedAt: number
  readonly keys: Promise<readonly JsonWebKey[]>
  /** When it was last fetched anew, and what that is giving; the set itself stands until then. */
  refetchedAt: number
  refetching: Promise<readonly JsonWebKey[]> | undefined
}

/** Fetched sets by address. Their home is whatever fetched them, so that two kits in one process share nothing. */
const fetchedSets = new WeakMap<Outbound, LRUCache<string, FetchedSet>>()

/**
 * Chooses among a client's registered public keys the one that signed a JWT, for jose. Keys at a `jwks_uri` are kept some
 * minutes, and fetched anew when the one asked for is not among them.
 * The function throws an error of jose's, or an {@link OutboundError}, when there is none.
 */
export function clientKeys(context: Context, client: Client): JWTVerifyGetKey {
  return async (header, token) => {
    try {
      return await localSet(await clientKeySet(context, client))(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      const newer = await newerClientKeySet(context, client)
      if (newer === undefined) throw error
      return localSet(newer)(header, token)
    }
  }
}

/**
 * Verifies a JWT that a client signed. Where it names no key and several could have signed it, each is tried.
 * @throws {Error} one of jose's, or an {@link OutboundError}, when it is not good
 */
export async function verifyClientJwt(
  context: Context,
  client: Client,
  jwt: string,
  options: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(jwt, clientKeys(context, client), options)
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    for await (const key of error) {
      try {
        return await jwtVerify(jwt, key, options)
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

/**
 * A client's registered public keys (RFC 7591 section 2), by value or by reference; none where it registered none.
 * @throws {OutboundError} when they cannot be fetched
 */
export async function clientKeySet(context: Context, client: Client): Promise<readonly JsonWebKey[]> {
  const { jwks, jwks_uri } = client.metadata
  if (jwks !== undefined) return jwks.keys
  if (jwks_uri === undefined) return []
  const sets = setsOf(context)
  const known = sets.get(jwks_uri)
  const now = context.now().getTime()
  if (known !== undefined && now - known.fetchedAt < BELIEVED_SECONDS * 1000) return known.keys
  const keys = readSet(context, jwks_uri)
  sets.set(jwks_uri, { fetchedAt: now, keys, refetchedAt: now, refetching: undefined })
  // A failure is not remembered: the next request tries again.
  keys.catch(() => sets.get(jwks_uri)?.keys === keys && sets.delete(jwks_uri))
  return keys
}

/**
 * The keys as they are now, where they may have changed since they were fetched; `undefined` where asking is of no use. A
 * failure leaves the keys that were known.
 * @throws {OutboundError} when they cannot be fetched
 */
export async function newerClientKeySet(
  context: Context,
  { metadata: { jwks, jwks_uri } }: Client,
): Promise<readonly JsonWebKey[] | undefined> {
  const sets = setsOf(context)
  const known = jwks_uri === undefined ? undefined : sets.get(jwks_uri)
  if (jwks !== undefined || jwks_uri === undefined || known === undefined) return undefined
  const now = context.now().getTime()
  if (known.refetching === undefined && now - known.refetchedAt < REFETCH_SECONDS * 1000) return undefined
  known.refetchedAt = now
  known.refetching ??= readSet(context, jwks_uri).finally(() => {
    known.refetching = undefined
  })
  const keys = await known.refetching
  sets.set(jwks_uri, { fetchedAt: now, keys: Promise.resolve(keys), refetchedAt: now, refetching: undefined })
  return keys
}

async function readSet(context: Context, uri: string): Promise<readonly JsonWebKey[]> {
  const { body } = await context.outbound.get(uri, { accept: ACCEPT, maxBytes: MAX_BYTES })
  try {
    const { keys } = JSON.parse(body) as JSONWebKeySet
    return keys.filter(key => typeof key === 'object' && key !== null).slice(0, MAX_KEYS) as JsonWebKey[]
  } catch (error) {
    throw new OutboundError('There is no JWK Set at the jwks_uri.', { cause: error })
  }
}

function setsOf({ outbound }: Context): LRUCache<string, FetchedSet> {
  const known = fetchedSets.get(outbound)
  if (known !== undefined) return known
  const sets = new LRUCache<string, FetchedSet>({ max: MAX_SETS })
  fetchedSets.set(outbound, sets)
  return sets
}

/** jose imports a set's keys once for each set it is given, so the same keys get the same one. */
const localSets = new WeakMap<readonly JsonWebKey[], ReturnType<typeof createLocalJWKSet>>()

function localSet(keys: readonly JsonWebKey[]): ReturnType<typeof createLocalJWKSet> {
  const known = localSets.get(keys)
  if (known !== undefined) return known
  const set = createLocalJWKSet({ keys: [...keys] } as JSONWebKeySet)
  localSets.set(keys, set)
  return set
}
