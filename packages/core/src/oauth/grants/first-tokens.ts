import type { Context } from '../../context/context.ts'
import { acrOf } from '../../context/sign-in/acr.ts'
import { mayRefresh } from '../../context/tokens/may-refresh.ts'
import type { Grant } from '../../model/authorization.ts'
import type { ConsumeOutcome, Issue } from '../../storage/authorization.ts'
import { narrowedDetails } from '../granted-details.ts'
import { idToken } from '../id-token.ts'
import { newAccessToken, newGrant, newRefreshToken, refreshConfirmation } from '../issue.ts'
import { narrowedResources } from '../target.ts'
import {
  accessTokenResponse,
  invalidGrant,
  type TokenRequest,
  type TokenResponse,
  whatIsLeft,
} from './grant.ts'

/** What a user said yes to, on whatever page that was. */
export type Approved = Pick<Grant, 'scopes' | 'amr' | 'parameters'> & {
  readonly sub: string
  readonly sid: string | undefined
  readonly authenticatedAt: Date
}

/**
 * The first tokens of a user's grant.
 * @param consume spends what the user's approval was presented by, and stores the tokens with it
 * @param refused what to say when the approval is no longer good
 * @throws {HttpError} 400 `invalid_grant`, `invalid_scope`, `invalid_target`, `invalid_authorization_details`
 */
export function firstTokens(
  context: Context,
  request: TokenRequest,
  approved: Approved,
  consume: (issue: Issue) => Promise<ConsumeOutcome>,
  refused: string,
): Promise<TokenResponse> {
  return whatIsLeft(() => attempt(context, request, approved, consume, refused), refused)
}

async function attempt(
  context: Context,
  { call, client, parameters, resources, confirmation }: TokenRequest,
  approved: Approved,
  consume: (issue: Issue) => Promise<ConsumeOutcome>,
  refused: string,
): Promise<TokenResponse | undefined> {
  const { sub, sid, authenticatedAt, amr } = approved
  const [user, approval] = await Promise.all([
    context.accounts.find(sub),
    context.storage.clientUsers.find(client.id, sub),
  ])
  if (user === undefined || user.disabledAt !== undefined) throw invalidGrant(refused)
  // Revoked between the page and here: what the user took back is not given.
  if (approval === undefined) throw invalidGrant(refused)

  // What the client lost since the user approved it is not given any more, nor what the user took back.
  const scopes = approved.scopes.filter(
    scope => client.scopes.includes(scope) && approval.scopes.includes(scope),
  )
  // An answer without a scope would say that it is the scope asked for (RFC 6749 section 5.1).
  if (scopes.length === 0 && approved.scopes.length > 0) throw invalidGrant(refused)

  const grant = newGrant(context, {
    clientId: client.id,
    sub,
    sid,
    scopes,
    authenticatedAt,
    amr,
    parameters: grantParameters(approved, parameters.authorization_details),
  })
  const accessToken = await newAccessToken(context, call.baseUrl, {
    client,
    grant,
    scopes: grant.scopes,
    resources: narrowedResources(context, resources, grant.parameters.resource),
    confirmation,
  })
  const refreshToken = mayRefresh(client, grant.scopes)
    ? newRefreshToken(context, grant, refreshConfirmation(client, confirmation))
    : undefined
  // Before anything is spent: a key that cannot sign just now costs the user nothing.
  const identity = grant.scopes.includes('openid')
    ? await idToken(context, call.baseUrl, {
        client,
        grant,
        user,
        nonce: approved.parameters.nonce,
        accessToken: accessToken.value,
      })
    : undefined
  const issue = { grant, accessToken: accessToken.stored, refreshToken: refreshToken?.stored }
  const { outcome } = await consume(issue)
  if (outcome === 'taken_back') return undefined
  if (outcome !== 'consumed') throw invalidGrant(refused)

  return {
    ...accessTokenResponse(accessToken, grant),
    ...(refreshToken && { refresh_token: refreshToken.value }),
    ...(identity !== undefined && { id_token: identity }),
  }
}

/** @param asked the authorization details that the token request wants, out of those that were approved (RFC 9396 section 6) */
function grantParameters(approved: Approved, asked: string | undefined): Readonly<Record<string, string>> {
  const details = narrowedDetails(asked, approved.parameters.authorization_details)
  const acr = acrOf(approved.amr)
  // Of the request's parameters, what its tokens go on to depend on.
  const { claims, resource } = approved.parameters
  return {
    // With the scopes: what one of them brought is not told for the other's sake once it is taken back.
    ...(claims !== undefined && { claims, scope: approved.scopes.join(' ') }),
    ...(resource !== undefined && { resource }),
    ...(details !== undefined && { authorization_details: details }),
    ...(acr !== undefined && { acr }),
  }
}
