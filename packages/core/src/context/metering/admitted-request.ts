import type { ResponseMeter } from '../../http/metered-response.ts'
import { type HttpHeaders, userAgentOf } from '../../http/request.ts'
import { addressText } from '../../lib/ip.ts'
import { keptText } from '../../lib/kept-text.ts'
import type { DomainMode } from '../../model/client.ts'
import type { EventWaiter, MeteredRequest } from '../../model/usage.ts'
import type { Sub } from '../../model/user.ts'
import type { Workspace } from '../../model/workspace.ts'
import type { Context, MeteredAdmission } from '../context.ts'
import type { Place } from './admission-control.ts'
import { rateLimitFields } from './rate-limit-fields.ts'

/** What is known of a request when it is admitted. */
export interface Admitted {
  readonly place: Place
  readonly request: { readonly headers: HttpHeaders; ip(): string; readonly route: string }
  readonly workspace: Workspace
  readonly clientId: string
  readonly domainId: string | undefined
  readonly mode: DomainMode
  readonly concerned: Concerned
  /** The host's own name for the route. */
  readonly route: string | undefined
  readonly requestId: string
  readonly arrivedAt: Date
  /** Further header fields of the answer. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Whom a request is about: the user in whose name it came, or whom the host names. */
export class Concerned {
  sub: Sub | undefined
  /**
   * Tells the meter.
   * @throws {TypeError} for anything but text
   */
  readonly tell: (sub: Sub) => void

  constructor(sub: Sub | undefined) {
    this.sub = sub
    this.tell = concerned => {
      if (typeof concerned !== 'string')
        throw new TypeError('concerns() takes the sub of the user whom the request is about, which is text.')
      this.sub = keptText(concerned)
    }
  }
}

/**
 * A request on its way from admission to the ledger. A class, because functions made anew for each request would cost more than the rest
 * of it. Everything else that waits for a commit is made by classes, too: V8 makes object literals that live on in its old generation
 * before long (allocation site pretenuring), where they keep whole requests, done with and dead, from the young generation's collector.
 */
export class AdmittedRequest<Caller> implements ResponseMeter, MeteredAdmission {
  readonly admitted = true
  /** What the host is told of whoever called. */
  readonly caller: Caller
  readonly requestId: string
  /** Further header fields of the answer; those of the rate limit among them, where the configuration wants them. */
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly workspace: Workspace
  readonly place: Place
  readonly #context: Context
  readonly #request: Admitted['request']
  readonly #clientId: string
  readonly #domainId: string | undefined
  readonly #mode: DomainMode
  readonly #concerned: Concerned
  readonly #route: string | undefined
  readonly #arrivedAt: Date
  readonly #logged: MeteredRequest['caller']

  constructor(context: Context, caller: Caller, admitted: Admitted) {
    const { requestId, request, place, headers } = admitted
    this.caller = caller
    this.requestId = requestId
    this.workspace = admitted.workspace
    this.place = place
    this.headers =
      context.config.rateLimitHeaders === 'always'
        ? { ...headers, ...rateLimitFields(place.windows, place.at.getTime()) }
        : headers
    this.#context = context
    this.#request = request
    this.#clientId = admitted.clientId
    this.#domainId = admitted.domainId
    this.#mode = admitted.mode
    this.#concerned = admitted.concerned
    this.#route = admitted.route
    this.#arrivedAt = admitted.arrivedAt
    // Now, because a connection that is gone has no address.
    this.#logged = context.sampler.next() ? callerOf(request) : undefined
  }

  /** Where it came from, if that was read for the log. */
  get address(): string | undefined {
    return this.#logged?.ip
  }

  /** Meters the request once its status is known, and tells the waiter when its event is committed. */
  complete(status: number, waiter: EventWaiter): void {
    const request = this.#request
    this.#context.meter.record(
      new AnsweredRequest({
        at: this.place.at,
        workspaceId: this.workspace.id,
        clientId: this.#clientId,
        domainId: this.#domainId,
        route: routeOf(request, this.#route),
        mode: this.#mode,
        sub: this.#concerned.sub,
        status,
        durationMs: Math.max(0, this.#context.now().getTime() - this.#arrivedAt.getTime()),
        // Nobody pays for our failures.
        priceNanoEuro: status >= 500 ? 0 : this.place.priceNanoEuro,
        requestId: this.requestId,
        // The share is of successes; of a connection that is gone the address may be unknown.
        caller: this.#logged ?? (status >= 400 ? callerOf(request) : undefined),
      }),
      this,
      waiter,
    )
  }
}

/** What the ledger is told of it. */
class AnsweredRequest implements MeteredRequest {
  readonly at: Date
  readonly workspaceId: string
  readonly clientId: string
  readonly domainId: string | undefined
  readonly route: string
  readonly mode: DomainMode
  readonly sub: Sub | undefined
  readonly status: number
  readonly durationMs: number
  readonly priceNanoEuro: number
  readonly requestId: string
  readonly caller: MeteredRequest['caller']

  constructor(request: MeteredRequest) {
    this.at = request.at
    this.workspaceId = request.workspaceId
    this.clientId = request.clientId
    this.domainId = request.domainId
    this.route = request.route
    this.mode = request.mode
    this.sub = request.sub
    this.status = request.status
    this.durationMs = request.durationMs
    this.priceNanoEuro = request.priceNanoEuro
    this.requestId = request.requestId
    this.caller = request.caller
  }
}

/** What the request log keeps of a caller. */
export function callerOf(request: Pick<Admitted['request'], 'headers' | 'ip'>): LoggedCaller {
  return new LoggedCaller(request)
}

class LoggedCaller {
  readonly ip: string
  readonly userAgent: string | undefined

  constructor(request: Pick<Admitted['request'], 'headers' | 'ip'>) {
    this.ip = addressText(request.ip())
    this.userAgent = userAgentOf(request.headers)
  }
}

/**
 * The name of a route in usage and logs: the host's own, or what is known of the request. That may be of the caller's making, where a
 * router is mounted below a parameter.
 */
export function routeOf(request: { readonly route: string }, named: string | undefined): string {
  return named ?? keptText(request.route)
}
