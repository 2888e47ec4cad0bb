import type { Context, KnownToken, Resource } from '../../context/context.ts'
import { subjectFor } from '../../context/tokens/subject.ts'
import { HttpError } from '../../errors.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Client } from '../../model/client.ts'
import { newAccessToken, newGrant } from '../issue.ts'
import { invalidRequest, type Parameters } from '../parameters.ts'
import { parseScope } from '../scope.ts'
import { satisfies } from '../sender-constraint.ts'
import { knownResources, repeatedParameter } from '../target.ts'
import { accessTokenResponse, type GrantType } from './grant.ts'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'

/** What no exchanged token carries: a grant of its own, or a claim to the user's identity beyond the token's own. */
const NEVER_EXCHANGED: ReadonlySet<string> = new Set(['offline_access'])

/**
 * RFC 8693: a client turns an access token into one for another resource server: in the user's place (impersonation), or,
 * with an actor token, visibly on the user's behalf (delegation).
 *
 * Only a token that was given to this very client may be exchanged, or one that is for a resource server that this client is;
 * so a token that leaked is of no use to anybody else who may exchange tokens. The new token can do no more than the old one,
 * lives no longer, is bound to a sender where the old one was, has no authorization details, and cannot be refreshed.
 */
export const tokenExchange: GrantType = {
  name: 'urn:ietf:params:oauth:grant-type:token-exchange',
  async handle(context, request) {
    const { call, client, parameters, confirmation } = request
    if (!context.config.oauth.tokenExchange) {
      throw new HttpError(400, 'unsupported_grant_type', 'Tokens are not exchanged here.')
    }
    if (parameters.authorization_details !== undefined) {
      throw new HttpError(
        400,
        'invalid_authorization_details',
        'An exchanged token carries no authorization details. Leave authorization_details out.',
      )
    }
    const subject = await presentedToken(context, parameters, 'subject')
    const actor =
      parameters.actor_token === undefined ? undefined : await presentedToken(context, parameters, 'actor')
    if (actor === undefined && parameters.actor_token_type !== undefined) {
      throw invalidRequest('Send the actor_token too.')
    }
    checkBearer(context, client, request.confirmation, subject)
    if (actor !== undefined) checkBearer(context, client, request.confirmation, actor)

    const { requested_token_type: wanted = ACCESS_TOKEN } = parameters
    if (wanted !== ACCESS_TOKEN && wanted !== JWT) {
      throw invalidRequest(`Use requested_token_type=${ACCESS_TOKEN}.`)
    }
    const named = [...new Set([...request.resources, ...repeatedParameter(call, 'audience')])]
    // A token that is for some never becomes one that is for all.
    const identifiers = named.length > 0 ? named : subject.token.audience
    const resources = knownResources(context, identifiers)
    await checkReach(context, subject, resources)
    if (wanted === JWT && !resources.some(({ tokenFormat }) => tokenFormat === 'jwt')) {
      throw invalidRequest('Only resources that are configured so are given tokens as JWTs.')
    }
    const act = await actClaim(context, subject, actor)
    const { sub, sid, authenticatedAt, amr, parameters: granted } = subject.grant
    const grant = newGrant(context, {
      clientId: client.id,
      sub,
      sid,
      scopes: narrowedScopes(client, subject, parameters.scope),
      authenticatedAt,
      amr,
      parameters: {
        ...(identifiers.length > 0 && { resource: identifiers.join(' ') }),
        exchanged_from: granted.exchanged_from ?? subject.grant.id,
        ...(granted.acr !== undefined && { acr: granted.acr }),
        ...(act !== undefined && { act: JSON.stringify(act) }),
      },
    })
    const ends = [subject, actor].flatMap(known =>
      known === undefined ? [] : [known.token.expiresAt.getTime()],
    )
    const accessToken = await newAccessToken(context, call.baseUrl, {
      client,
      grant,
      scopes: grant.scopes,
      resources,
      confirmation,
      endsBy: new Date(Math.min(...ends)),
    })
    await context.storage.tokens.issue({ grant, accessToken: accessToken.stored, refreshToken: undefined })
    return { ...accessTokenResponse(accessToken, grant), issued_token_type: wanted }
  },
}

/** How many may have acted one after the other: more than anybody needs, and no more than every answer can hold. */
const MAX_ACTORS = 16

/**
 * Whether the new token stays within what its user agreed to: the resources that the old one is for, those that the user approved
 * for its client, and those that the host lets resource servers call on their users' behalf (`exchangedFrom`).
 * @throws {HttpError} 400 `invalid_target`
 */
async function checkReach(
  { storage, resources: known }: Context,
  { token, grant }: KnownToken,
  resources: readonly Resource[],
): Promise<void> {
  // Nobody was asked about a token of the client's own; it may ask for the same by itself.
  if (token.sub === undefined) return
  const own = [...token.audience, ...(grant.parameters.resource?.split(' ') ?? [])]
  const within = (identifiers: readonly string[], resource: Resource) =>
    identifiers.some(identifier => known.find(identifier) === resource)
  const further = resources.filter(
    resource => !within(own, resource) && !resource.exchangedFrom.some(from => token.audience.includes(from)),
  )
  if (further.length === 0) return
  const approved = (await storage.clientUsers.find(token.clientId, token.sub))?.resources ?? []
  const refused = further.find(resource => !within(approved, resource))
  if (refused === undefined) return
  throw new HttpError(
    400,
    'invalid_target',
    `The user of the subject_token did not approve ${refused.identifier}, which takes no exchanged tokens from elsewhere.`,
  )
}

/** RFC 8693 section 2.2.2: a token that is not good, for whatever reason, is an `invalid_request`. */
async function presentedToken(
  context: Context,
  parameters: Parameters,
  role: 'subject' | 'actor',
): Promise<KnownToken> {
  const token = parameters[`${role}_token`]
  const type = parameters[`${role}_token_type`]
  if (token === undefined) throw invalidRequest(`Send the ${role}_token.`)
  if (type !== ACCESS_TOKEN && type !== JWT) throw invalidRequest(`Use ${role}_token_type=${ACCESS_TOKEN}.`)
  const known = await context.accessTokens.find(sha256(token))
  // A JWT of ours is an access token as well; what is none cannot be sent as one.
  if (known === undefined || (type === JWT && !token.includes('.'))) throw notGood(role)
  return known
}

/** Whether this client may use a token at all, and proves what the token is bound to. */
function checkBearer(
  context: Context,
  client: Client,
  confirmation: Readonly<Record<string, string>> | undefined,
  { token }: KnownToken,
): void {
  const own = token.clientId === client.id
  const received = token.audience.some(
    identifier => context.resources.find(identifier)?.clientId === client.id,
  )
  if (!own && !received)
    throw invalidRequest('A token can be exchanged by the client that it was given to, or is for.')
  if (token.confirmation === undefined) return
  // Who received it saw the proof of possession; who owns it has to give one.
  if (own && !satisfies(confirmation, token.confirmation)) {
    throw invalidRequest('The token is bound to a key or certificate that this request does not prove.')
  }
  if (confirmation === undefined) {
    throw invalidRequest('A bound token is exchanged for a bound one. Send a DPoP proof (RFC 9449).')
  }
}

/** @throws {HttpError} 400 `invalid_scope` */
function narrowedScopes(client: Client, { token }: KnownToken, scope: string | undefined): readonly string[] {
  const granted = token.scopes.filter(name => client.scopes.includes(name) && !NEVER_EXCHANGED.has(name))
  const asked = parseScope(scope)
  if (!asked.every(name => granted.includes(name))) {
    throw new HttpError(400, 'invalid_scope', 'An exchange can only narrow the scope of the subject_token.')
  }
  return asked.length > 0 ? asked : granted
}

/** RFC 8693 section 4.1: who acts now stands outside, who acted before within. */
async function actClaim(
  context: Context,
  { grant }: KnownToken,
  actor: KnownToken | undefined,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const before = grant.parameters.act === undefined ? undefined : JSON.parse(grant.parameters.act)
  if (actor === undefined) return before
  if (actorsIn(before) >= MAX_ACTORS) {
    throw invalidRequest(`The subject_token has passed through ${MAX_ACTORS} actors already.`)
  }
  const { client, user } = actor
  return {
    sub: user === undefined ? client.id : await subjectFor(context, client, user.sub),
    client_id: client.id,
    ...(before !== undefined && { act: before }),
  }
}

interface Act {
  readonly act?: Act
}

function actorsIn(act: Act | undefined): number {
  return act === undefined ? 0 : 1 + actorsIn(act.act)
}

function notGood(role: string): HttpError {
  return invalidRequest(`The ${role}_token is unknown, revoked or expired.`)
}
