import type { AccessToken, Grant, Issue, RefreshToken, Tokens } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import type { Notices } from './notices.ts'

/** A grant outlives the last of its tokens by nothing; each token that is stored says how long that is. */
function keepGrantFor(data: Data, { grantId, expiresAt }: AccessToken | RefreshToken): void {
  const record = data.grants.get(grantId)
  if (!record) throw new Error(`There is no grant ${grantId}.`)
  if (record.tokensExpireAt < expiresAt) record.tokensExpireAt = new Date(expiresAt)
}

function storeAccessToken(data: Data, token: AccessToken): void {
  keepGrantFor(data, token)
  data.accessTokens.set(token.hash, copy(token))
}

function storeRefreshToken(data: Data, token: RefreshToken): void {
  keepGrantFor(data, token)
  data.refreshTokens.set(token.hash, { token: copy(token), spent: undefined })
}

/** Stores a grant and its first tokens. */
export function storeIssue(data: Data, { grant, accessToken, refreshToken }: Issue): void {
  data.grants.set(grant.id, { grant: copy(grant), tokensExpireAt: accessToken.expiresAt })
  storeAccessToken(data, accessToken)
  if (refreshToken) storeRefreshToken(data, refreshToken)
}

/** Revokes a grant, and with it every token that refers to it; false when there was nothing left to revoke. */
export function revokeGrant({ grants }: Data, notices: Notices, grantId: string, now: Date): boolean {
  const record = grants.get(grantId)
  if (!record || record.grant.revokedAt) return false
  record.grant = { ...record.grant, revokedAt: new Date(now) }
  notices.tell({ kind: 'grant', grantId })
  return true
}

/** Takes a scope out of a grant that has not ended; with its last one the grant ends. */
export function narrowGrant(
  { grants }: Data,
  notices: Notices,
  grantId: string,
  scope: string,
  now: Date,
): void {
  const record = grants.get(grantId)
  if (!record || record.grant.revokedAt || !record.grant.scopes.includes(scope)) return
  const scopes = record.grant.scopes.filter(known => known !== scope)
  record.grant = { ...record.grant, scopes, revokedAt: scopes.length === 0 ? new Date(now) : undefined }
  notices.tell({ kind: 'grant', grantId })
}

function hasAll(grant: Grant, scopes: readonly string[]): boolean {
  return scopes.every(scope => grant.scopes.includes(scope))
}

export function tokens(data: Data, notices: Notices): Tokens {
  const { grants, accessTokens, refreshTokens } = data
  return {
    async issue(issue) {
      storeIssue(data, issue)
    },
    async findAccessToken(hash, now) {
      const token = accessTokens.get(hash)
      const grant = token && grants.get(token.grantId)?.grant
      if (!grant || grant.revokedAt || token.expiresAt <= now || !hasAll(grant, token.scopes))
        return undefined
      return { token: copy(token), grant: copy(grant) }
    },
    async isGrantLive(grantId, scopes) {
      const grant = grants.get(grantId)?.grant
      return grant !== undefined && grant.revokedAt === undefined && hasAll(grant, scopes)
    },
    async findRefreshToken(hash) {
      const record = refreshTokens.get(hash)
      const grant = record && grants.get(record.token.grantId)?.grant
      return grant && { token: copy(record.token), grant: copy(grant), spent: record.spent !== undefined }
    },
    async rotateRefreshToken(hash, successor, accessToken, graceSeconds, now) {
      const record = refreshTokens.get(hash)
      const grant = record && grants.get(record.token.grantId)?.grant
      if (!record || !grant) return { outcome: 'unknown' }
      if (grant.revokedAt) return { outcome: 'revoked' }
      if (record.spent) {
        // A clock that lags behind the one that spent the token counts as no time at all.
        const elapsedMs = Math.max(0, now.getTime() - record.spent.at.getTime())
        if (elapsedMs < graceSeconds * 1000) {
          if (!hasAll(grant, accessToken.scopes)) return { outcome: 'taken_back' }
          storeAccessToken(data, accessToken)
          return { outcome: 'repeated', sealedValue: record.spent.sealedSuccessor }
        }
        revokeGrant(data, notices, grant.id, now)
        return { outcome: 'reused' }
      }
      if (record.token.expiresAt <= now) return { outcome: 'expired' }
      if (!hasAll(grant, accessToken.scopes)) return { outcome: 'taken_back' }
      record.spent = { at: new Date(now), sealedSuccessor: successor.sealedValue }
      storeRefreshToken(data, successor.refreshToken)
      storeAccessToken(data, accessToken)
      return { outcome: 'rotated' }
    },
    async useRefreshToken(hash, accessToken, expiresAt, now) {
      const record = refreshTokens.get(hash)
      const grant = record && grants.get(record.token.grantId)?.grant
      if (!record || !grant) return { outcome: 'unknown' }
      if (grant.revokedAt) return { outcome: 'revoked' }
      if (record.spent) return { outcome: 'spent' }
      if (record.token.expiresAt <= now) return { outcome: 'expired' }
      if (!hasAll(grant, accessToken.scopes)) return { outcome: 'taken_back' }
      const { familyExpiresAt } = record.token
      record.token = {
        ...record.token,
        expiresAt: new Date(Math.min(expiresAt.getTime(), familyExpiresAt.getTime())),
      }
      keepGrantFor(data, record.token)
      storeAccessToken(data, accessToken)
      return { outcome: 'used' }
    },
    async revokeAccessToken(hash, now) {
      const token = accessTokens.get(hash)
      if (!token || token.expiresAt <= now || grants.get(token.grantId)?.grant.revokedAt) return false
      accessTokens.delete(hash)
      notices.tell({ kind: 'access_token', hash })
      return true
    },
    async revokeGrant(grantId, now) {
      return revokeGrant(data, notices, grantId, now)
    },
  }
}
