import type { Context } from './context/context.ts'
import type { Call, Endpoint, ManagedEndpoint } from './context/endpoint.ts'
import { failureResponse } from './context/failure.ts'
import { baseUrlOf } from './context/issuer.ts'
import { ENDPOINTS, type PathEndpoints } from './endpoints.ts'
import { HttpError } from './errors.ts'
import { createGuard, type Guard, type GuardRequest } from './header-auth/guard.ts'
import { readBody } from './http/body.ts'
import { CORS_HEADERS, PREFLIGHT_METHOD, preflightResponse } from './http/cors.ts'
import { type HttpRequest, requestIdOf } from './http/request.ts'
import { type HttpResponse, withHeaders } from './http/response.ts'
import { endOfTurn } from './lib/turn.ts'
import { authenticateBearer, authoriseManager } from './manage/api/manager.ts'
import { createManagementRate, type ManagementRate } from './manage/api/rate.ts'

/** A path that the kit answers at. */
export interface Match {
  /** Relative to the mount path. */
  readonly path: string
  readonly mountPath: string
  /** None where the path is the kit's, and nothing is there. */
  readonly endpoints: PathEndpoints
  readonly parameters: Readonly<Record<string, string>>
}

/** Answers requests to the kit's own endpoints. Never rejects: whatever goes wrong becomes an answer. */
export type EndpointAnswers = (match: Match, request: HttpRequest) => Promise<HttpResponse>

/** @param ready what a request has to wait for; `undefined` when there is nothing more */
export function createEndpointAnswers(
  context: Context,
  ready: () => Promise<void> | undefined,
): EndpointAnswers {
  const doors: Doors = { guards: guardsOf(context), managementRate: createManagementRate(context) }

  return async (match, request) => {
    const requestId = requestIdOf(request.headers)
    const shared = sharedMethods(match.endpoints)
    const common = shared.length > 0 ? CORS_HEADERS : undefined
    if (request.method === PREFLIGHT_METHOD && shared.length > 0) {
      return withHeaders(preflightResponse(shared), { 'x-request-id': requestId })
    }
    let format = formatOf(match.endpoints)
    let response: HttpResponse
    try {
      const endpoint = endpointFor(match.endpoints, request.method)
      format = endpoint.failure
      const waiting = ready()
      if (waiting !== undefined) await waiting
      response = await answer(context, doors, endpoint, { match, request, requestId })
    } catch (error) {
      response = failureResponse(context, format, error, requestId, request)
    }
    // Answers that are ready in one turn leave together: to send one wakes whoever reads it, a proxy on this machine for
    // instance, and he can be awake for the next. Under load that is a sixth of a request's time.
    await endOfTurn()
    return {
      status: response.status,
      headers: { ...response.headers, ...common, 'x-request-id': requestId },
      body: response.body,
      bytes: response.bytes,
    }
  }
}

/** Shared by all requests that have none, for nobody changes a query; it takes as long to make as to read one. */
const NO_QUERY = new URLSearchParams()

/** What callers have to pass, made once. */
interface Doors {
  readonly guards: ReadonlyMap<Endpoint, Guard>
  readonly managementRate: ManagementRate
}

interface Asked {
  readonly match: Match
  readonly request: HttpRequest
  readonly requestId: string
}

/** Guards, then reads, then answers: nothing of a body is looked at before its sender is known. */
async function answer(
  context: Context,
  { guards, managementRate }: Doors,
  endpoint: Endpoint,
  { match, request, requestId }: Asked,
): Promise<HttpResponse> {
  const baseUrl = baseUrlOf(context, request)
  const { parameters } = match
  const callWith = async (): Promise<Call> => ({
    request,
    requestId,
    baseUrl,
    query: request.search === '' ? NO_QUERY : new URLSearchParams(request.search),
    parameters,
    input: await readBody(request, endpoint.body, context.config.bodyLimitBytes),
  })
  if (endpoint.permission !== undefined) {
    return answerManaged(context, managementRate, endpoint, { match, request, requestId, baseUrl, callWith })
  }
  if (endpoint.guard === undefined) return endpoint.handle(context, await callWith())

  const guard = guards.get(endpoint) as Guard
  const verdict = await guard(guardRequest(endpoint, request, requestId))
  if (!verdict.admitted) return verdict.response
  let response: HttpResponse
  try {
    const { client, workspace, domain, concerns } = verdict.caller
    response = await endpoint.handle(context, {
      ...(await callWith()),
      caller: { client, workspace, domain },
      concerns,
    })
  } catch (error) {
    response = failureResponse(context, endpoint.failure, error, requestId, request)
  }
  // An admitted request is metered whatever came of it; its price says whether it costs.
  await new Promise<void>((resolve, reject) =>
    verdict.complete(response.status, { committed: resolve, failed: reject }),
  )
  return verdict.headers === undefined ? response : withHeaders(response, verdict.headers)
}

/** A call of the management API, by somebody who is not yet known. */
interface ManagedAsked extends Asked {
  readonly baseUrl: string
  readonly callWith: () => Promise<Call>
}

/** The token, the limit of whoever has it, what they may do; then the body is read. */
async function answerManaged(
  context: Context,
  rate: ManagementRate,
  endpoint: ManagedEndpoint,
  { match, request, requestId, baseUrl, callWith }: ManagedAsked,
): Promise<HttpResponse> {
  const { permission, method, path } = endpoint
  const bearer = await authenticateBearer(context, request, baseUrl)
  // Before anything is looked for: who tries out workspaces is slowed down like everybody.
  const left = await rate(bearer.known, { request, requestId, route: `${method} ${path}` })
  let response: HttpResponse
  try {
    const workspaceId = match.parameters.workspace_id as string
    const manager = await authoriseManager(context, bearer, { workspaceId, permission })
    response = await endpoint.handle(context, { ...(await callWith()), manager })
  } catch (error) {
    response = failureResponse(context, endpoint.failure, error, requestId, request)
  }
  return withHeaders(response, left)
}

function guardRequest(endpoint: Endpoint, request: HttpRequest, requestId: string): GuardRequest {
  return {
    headers: { ...request.headers, 'x-request-id': requestId },
    ip: () => request.ip,
    secure: () => request.secure,
    hasLeft: () => request.hasLeft,
    route: `${endpoint.method} ${endpoint.path}`,
  }
}

function guardsOf(context: Context): ReadonlyMap<Endpoint, Guard> {
  const guards = new Map<Endpoint, Guard>()
  for (const endpoint of ENDPOINTS) {
    if (endpoint.guard) guards.set(endpoint, createGuard(context, endpoint.guard))
  }
  return guards
}

/**
 * @throws {HttpError} 405 `method_not_allowed`, naming the methods that are; 404 `not_found`, where there is no endpoint
 */
function endpointFor(endpoints: PathEndpoints, method: string): Endpoint {
  const get = endpoints.get('GET')
  const head = get?.unsafe ? undefined : get
  const endpoint = method === 'HEAD' ? head : endpoints.get(method)
  if (endpoint) return endpoint
  if (endpoints.size === 0) throw new HttpError(404, 'not_found', 'There is nothing at this path.')
  const allowed = [...endpoints.keys(), ...(head ? ['HEAD'] : [])].join(', ')
  throw new HttpError(405, 'method_not_allowed', `Use ${allowed} here.`, { headers: { allow: allowed } })
}

/** The methods of a path that pages of other origins may use. */
function sharedMethods(endpoints: PathEndpoints): readonly string[] {
  const methods: string[] = []
  for (const { method, cors } of endpoints.values()) if (cors) methods.push(method)
  return methods
}

/** Paths without an endpoint are those of the management API. */
function formatOf(endpoints: PathEndpoints): Endpoint['failure'] {
  for (const endpoint of endpoints.values()) return endpoint.failure
  return 'problem'
}
