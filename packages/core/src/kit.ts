import { builtInAccounts } from './accounts/built-in.ts'
import { type Config, createConfig } from './config/config.ts'
import type { KitOptions } from './config/options.ts'
import { createClientDocuments } from './context/clients/client-documents.ts'
import { createKnownClients } from './context/clients/known-clients.ts'
import type { Context } from './context/context.ts'
import type { Call, Endpoint, FailureFormat } from './context/endpoint.ts'
import { failureResponse } from './context/failure.ts'
import { baseUrlOf } from './context/issuer.ts'
import { createKeyRing } from './context/keys/key-ring.ts'
import { checkNamedThings } from './context/named-things.ts'
import { createOutbound } from './context/outbound.ts'
import { createAccessTokens } from './context/tokens/access-tokens.ts'
import { createResources } from './context/tokens/resources.ts'
import { createEventRecorder } from './context/workspace-events.ts'
import { endpointsByPath, type PathEndpoints } from './endpoints.ts'
import { HttpError } from './errors.ts'
import { createCallerCache } from './header-auth/caller-cache.ts'
import { createGuard, type Guard, type GuardRequest, type Refusal } from './header-auth/guard.ts'
import { readBody } from './http/body.ts'
import { CORS_HEADERS, PREFLIGHT_METHOD, preflightResponse } from './http/cors.ts'
import { type HttpHeaders, type HttpRequest, requestIdOf } from './http/request.ts'
import { type HttpResponse, withHeaders } from './http/response.ts'
import { createLogoutDeliveries } from './oauth/back-channel-logout.ts'
import { WELL_KNOWN_PATHS } from './oauth/metadata.ts'
import { createProtection, type ProtectOptions, type TokenProtectOptions } from './protect.ts'
import type { TokenGuard } from './token-auth/guard.ts'
import { createMeter } from './usage/meter.ts'

/** The paths that the kit answers at, found by {@link Kit.match}. */
export interface Match {
  /** Relative to the mount path. */
  readonly path: string
  readonly mountPath: string
  readonly endpoints: PathEndpoints
}

/** The body that a guard's failure becomes. */
export type GuardFailure = Exclude<FailureFormat, 'page'>

/** XWMS, ready to be mounted: what an adapter works with. */
export interface Kit {
  readonly config: Config
  /**
   * Finds the kit's endpoints at a path; `undefined` leaves the request to the host. Synchronous and cheap.
   * @param path the whole path of the request, as the host application sees it
   * @param hostMountPath where the framework says the kit is mounted; used where the configuration says nothing
   */
  match(path: string, hostMountPath: string): Match | undefined
  /**
   * Answers a request to one of the kit's endpoints. Never throws: whatever goes wrong becomes an answer. The answer to
   * HEAD is the one to GET, where GET only shows something; the server leaves its body out (RFC 9110 section 9.3.2).
   */
  handle(match: Match, request: HttpRequest): Promise<HttpResponse>
  /**
   * Makes the guard of one of the host's own routes. It never rejects: what goes wrong while it checks is a refusal too.
   * With `resource` it takes access tokens, without it the three credential headers.
   * @throws {ConfigurationError} when the price or the scope is not in the configuration
   */
  protect(options: TokenProtectOptions): TokenGuard
  protect(options?: ProtectOptions): Guard
  /**
   * The answer for a request that failed in the kit while the host's route was guarded.
   * @param format `oauth` where an access token was asked for. Default `envelope`.
   */
  failure(error: unknown, requestId: string, format?: GuardFailure): HttpResponse
  /**
   * Resolves when everything needed is there. Requests wait for that by themselves; call it to fail at start.
   * @throws {StorageUnavailableError} with a sentence that says what to do
   * @throws {ConfigurationError} when an option names a workspace or a client that does not exist
   */
  ready(): Promise<void>
  /** Writes what is waiting to be written, and lets go of the storage. Call it once the server has closed. */
  close(): Promise<void>
}

/** What the middleware of every adapter carries beside its framework's own. */
export interface MountedKit extends Pick<Kit, 'ready' | 'close'> {
  /** What the adapter works with. */
  readonly kit: Kit
}

/**
 * Creates a kit from its options.
 * @throws {ConfigurationError} that names every problem at once
 */
export function createKit(options: KitOptions): Kit {
  const config = createConfig(options)
  const { storage, logger, now } = config
  const callers = createCallerCache(storage, config.credentialCache)
  const clients = createKnownClients(storage, config.credentialCache)
  const meter = createMeter(storage, logger)
  const outbound = createOutbound(config.outbound)
  const keys = createKeyRing(config)
  const accounts = config.accounts ?? builtInAccounts(storage)
  const accessTokens = createAccessTokens({ storage, clients, accounts, now }, config.credentialCache)
  const context: Context = {
    config,
    storage,
    logger,
    now,
    meter,
    callers,
    clients,
    accounts,
    resources: createResources(config),
    accessTokens,
    outbound,
    logouts: { notify: baseUrl => logouts.notify(baseUrl) },
    clientDocuments: createClientDocuments({ config, storage, outbound, logger, now }),
    keys,
    events: createEventRecorder(config),
  }
  const logouts = createLogoutDeliveries(context)
  const paths = endpointsByPath()
  const guards = guardsOf(paths, context)
  const protection = createProtection(context)
  const inserted = new Map(WELL_KNOWN_PATHS.map(path => [path + issuerPath(config), path]))

  warnAboutDevelopment(config)
  let starting: Promise<void> | undefined
  let started = false

  function start(): Promise<void> {
    starting ??= prepare().then(
      () => {
        started = true
        logouts.start()
      },
      error => {
        // The next request tries again: the database may only be late.
        starting = undefined
        throw error
      },
    )
    return starting
  }

  async function prepare(): Promise<void> {
    await storage.ready()
    // Keys that cannot be opened should be found out now. Where nothing is kept there are none before the first is needed.
    if (storage.durable) await keys.ready()
  }

  function failure(error: unknown, requestId: string, format: GuardFailure = 'envelope'): HttpResponse {
    return withHeaders(failureResponse(context, format, error, requestId), { 'x-request-id': requestId })
  }

  /** Guards wait until everything needed is there, and fail as an answer. */
  function whenStarted<Request extends { readonly headers: HttpHeaders }, Verdict>(
    guard: (request: Request) => Promise<Verdict>,
    format: GuardFailure,
  ) {
    return async (request: Request): Promise<Verdict | Refusal> => {
      try {
        if (!started) await start()
        return await guard(request)
      } catch (error) {
        const requestId = requestIdOf(request.headers)
        return { admitted: false, requestId, response: failure(error, requestId, format) }
      }
    }
  }

  function protect(options: TokenProtectOptions): TokenGuard
  function protect(options?: ProtectOptions): Guard
  function protect(options: ProtectOptions | TokenProtectOptions = {}): Guard | TokenGuard {
    return 'resource' in options
      ? whenStarted(protection.tokenGuard(options), 'oauth')
      : whenStarted(protection.guard(options), 'envelope')
  }

  return {
    config,

    match(path, hostMountPath) {
      const mountPath = config.mountPath ?? hostMountPath
      const inside =
        mountPath === '' || (path.startsWith(mountPath) && path.charCodeAt(mountPath.length) === SLASH)
      const relative = inside ? path.slice(mountPath.length) : undefined
      const endpoints = relative === undefined ? undefined : paths.get(relative)
      if (endpoints && relative !== undefined) return { path: relative, mountPath, endpoints }
      const document = protection.documentAt(path)
      if (document) return { path, mountPath, endpoints: new Map([[document.method, document]]) }
      // RFC 8414 section 3.1: the well-known part comes before the issuer's path.
      const wellKnown = inserted.get(path)
      if (wellKnown === undefined) return undefined
      return { path: wellKnown, mountPath, endpoints: paths.get(wellKnown) as PathEndpoints }
    },

    async handle(match, request) {
      const requestId = requestIdOf(request.headers)
      const shared = sharedMethods(match.endpoints)
      const headers = { ...(shared.length > 0 && CORS_HEADERS), 'x-request-id': requestId }
      if (request.method === PREFLIGHT_METHOD && shared.length > 0) {
        return withHeaders(preflightResponse(shared), headers)
      }
      let format = formatOf(match.endpoints)
      let response: HttpResponse
      try {
        const endpoint = endpointFor(match.endpoints, request.method)
        format = endpoint.failure
        if (!started) await start()
        response = await answer(context, guards, endpoint, request, requestId)
      } catch (error) {
        response = failureResponse(context, format, error, requestId)
      }
      return withHeaders(response, headers)
    },

    protect,

    failure,

    async ready() {
      await start()
      // Requests do not wait for this: a name that leads nowhere breaks what needs it, and nothing else.
      await checkNamedThings(config, storage)
    },

    async close() {
      await meter.close()
      callers.close()
      clients.close()
      accessTokens.close()
      await logouts.close()
      await outbound.close()
      await storage.close()
    },
  }
}

const SLASH = '/'.charCodeAt(0)

/** The path of the address that the world knows, which a proxy may have changed by the time a request is here. */
function issuerPath({ issuer, mountPath = '' }: Config): string {
  return issuer === undefined ? mountPath : new URL(issuer).pathname.replace(/\/$/, '')
}

/** Guards, then reads, then answers: nothing of a body is looked at before its sender is known. */
async function answer(
  context: Context,
  guards: ReadonlyMap<Endpoint, Guard>,
  endpoint: Endpoint,
  request: HttpRequest,
  requestId: string,
): Promise<HttpResponse> {
  const baseUrl = baseUrlOf(context, request)
  const callWith = async (): Promise<Call> => ({
    request,
    requestId,
    baseUrl,
    query: new URLSearchParams(request.search),
    input: await readBody(request, endpoint.body, context.config.bodyLimitBytes),
  })
  if (endpoint.guard === undefined) return endpoint.handle(context, await callWith())

  const guard = guards.get(endpoint) as Guard
  const verdict = await guard(guardRequest(endpoint, request, requestId))
  if (!verdict.admitted) return verdict.response
  let response: HttpResponse
  try {
    const { client, workspace, domain, concerns } = verdict
    response = await endpoint.handle(context, {
      ...(await callWith()),
      caller: { client, workspace, domain },
      concerns,
    })
  } catch (error) {
    response = failureResponse(context, endpoint.failure, error, requestId)
  }
  // An admitted request is metered whatever came of it; its price says whether it costs.
  await verdict.complete(response.status)
  return response
}

function guardRequest(endpoint: Endpoint, request: HttpRequest, requestId: string): GuardRequest {
  return {
    headers: { ...request.headers, 'x-request-id': requestId },
    ip: () => request.ip,
    secure: () => request.secure,
    route: `${endpoint.method} ${endpoint.path}`,
  }
}

function guardsOf(paths: ReadonlyMap<string, PathEndpoints>, context: Context): ReadonlyMap<Endpoint, Guard> {
  const guards = new Map<Endpoint, Guard>()
  for (const endpoints of paths.values()) {
    for (const endpoint of endpoints.values()) {
      if (endpoint.guard) guards.set(endpoint, createGuard(context, endpoint.guard))
    }
  }
  return guards
}

/** @throws {HttpError} 405 `method_not_allowed`, naming the methods that are */
function endpointFor(endpoints: PathEndpoints, method: string): Endpoint {
  const get = endpoints.get('GET')
  const head = get?.unsafe ? undefined : get
  const endpoint = method === 'HEAD' ? head : endpoints.get(method)
  if (endpoint) return endpoint
  const allowed = [...endpoints.keys(), ...(head ? ['HEAD'] : [])].join(', ')
  throw new HttpError(405, 'method_not_allowed', `Use ${allowed} here.`, { headers: { allow: allowed } })
}

/** The methods of a path that pages of other origins may use. */
function sharedMethods(endpoints: PathEndpoints): readonly string[] {
  const methods: string[] = []
  for (const { method, cors } of endpoints.values()) if (cors) methods.push(method)
  return methods
}

function formatOf(endpoints: PathEndpoints): Endpoint['failure'] {
  for (const endpoint of endpoints.values()) return endpoint.failure
  return 'envelope'
}

function warnAboutDevelopment(config: Config): void {
  if (config.issuer === undefined) {
    config.logger.warn(
      {},
      'XWMS has no issuer and serves this machine only; set the option issuer before others use it.',
    )
  }
  if (!config.storage.durable) {
    config.logger.warn(
      {},
      'XWMS keeps everything in memory and forgets it at the end; pass a storage such as postgres().',
    )
  } else if (config.keys.encryptionSecrets.length === 0) {
    config.logger.warn(
      {},
      'XWMS stores its private keys as they are; set the option keys.encryptionSecrets to encrypt them.',
    )
  }
}
