import type { Context, Resource } from '../context/context.ts'
import { sha256 } from '../lib/hash.ts'
import { randomId, randomToken } from '../lib/random.ts'
import type { AccessToken, Grant, RefreshToken } from '../model/authorization.ts'
import type { Client } from '../model/client.ts'
import { jwtAccessToken } from './jwt-access-token.ts'
import type { Confirmation } from './sender-constraint.ts'
import { invalidTarget, scopesFor } from './target.ts'

/** A token as the client gets it, with what is stored of it. */
export interface NewToken<Stored> {
  readonly value: string
  readonly stored: Stored
}

export function newGrant(context: Context, of: Omit<Grant, 'id' | 'createdAt' | 'revokedAt'>): Grant {
  return { ...of, id: randomId('gr'), createdAt: context.now(), revokedAt: undefined }
}

/** What an access token is to be good for. */
export interface AccessTokenTerms {
  readonly client: Client
  readonly grant: Grant
  readonly scopes: readonly string[]
  /** The resource servers that it is bound to (RFC 8707); none: it is bound to none. */
  readonly resources: readonly Resource[]
  readonly confirmation: Confirmation | undefined
  /** Fewer authorization details than the grant's (RFC 9396 section 6), as canonical JSON; absent: all of them. */
  readonly authorizationDetails?: string | undefined
  /** When it has to end at the latest. */
  readonly endsBy?: Date
}

/**
 * Makes an access token: random and opaque, or a JWT where its resource servers want one. Either way its hash is stored, so
 * that it can be revoked and introspected.
 * @throws {HttpError} 400 `invalid_target` when one token cannot suit all of the resources, or has to be bound; `invalid_scope` when
 * nothing of what it is asked for means anything there
 */
export async function newAccessToken(
  context: Context,
  issuer: string,
  { client, grant, scopes, resources, authorizationDetails, confirmation, endsBy }: AccessTokenTerms,
): Promise<NewToken<AccessToken>> {
  if (confirmation === undefined && resources.some(resource => resource.requireSenderConstraint)) {
    throw invalidTarget(
      'Tokens for this resource are bound. Send a DPoP proof (RFC 9449), or register for certificate-bound tokens (RFC 8705).',
    )
  }
  const tokenScopes = scopesFor(scopes, resources)
  const signingAlgorithm = commonFormat(resources)
  const createdAt = context.now()
  const end = createdAt.getTime() + lifetimeSeconds(context, resources) * 1000
  const token = {
    grantId: grant.id,
    clientId: grant.clientId,
    sub: grant.sub,
    scopes: tokenScopes,
    audience: resources.map(({ identifier }) => identifier),
    authorizationDetails,
    confirmation,
    createdAt,
    expiresAt: endsBy !== undefined && endsBy.getTime() < end ? endsBy : new Date(end),
  }
  const value =
    signingAlgorithm === undefined
      ? `xwms_at_${randomToken()}`
      : await jwtAccessToken(context, issuer, client, grant, token, signingAlgorithm)
  return { value, stored: { ...token, hash: sha256(value) } }
}

/** What signs a JWT for these resource servers; `undefined` for an opaque token. */
function commonFormat(resources: readonly Resource[]): Resource['signingAlgorithm'] | undefined {
  const [first, ...others] = resources
  if (first === undefined) return undefined
  const { tokenFormat, signingAlgorithm } = first
  const alike = others.every(
    other =>
      other.tokenFormat === tokenFormat &&
      (tokenFormat === 'opaque' || other.signingAlgorithm === signingAlgorithm),
  )
  if (!alike) {
    throw invalidTarget(
      'These resources want tokens of different kinds. Ask for one token for each resource.',
    )
  }
  return tokenFormat === 'jwt' ? signingAlgorithm : undefined
}

/** The shortest that any of them wants. */
function lifetimeSeconds(context: Context, resources: readonly Resource[]): number {
  const { accessTokenSeconds } = context.config.lifetimes
  if (resources.length === 0) return accessTokenSeconds
  return Math.min(...resources.map(resource => resource.accessTokenSeconds ?? accessTokenSeconds))
}

/**
 * @param confirmation what it is bound to, where its bearer has nothing else to show
 * @param predecessor the token that this one follows; the family's absolute end goes with it
 */
export function newRefreshToken(
  context: Context,
  grant: Pick<Grant, 'id' | 'clientId' | 'scopes'>,
  confirmation: Confirmation | undefined,
  predecessor?: RefreshToken,
): NewToken<RefreshToken> {
  const value = `xwms_rt_${randomToken()}`
  const createdAt = context.now()
  const familyExpiresAt =
    predecessor?.familyExpiresAt ??
    new Date(createdAt.getTime() + context.config.lifetimes.refreshTokenFamilySeconds * 1000)
  return {
    value,
    stored: {
      hash: sha256(value),
      grantId: grant.id,
      clientId: grant.clientId,
      scopes: predecessor?.scopes ?? grant.scopes,
      confirmation,
      createdAt,
      expiresAt: refreshTokenEnd(context, familyExpiresAt),
      familyExpiresAt,
    },
  }
}

/** When a refresh token that is used now ends: the earlier of its idle end and its family's. */
export function refreshTokenEnd(context: Context, familyExpiresAt: Date): Date {
  const idleEnd = context.now().getTime() + context.config.lifetimes.refreshTokenIdleSeconds * 1000
  return new Date(Math.min(idleEnd, familyExpiresAt.getTime()))
}

/**
 * What a refresh token is bound to. A confidential client proves itself at each refresh, and may have a new key by then
 * (RFC 9449 section 5); a public one has nothing but the key or the certificate to show (RFC 8705 section 4).
 */
export function refreshConfirmation(
  { type }: Client,
  confirmation: Confirmation | undefined,
): Confirmation | undefined {
  return type === 'public' ? confirmation : undefined
}
