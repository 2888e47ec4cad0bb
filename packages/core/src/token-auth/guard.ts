import { v7 as uuidv7 } from 'uuid'
import { PLAN_MISSING } from '../context/billing/workspace-plans.ts'
import type { Context, KnownToken, Resource } from '../context/context.ts'
import type { GuardRule } from '../context/endpoint.ts'
import { failureResponse } from '../context/failure.ts'
import { AdmissionControl, type NoPlace, type Place } from '../context/metering/admission-control.ts'
import { AdmittedRequest, Concerned, callerOf, routeOf } from '../context/metering/admitted-request.ts'
import { fullFacts, fullWords } from '../context/metering/full.ts'
import { ADMITTED_BY } from '../context/metering/guard-pairs.ts'
import { refusalFields } from '../context/metering/rate-limit-fields.ts'
import { type Asking, guardTrial, underName } from '../context/protection/guard-trial.ts'
import { pauseRefusal } from '../context/protection/pause.ts'
import { tokenDetails } from '../context/tokens/authorization-details.ts'
import { nextNonceField } from '../context/tokens/dpop.ts'
import {
  authenticateToken,
  insufficientScope,
  invalidToken,
  type TokenRequest,
} from '../context/tokens/presented-token.ts'
import { resourceMetadataUrl } from '../context/tokens/resource-document.ts'
import { isForResource } from '../context/tokens/resources.ts'
import { HttpError } from '../errors.ts'
import { answerToNobody } from '../http/client-left.ts'
import type { ResponseMeter } from '../http/metered-response.ts'
import { type HttpHeaders, header, requestIdOf } from '../http/request.ts'
import { type HttpResponse, withHeaders } from '../http/response.ts'
import type { Client } from '../model/client.ts'
import type { Plan } from '../model/plan.ts'
import type { Sub, User } from '../model/user.ts'
import type { Workspace } from '../model/workspace.ts'

/** What the guard reads of a request. Functions are called only when a rule needs them. */
export interface TokenGuardRequest {
  readonly headers: HttpHeaders
  readonly method: string
  /** The request's path without its query, as the host application sees it. */
  readonly path: () => string
  ip(): string
  /** Whether nobody waits for the answer any more. */
  hasLeft(): boolean
  /** The caller's certificate, where mutual TLS was spoken: PEM, or base64 of its DER. */
  readonly certificate: () => string | undefined
  /** The name of the route in usage and logs; read when the event is made, not before. */
  readonly route: string
  /** The caller that an earlier guard of the same request admitted, where there was one. */
  readonly passed?: unknown
}

/** What an MCP server's transport looks for as `req.auth`: the `AuthInfo` of the Model Context Protocol's SDK. */
export interface McpAuthInfo {
  readonly token: string
  readonly clientId: string
  readonly scopes: string[]
  /** Seconds since the epoch. */
  readonly expiresAt: number
  readonly resource: URL
  readonly extra: Record<string, unknown>
}

/** A caller in those words. */
export function mcpAuthInfo({ token, client, scopes, expiresAt, resource, user }: TokenCaller): McpAuthInfo {
  return {
    token,
    clientId: client.id,
    scopes: [...scopes],
    expiresAt: Math.floor(expiresAt.getTime() / 1000),
    resource: new URL(resource),
    extra: user === undefined ? {} : { sub: user.sub },
  }
}

/** What a route that takes access tokens knows of its caller. */
export interface TokenCaller {
  readonly client: Client
  readonly workspace: Workspace
  /** Whom the client acts for; absent where it acts for itself. */
  readonly user: User | undefined
  readonly scopes: readonly string[]
  /** RFC 9396: what exactly was approved, where the client asked for that. */
  readonly authorizationDetails: readonly Readonly<Record<string, unknown>>[]
  /** Who acts in the user's place (RFC 8693 section 4.1). */
  readonly actor: Readonly<Record<string, unknown>> | undefined
  /** When the user signed in; absent where there is none. */
  readonly authenticatedAt: Date | undefined
  /** The class that the sign-in reached (OpenID Connect Core section 2). */
  readonly acr: string | undefined
  /** How the user signed in (RFC 8176). */
  readonly amr: readonly string[]
  /** The resource indicator of this route. */
  readonly resource: string
  readonly expiresAt: Date
  readonly requestId: string
  /** The token itself, for passing on where its audience allows; never for a log. */
  readonly token: string
  /** Tells the meter whom the request was about, where that is not the token's user. */
  readonly concerns: (sub: Sub) => void
}

/** Somebody was admitted. */
export interface TokenAdmission extends ResponseMeter {
  readonly admitted: true
  readonly caller: TokenCaller
}

/** Somebody was refused, or the check itself failed, with this answer. Whoever left before is refused, too, and of that nothing is kept. */
export interface TokenRefusal {
  readonly admitted: false
  readonly requestId: string
  readonly response: HttpResponse
}

/** Checks the access token of a request. It never rejects: what goes wrong while it checks is a refusal too. */
export type TokenGuard = (request: TokenGuardRequest) => TokenVerdict | Promise<TokenVerdict>

export type TokenVerdict = TokenAdmission | TokenRefusal

/** Makes the guard of a route that takes access tokens for `resource`. */
export function createTokenGuard(context: Context, rule: GuardRule, resource: Resource): TokenGuard {
  const control = new AdmissionControl(context, rule)
  const admittedBy = { pairs: context.guardPairs, rule }
  const { origin } = new URL(resource.identifier)
  const wanted = { origin, resourceMetadata: resourceMetadataUrl(resource), scope: rule.scope }

  return async request => {
    const now = context.now()
    const requestId = requestIdOf(request.headers)
    const asked = new ResourceRequest(request, wanted)
    let known: KnownToken | undefined
    try {
      context.outage.check(now.getTime())
      known = await authenticateToken(context, asked)
      const { client, user } = known
      const { workspace, plan } = payer(context, asked, known, rule, resource)
      const named = underName(request, rule.route)
      refusePaused(context, client.id, named, requestId, now)
      const applicant = { client, workspace, plan, mode: 'live', sub: user?.sub, request } as const
      // Nothing is waited for once there is a place: nobody would give it back if that failed.
      const headers = await nextNonceField(context, request.headers)
      const asking = request.hasLeft() ? undefined : await control.admit(applicant, now)
      if (asking === undefined) return { admitted: false, requestId, response: answerToNobody(requestId) }
      if (asking.full) context.protection.refusedByLimit(guardTrial('limit', client.id, named, requestId))
      const place = placeOf(asking)
      if (request.passed !== undefined) context.guardPairs.passed(request.passed, rule, request)
      const concerned = new Concerned(user?.sub)
      const caller = {
        ...callerOfToken(known),
        workspace,
        requestId,
        concerns: concerned.tell,
        [ADMITTED_BY]: admittedBy,
      }
      return new AdmittedRequest<TokenCaller>(
        context,
        { ...caller, resource: resource.identifier, token: tokenOf(request) },
        {
          place,
          request,
          workspace,
          clientId: client.id,
          domainId: undefined,
          mode: 'live',
          concerned,
          route: rule.route,
          requestId,
          arrivedAt: now,
          headers,
        },
      )
    } catch (error) {
      if (known && error instanceof HttpError) note(context, request, rule, known, error, requestId, now)
      const response = failureResponse(context, 'oauth', error, requestId)
      return { admitted: false, requestId, response: withHeaders(response, { 'x-request-id': requestId }) }
    }
  }
}

/** What the route asks for, for whoever has to be told. */
interface Wanted {
  readonly origin: string
  readonly resourceMetadata: string
  readonly scope: string | undefined
}

/** A request to the resource. What only bound tokens need is worked out if it matters; a class, as each request makes one. */
class ResourceRequest implements TokenRequest {
  readonly headers: HttpHeaders
  readonly method: string
  readonly resourceMetadata: string
  readonly scope: string | undefined
  readonly #origin: string
  readonly #request: TokenGuardRequest

  constructor(request: TokenGuardRequest, { origin, resourceMetadata, scope }: Wanted) {
    this.headers = request.headers
    this.method = request.method
    this.resourceMetadata = resourceMetadata
    this.scope = scope
    this.#origin = origin
    this.#request = request
  }

  /**
   * The host is the resource's own. What stands in `Host` is up to the caller, who could otherwise present here a DPoP proof
   * that was made for another server.
   */
  get url(): string {
    const path = this.#request.path()
    return this.#origin + (path.startsWith('/') ? path : `/${path}`)
  }

  get certificate(): string | undefined {
    return this.#request.certificate()
  }
}

/** What the host is told of a token. */
function callerOfToken({ client, user, token, grant }: KnownToken) {
  const { act, acr } = grant.parameters
  const details = tokenDetails(token, grant)
  return {
    client,
    user,
    scopes: token.scopes,
    authorizationDetails: details === undefined ? [] : JSON.parse(details),
    actor: act === undefined ? undefined : JSON.parse(act),
    authenticatedAt: grant.authenticatedAt,
    acr,
    amr: grant.amr,
    expiresAt: token.expiresAt,
  }
}

/** The rules after the token's own, in the order of the header rules. Answers whose workspace pays, and by which plan. */
function payer(
  context: Context,
  asked: TokenRequest,
  { token, client, workspace }: KnownToken,
  { scope }: GuardRule,
  resource: Resource,
): { readonly workspace: Workspace; readonly plan: Plan } {
  // Made for another resource, or for none: whoever serves that one must not be able to use it here (RFC 8707 section 5).
  if (!isForResource(context, token.audience, resource)) throw invalidToken(asked)
  if (resource.requireSenderConstraint && token.confirmation === undefined) throw invalidToken(asked)
  const plan = workspace && context.plans.of(workspace)
  if (workspace?.planStatus !== 'active') {
    throw new HttpError(402, 'plan_inactive', "The plan of this client's workspace is not active.")
  }
  if (plan === undefined) {
    const saw = { plan: workspace.plan, plan_configured: false }
    throw new SeenError(402, { code: 'plan_inactive', message: PLAN_MISSING, headers: {}, saw })
  }
  // What the client lost since is lost for its tokens too.
  if (scope !== undefined && !(token.scopes.includes(scope) && client.scopes.includes(scope))) {
    throw insufficientScope(asked, scope)
  }
  return { workspace, plan }
}

/**
 * Refuses a client that went on and on beyond its limit.
 * @throws {HttpError} 429 `rate_limited`
 */
function refusePaused(
  { protection }: Context,
  clientId: string,
  request: Asking,
  requestId: string,
  now: Date,
): void {
  if (!protection.blocksAny('limit')) return
  const block = protection.blockOf(guardTrial('limit', clientId, request, requestId))
  if (block === undefined) return
  const { refused, headers } = pauseRefusal(block, now)
  throw new LimitError({ ...refused, headers, at: now })
}

type Seen = Pick<SeenError, 'code' | 'message' | 'headers' | 'saw'>

/** A refusal of which the owner's log has what it saw. */
class SeenError extends HttpError {
  readonly saw: Readonly<Record<string, unknown>>

  constructor(status: number, { code, message, headers, saw }: Seen) {
    super(status, code, message, { headers })
    this.saw = saw
  }
}

/** A limit refused; the owner's log has when. */
class LimitError extends SeenError {
  readonly at: Date

  constructor(refused: Seen & { readonly at: Date }) {
    super(429, refused)
    this.at = refused.at
  }
}

/** @throws {HttpError} 429 where there is no room */
function placeOf(place: Place | NoPlace): Place {
  if (place.full === undefined) return place
  const code = place.full.kind === 'rate' ? 'rate_limited' : 'quota_exceeded'
  throw new LimitError({
    code,
    message: fullWords(place.full),
    headers: refusalFields(place.full),
    at: place.at,
    saw: fullFacts(place.full),
  })
}

/** Tells the client's owner of a refusal. */
function note(
  context: Context,
  request: TokenGuardRequest,
  { route }: GuardRule,
  { client, token, grant }: KnownToken,
  error: HttpError,
  requestId: string,
  now: Date,
): void {
  context.meter.note({
    id: uuidv7(),
    at: error instanceof LimitError ? error.at : now,
    requestId,
    workspaceId: client.workspaceId,
    clientId: client.id,
    domainId: undefined,
    route: routeOf(request, route),
    status: error.status,
    durationMs: Math.max(0, context.now().getTime() - now.getTime()),
    ...callerOf(request),
    refusedBy: error.code,
    facts: {
      grant_id: grant.id,
      scopes: token.scopes,
      audience: token.audience,
      ...(error instanceof SeenError ? error.saw : {}),
    },
  })
}

function tokenOf({ headers }: TokenGuardRequest): string {
  return (
    header(headers, 'authorization')
      ?.replace(/^\S+ +/, '')
      .trim() ?? ''
  )
}
