import type { Context } from '../context/context.ts'
import { sha256 } from '../lib/hash.ts'
import { randomId, randomToken } from '../lib/random.ts'
import type { AccessToken, Grant, RefreshToken } from '../model/authorization.ts'

/** A token as the client gets it, with what is stored of it. */
export interface NewToken<Stored> {
  readonly value: string
  readonly stored: Stored
}

export function newGrant(context: Context, of: Omit<Grant, 'id' | 'createdAt' | 'revokedAt'>): Grant {
  return { ...of, id: randomId('gr'), createdAt: context.now(), revokedAt: undefined }
}

export function newAccessToken(
  context: Context,
  grant: Grant,
  scopes: readonly string[],
): NewToken<AccessToken> {
  const value = `xwms_at_${randomToken()}`
  const createdAt = context.now()
  return {
    value,
    stored: {
      hash: sha256(value),
      grantId: grant.id,
      clientId: grant.clientId,
      sub: grant.sub,
      scopes,
      audience: [],
      confirmation: undefined,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + context.config.lifetimes.accessTokenSeconds * 1000),
    },
  }
}

/** @param predecessor the token that this one follows; the family's absolute end goes with it */
export function newRefreshToken(
  context: Context,
  grant: Grant,
  predecessor?: RefreshToken,
): NewToken<RefreshToken> {
  const value = `xwms_rt_${randomToken()}`
  const createdAt = context.now()
  const { refreshTokenIdleSeconds, refreshTokenFamilySeconds } = context.config.lifetimes
  const familyExpiresAt =
    predecessor?.familyExpiresAt ?? new Date(createdAt.getTime() + refreshTokenFamilySeconds * 1000)
  const idleEnd = createdAt.getTime() + refreshTokenIdleSeconds * 1000
  return {
    value,
    stored: {
      hash: sha256(value),
      grantId: grant.id,
      clientId: grant.clientId,
      scopes: predecessor?.scopes ?? grant.scopes,
      confirmation: undefined,
      createdAt,
      expiresAt: new Date(Math.min(idleEnd, familyExpiresAt.getTime())),
      familyExpiresAt,
    },
  }
}
