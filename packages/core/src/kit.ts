import { builtInAccounts } from './accounts/built-in.ts'
import { createEndpointAnswers, type EndpointAnswers, type Match } from './answer.ts'
import { type Config, createConfig } from './config/config.ts'
import type { KitOptions } from './config/options.ts'
import { WorkspacePlans } from './context/billing/workspace-plans.ts'
import { createClientDocuments } from './context/clients/client-documents.ts'
import { createKnownClients } from './context/clients/known-clients.ts'
import type { Context } from './context/context.ts'
import type { FailureFormat } from './context/endpoint.ts'
import { failureResponse } from './context/failure.ts'
import { createKeyRing } from './context/keys/key-ring.ts'
import { createMaintenanceTimer } from './context/maintenance.ts'
import { GuardPairs } from './context/metering/guard-pairs.ts'
import { Sampler } from './context/metering/sampler.ts'
import { MountCheck } from './context/mount-check.ts'
import { checkNamedThings } from './context/named-things.ts'
import { createOutbound } from './context/outbound.ts'
import { createAbuseProtection } from './context/protection/abuse-protection.ts'
import { NO_PROTECTION } from './context/protection/no-protection.ts'
import { Start } from './context/start.ts'
import { createAccessTokens } from './context/tokens/access-tokens.ts'
import { createResources } from './context/tokens/resources.ts'
import { createEventRecorder } from './context/workspace-events.ts'
import { ENDPOINTS, endpointsByPath, ownsPath, type PathEndpoints } from './endpoints.ts'
import { createCallerCache } from './header-auth/caller-cache.ts'
import type { Guard, Refusal } from './header-auth/guard.ts'
import { type HttpHeaders, requestIdOf } from './http/request.ts'
import { type HttpResponse, withHeaders } from './http/response.ts'
import type { FoundPath } from './lib/path-table.ts'
import { MANAGEMENT_METADATA_PATH, metadataPath } from './manage/api/metadata.ts'
import { createLogoutDeliveries } from './oauth/back-channel-logout.ts'
import { WELL_KNOWN_PATHS } from './oauth/metadata.ts'
import { createProtection, type ProtectOptions, type TokenProtectOptions, takesTokens } from './protect.ts'
import type { TokenGuard } from './token-auth/guard.ts'
import { createMeter } from './usage/meter.ts'

/** The body that a guard's failure becomes. */
export type GuardFailure = Extract<FailureFormat, 'envelope' | 'oauth'>

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
  handle: EndpointAnswers
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
   * Resolves when everything needed is there. Requests wait for that by themselves; call it to fail at start. Plans that workspaces
   * are on and the configuration lacks are in the log by then.
   * @throws {StorageUnavailableError} with a sentence that says what to do
   * @throws {ConfigurationError} when an option names a workspace or a client that does not exist
   */
  ready(): Promise<void>
  /**
   * Begins to bring about what {@link Kit.ready} waits for, and tries again until it is there; what stands in the way is logged once. An
   * adapter calls it when it is made, so that tables, keys and maintenance do not wait for the first request. A program that
   * does not serve leaves it.
   */
  begin(): void
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
 * @param problems what an adapter found wrong with options of its own (`adapterOptions`)
 * @throws {ConfigurationError} that names every problem at once, those of the adapter first
 */
export function createKit(options: KitOptions, problems: readonly string[] = []): Kit {
  const config = createConfig(options, problems)
  const { storage, logger, now } = config
  const events = createEventRecorder(config)
  const { meter, limiter, outage, close: closeMeter } = createMeter(config, events)
  const kept = { ...config.credentialCache, outageSeconds: config.meter.outageSeconds }
  const callers = createCallerCache(storage, kept)
  const clients = createKnownClients(storage, config.credentialCache)
  const abuse = config.protection
    ? createAbuseProtection({ storage, now, logger, meter, outage, events, options: config.protection })
    : NO_PROTECTION
  const outbound = createOutbound(config.outbound)
  const keys = createKeyRing(config)
  const accounts = config.accounts ?? builtInAccounts(storage)
  const accessTokens = createAccessTokens({ storage, clients, accounts, outage, now }, kept)
  const context: Context = {
    config,
    storage,
    logger,
    now,
    plans: new WorkspacePlans(config.plans, logger),
    meter,
    limiter,
    outage,
    sampler: new Sampler(config.requestLog.successes),
    guardPairs: new GuardPairs(logger),
    callers,
    clients,
    accounts,
    resources: createResources(config),
    accessTokens,
    outbound,
    logouts: { notify: baseUrl => logouts.notify(baseUrl) },
    clientDocuments: createClientDocuments({ config, storage, outbound, logger, now }),
    keys,
    events,
    protection: abuse,
  }
  const logouts = createLogoutDeliveries(context)
  const maintenance = createMaintenanceTimer(context)
  const paths = endpointsByPath()
  const starting = new Start(context, prepare)
  let plansChecked: Promise<void> | undefined
  const answerEndpoint = createEndpointAnswers(context, () => (starting.isDone ? undefined : starting.now()))
  const protection = createProtection(context)
  const inserted = new Map([
    ...WELL_KNOWN_PATHS.map((path): [string, string] => [path + issuerPath(config), path]),
    [metadataPath(issuerPath(config)), MANAGEMENT_METADATA_PATH],
  ])
  const mountCheck = new MountCheck(logger, {
    mountPath: config.mountPath,
    isEndpoint: relative => paths.find(relative) !== undefined,
    paths: () => [...ENDPOINTS.map(({ path }) => (config.mountPath ?? '') + path), ...inserted.keys()],
  })

  warnAboutDevelopment(config)

  async function prepare(): Promise<void> {
    await storage.ready()
    await abuse.ready()
    // Keys that cannot be opened should be found out now. Where nothing is kept there are none before the first is needed.
    if (storage.durable) await keys.ready()
    outage.end()
    logouts.start()
    maintenance.start()
    // Nothing waits for this: it looks at every workspace there is, and changes no answer.
    plansChecked = context.plans.check(storage)
  }

  function failure(error: unknown, requestId: string, format: GuardFailure = 'envelope'): HttpResponse {
    return withHeaders(failureResponse(context, format, error, requestId), { 'x-request-id': requestId })
  }

  /** Guards wait until everything needed is there, and fail as an answer. Where nothing has to be waited for there is no promise. */
  function whenStarted<Request extends { readonly headers: HttpHeaders }, Verdict>(
    guard: (request: Request) => Verdict | Promise<Verdict>,
    format: GuardFailure,
  ) {
    function refusal({ headers }: Request, error: unknown): Refusal {
      const requestId = requestIdOf(headers)
      return { admitted: false, requestId, response: failure(error, requestId, format) }
    }
    return (request: Request): Verdict | Refusal | Promise<Verdict | Refusal> => {
      try {
        const verdict = starting.isDone ? guard(request) : starting.now().then(() => guard(request))
        return verdict instanceof Promise ? verdict.catch(error => refusal(request, error)) : verdict
      } catch (error) {
        return refusal(request, error)
      }
    }
  }

  function protect(options: TokenProtectOptions): TokenGuard
  function protect(options?: ProtectOptions): Guard
  function protect(options: ProtectOptions | TokenProtectOptions = {}): Guard | TokenGuard {
    return takesTokens(options)
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
      if (relative !== undefined) {
        const found = paths.find(relative)
        if (found) return matched(relative, mountPath, found)
        if (ownsPath(relative)) return matched(relative, mountPath, NOTHING)
      }
      const document = protection.documentAt(path)
      if (document) {
        return matched(path, mountPath, { value: new Map([[document.method, document]]), parameters: {} })
      }
      // RFC 8414 section 3.1: the well-known part comes before the issuer's path.
      const wellKnown = inserted.get(path)
      const found = wellKnown === undefined ? undefined : paths.find(wellKnown)
      if (found && wellKnown !== undefined) return matched(wellKnown, mountPath, found)
      mountCheck.missed(path, hostMountPath)
      return undefined
    },

    handle: answerEndpoint,

    protect,

    failure,

    async ready() {
      await starting.now()
      await plansChecked
      // Requests do not wait for this: a name that leads nowhere breaks what needs it, and nothing else.
      await checkNamedThings(config, storage)
    },

    begin: () => starting.inBackground(),

    async close() {
      starting.close()
      await abuse.close()
      await closeMeter()
      callers.close()
      clients.close()
      accessTokens.close()
      keys.close()
      await logouts.close()
      await maintenance.close()
      await plansChecked
      await outbound.close()
      await storage.close()
    },
  }
}

const SLASH = '/'.charCodeAt(0)

const NOTHING: FoundPath<PathEndpoints> = { value: new Map(), parameters: {} }

function matched(path: string, mountPath: string, { value, parameters }: FoundPath<PathEndpoints>): Match {
  return { path, mountPath, endpoints: value, parameters }
}

/** The path of the address that the world knows, which a proxy may have changed by the time a request is here. */
function issuerPath({ issuer, mountPath = '' }: Config): string {
  return issuer === undefined ? mountPath : new URL(issuer).pathname.replace(/\/$/, '')
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
