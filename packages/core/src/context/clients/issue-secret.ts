import { sha256 } from '../../lib/hash.ts'
import { randomId } from '../../lib/random.ts'
import { newSecret } from '../../lib/secret-format.ts'
import type { Secret } from '../../model/client.ts'

/** A new secret with its value, which nothing can show again: only its hash is stored. */
export interface IssuedSecret {
  readonly secret: Secret
  /** What the client sends: `xwms_sk_…`. */
  readonly value: string
}

/** Makes a secret, which is to be stored; its name is the day where it is given none. */
export function issueSecret(
  now: Date,
  {
    clientId,
    name,
    expiresInSeconds,
  }: { readonly clientId: string; readonly name?: string; readonly expiresInSeconds?: number },
): IssuedSecret {
  const value = newSecret()
  const secret: Secret = {
    id: randomId('sec'),
    clientId,
    name: name ?? now.toISOString().slice(0, 10),
    hash: sha256(value),
    hint: value.slice(-4),
    createdAt: now,
    expiresAt: expiresInSeconds === undefined ? undefined : new Date(now.getTime() + expiresInSeconds * 1000),
    revokedAt: undefined,
    lastUsedAt: undefined,
  }
  return { secret, value }
}
