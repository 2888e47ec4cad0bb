import { profileOf } from '../../context/clients/profiles.ts'
import type { Context } from '../../context/context.ts'
import { mayRefresh, refreshableScopes } from '../../context/tokens/may-refresh.ts'
import { HttpError } from '../../errors.ts'
import { sha256 } from '../../lib/hash.ts'
import type { AccessToken, RefreshToken } from '../../model/authorization.ts'
import type { Client } from '../../model/client.ts'
import { narrowedDetails } from '../granted-details.ts'
import { idToken } from '../id-token.ts'
import { newAccessToken, newRefreshToken, refreshConfirmation, refreshTokenEnd } from '../issue.ts'
import { invalidRequest } from '../parameters.ts'
import { parseScope } from '../scope.ts'
import { openWith, sealFor } from '../sealed-token.ts'
import { type Confirmation, satisfies } from '../sender-constraint.ts'
import { narrowedResources } from '../target.ts'
import {
  accessTokenResponse,
  type GrantType,
  invalidGrant,
  type TokenRequest,
  type TokenResponse,
  whatIsLeft,
} from './grant.ts'

const NOT_GOOD = 'The refresh token is unknown, used, revoked, expired, or was given to another client.'

/**
 * RFC 6749 section 6 with rotation (RFC 9700 section 4.14). Clients refresh in parallel and over bad networks, so for some
 * seconds a repeat is answered with the same successor; a replay after that is theft, and ends the family. Clients whose
 * profile does without rotation keep their refresh token.
 */
export const refreshToken: GrantType = {
  name: 'refresh_token',
  handle: (context, request) => whatIsLeft(() => attempt(context, request), NOT_GOOD),
}

async function attempt(
  context: Context,
  { call, client, parameters, resources, confirmation }: TokenRequest,
): Promise<TokenResponse | undefined> {
  const presented = parameters.refresh_token
  if (presented === undefined) throw invalidRequest('Send the refresh_token.')
  const found = await context.storage.tokens.findRefreshToken(sha256(presented))
  if (found === undefined || found.token.clientId !== client.id) throw invalidGrant(NOT_GOOD)
  const { token, grant, spent } = found
  if (!satisfies(confirmation, token.confirmation)) {
    throw invalidGrant('The refresh token is bound to a key or certificate that this request does not prove.')
  }

  const user = grant.sub === undefined ? undefined : await context.accounts.find(grant.sub)
  if (user === undefined || user.disabledAt !== undefined) throw invalidGrant(NOT_GOOD)

  // What the client lost since is not given again, nor what the user took back.
  const granted = refreshableScopes(found).filter(scope => client.scopes.includes(scope))
  // An answer without a scope would say that it is the scope asked for (RFC 6749 section 5.1).
  if (granted.length === 0 && token.scopes.length > 0) throw invalidGrant(NOT_GOOD)
  if (!mayRefresh(client, granted)) throw invalidGrant(NOT_GOOD)
  const asked = parseScope(parameters.scope)
  if (!asked.every(scope => granted.includes(scope))) {
    throw new HttpError(400, 'invalid_scope', 'A refresh can only narrow the scope (RFC 6749 section 6).')
  }
  const scopes = asked.length > 0 ? asked : granted
  const { authorization_details: askedDetails } = parameters
  const authorizationDetails =
    askedDetails === undefined
      ? undefined
      : narrowedDetails(askedDetails, grant.parameters.authorization_details)

  const accessToken = await newAccessToken(context, call.baseUrl, {
    client,
    grant,
    scopes,
    resources: narrowedResources(context, resources, grant.parameters.resource),
    authorizationDetails,
    confirmation,
  })
  // A token that was spent when its client still rotated is a replay, whatever holds now.
  const next =
    spent || rotates(client, token)
      ? await rotate(context, presented, token, accessToken.stored, refreshConfirmation(client, confirmation))
      : await keep(context, presented, token, accessToken.stored)
  if (next === undefined) return undefined

  return {
    ...accessTokenResponse(accessToken, grant),
    refresh_token: next,
    // OpenID Connect Core section 12.2: the same claims, and no nonce.
    ...(scopes.includes('openid') && {
      id_token: await idToken(context, call.baseUrl, {
        client,
        grant,
        user,
        nonce: undefined,
        accessToken: accessToken.value,
      }),
    }),
  }
}

/** RFC 9700 section 4.14.2: refresh tokens of public clients rotate or are bound to a sender. */
function rotates(client: Client, { confirmation }: RefreshToken): boolean {
  return profileOf(client).rotateRefreshTokens || (client.type === 'public' && confirmation === undefined)
}

/** @returns the refresh token's successor; `undefined` when the user has just taken back what the access token is for */
async function rotate(
  context: Context,
  presented: string,
  token: RefreshToken,
  accessToken: AccessToken,
  confirmation: Confirmation | undefined,
): Promise<string | undefined> {
  const grant = { id: token.grantId, clientId: token.clientId, scopes: token.scopes }
  const successor = newRefreshToken(context, grant, confirmation, token)
  const rotation = await context.storage.tokens.rotateRefreshToken(
    token.hash,
    { refreshToken: successor.stored, sealedValue: sealFor(presented, successor.value) },
    accessToken,
    context.config.lifetimes.refreshGraceSeconds,
    context.now(),
  )
  switch (rotation.outcome) {
    case 'rotated':
      return successor.value
    case 'repeated':
      return openWith(presented, rotation.sealedValue)
    case 'reused':
      context.logger.warn(
        { clientId: token.clientId, grantId: token.grantId },
        'A spent refresh token was replayed; its grant is revoked with all its tokens.',
      )
      throw invalidGrant(NOT_GOOD)
    case 'taken_back':
      return undefined
    default:
      throw invalidGrant(NOT_GOOD)
  }
}

/** @returns the same refresh token, which lives on; `undefined` as above */
async function keep(
  context: Context,
  presented: string,
  { hash, familyExpiresAt }: RefreshToken,
  accessToken: AccessToken,
): Promise<string | undefined> {
  const end = refreshTokenEnd(context, familyExpiresAt)
  const { outcome } = await context.storage.tokens.useRefreshToken(hash, accessToken, end, context.now())
  if (outcome === 'taken_back') return undefined
  if (outcome !== 'used') throw invalidGrant(NOT_GOOD)
  return presented
}
