import { builtInAccounts } from './accounts/built-in.ts'
import { type Config, createConfig } from './config/config.ts'
import type { KitOptions } from './config/options.ts'
import type { Context } from './context/context.ts'
import type { Call, Endpoint, GuardRule } from './context/endpoint.ts'
import { failureResponse } from './context/failure.ts'
import { baseUrlOf } from './context/issuer.ts'
import { createKeyRing } from './context/key-ring.ts'
import { endpointsByPath, type PathEndpoints } from './endpoints.ts'
import { ConfigurationError, HttpError } from './errors.ts'
import { createCallerCache } from './header-auth/caller-cache.ts'
import { createGuard, type Guard, type GuardRequest } from './header-auth/guard.ts'
import { readBody } from './http/body.ts'
import { type HttpRequest, requestIdOf } from './http/request.ts'
import { type HttpResponse, withHeaders } from './http/response.ts'
import { authorizationServerMetadata } from './oauth/metadata.ts'
import { createMeter } from './usage/meter.ts'

/** What a host asks of a route that it guards; see {@link Kit.protect}. */
export interface ProtectOptions {
  /** The scope that the client must have been granted (rule 12). Default: none. */
  readonly scope?: string
  /** The name of a price in the configuration. Default: `default`. */
  readonly price?: string
  /**
   * Its name in usage and logs, such as `GET /orders/:id`. Default: the method and the pattern by which the host's router
   * found it; never the caller's path, whose variety has no bound.
   */
  readonly route?: string
}

/** The paths that the kit answers at, found by {@link Kit.match}. */
export interface Match {
  /** Relative to the mount path. */
  readonly path: string
  readonly mountPath: string
  readonly endpoints: PathEndpoints
}

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
   * HEAD is the one to GET; the server leaves its body out (RFC 9110 section 9.3.2).
   */
  handle(match: Match, request: HttpRequest): Promise<HttpResponse>
  /**
   * Makes the guard of one of the host's own routes. It never rejects: what goes wrong while it checks is a refusal too.
   * @throws {ConfigurationError} when the price or the scope is not in the configuration
   */
  protect(options?: ProtectOptions): Guard
  /** The answer for a request that failed in the kit while the host's route was guarded. */
  failure(error: unknown, requestId: string): HttpResponse
  /**
   * Resolves when everything needed is there.
   * @throws {StorageUnavailableError} with a sentence that says what to do
   */
  ready(): Promise<void>
  /** Writes what is waiting to be written, and lets go of the storage. */
  close(): Promise<void>
}

/**
 * Creates a kit from its options.
 * @throws {ConfigurationError} that names every problem at once
 */
export function createKit(options: KitOptions): Kit {
  const config = createConfig(options)
  const { storage, logger, now } = config
  const callers = createCallerCache(storage, config.credentialCache)
  const meter = createMeter(storage, logger)
  const context: Context = {
    config,
    storage,
    logger,
    now,
    meter,
    callers,
    accounts: config.accounts ?? builtInAccounts(storage),
    keys: createKeyRing(storage, now),
  }
  const paths = endpointsByPath()
  const guards = guardsOf(paths, context)
  const insertedMetadataPath = METADATA_PATH + issuerPath(config)

  warnAboutDevelopment(config)
  let starting: Promise<void> | undefined
  let started = false

  function start(): Promise<void> {
    starting ??= storage.ready().then(
      () => {
        started = true
      },
      error => {
        // The next request tries again: the database may only be late.
        starting = undefined
        throw error
      },
    )
    return starting
  }

  function failure(error: unknown, requestId: string): HttpResponse {
    return withHeaders(failureResponse(context, 'envelope', error, requestId), { 'x-request-id': requestId })
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
      // RFC 8414 section 3.1: the well-known part comes before the issuer's path.
      if (path !== insertedMetadataPath) return undefined
      return { path: METADATA_PATH, mountPath, endpoints: paths.get(METADATA_PATH) as PathEndpoints }
    },

    async handle(match, request) {
      const requestId = requestIdOf(request.headers)
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
      return withHeaders(response, { 'x-request-id': requestId })
    },

    protect(given = {}) {
      const guard = createGuard(context, checkedRule(config, given))
      return async request => {
        try {
          if (!started) await start()
          return await guard(request)
        } catch (error) {
          const requestId = requestIdOf(request.headers)
          return { admitted: false, requestId, response: failure(error, requestId) }
        }
      }
    },

    failure,

    ready: start,

    async close() {
      await meter.close()
      callers.close()
      await storage.close()
    },
  }
}

const SLASH = '/'.charCodeAt(0)
const METADATA_PATH = authorizationServerMetadata.path

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
  const endpoint = endpoints.get(method === 'HEAD' ? 'GET' : method)
  if (endpoint) return endpoint
  const allowed = [...endpoints.keys(), ...(endpoints.has('GET') ? ['HEAD'] : [])].join(', ')
  throw new HttpError(405, 'method_not_allowed', `Use ${allowed} here.`, { headers: { allow: allowed } })
}

function formatOf(endpoints: PathEndpoints): Endpoint['failure'] {
  for (const endpoint of endpoints.values()) return endpoint.failure
  return 'envelope'
}

function checkedRule(config: Config, given: ProtectOptions): GuardRule {
  const { scope, price = 'default', route, ...unknown } = given
  const problems = Object.keys(unknown).map(
    name => `protect.${name}: is not an option; remove it or correct its name`,
  )
  if (!Object.hasOwn(config.prices, price)) {
    problems.push(`protect.price: there is no price named ${price}; add it to the option prices`)
  }
  if (scope !== undefined && !Object.hasOwn(config.scopes, scope)) {
    problems.push(`protect.scope: there is no scope named ${scope}; add it to the option scopes`)
  }
  if (problems.length > 0) throw new ConfigurationError(problems)
  return { purpose: 'api', price, scope, route }
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
  }
}
