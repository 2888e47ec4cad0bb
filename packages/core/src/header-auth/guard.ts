import { v7 as uuidv7 } from 'uuid'
import type { Context, KnownCaller } from '../context/context.ts'
import type { Caller, GuardRule } from '../context/endpoint.ts'
import { AdmissionControl, type NoPlace, type Place } from '../context/metering/admission-control.ts'
import { AdmittedRequest, Concerned, callerOf, routeOf } from '../context/metering/admitted-request.ts'
import { ADMITTED_BY, type AdmittedBy } from '../context/metering/guard-pairs.ts'
import { refusalFields } from '../context/metering/rate-limit-fields.ts'
import { guardTrial, underName } from '../context/protection/guard-trial.ts'
import { pauseRefusal } from '../context/protection/pause.ts'
import { HttpError } from '../errors.ts'
import { answerToNobody } from '../http/client-left.ts'
import { errorEnvelope } from '../http/envelope.ts'
import type { ResponseMeter } from '../http/metered-response.ts'
import { type HttpHeaders, requestIdOf } from '../http/request.ts'
import { type HttpResponse, withHeaders } from '../http/response.ts'
import type { Domain } from '../model/client.ts'
import type { Sub } from '../model/user.ts'
import { readCredentials } from './credentials.ts'
import { knownCaller, proveCaller } from './prove.ts'
import { ADMISSION_RULES, CALLER_RULES, HEADER_RULES, PROOF_RULES, type Rule } from './rules.ts'

/** What the guard reads of a request. Functions are called only when a rule needs them. */
export interface GuardRequest {
  readonly headers: HttpHeaders
  ip(): string
  secure(): boolean
  /** Whether nobody waits for the answer any more; asked only of those who had to wait. */
  hasLeft(): boolean
  /** The name of the route in usage and logs, such as `GET /orders`; read when the event is made, not before. */
  readonly route: string
  /** The caller that an earlier guard of the same request admitted, where there was one. */
  readonly passed?: unknown
}

/** What a guarded route of the host knows of its caller. */
export interface AdmittedCaller extends Caller {
  readonly requestId: string
  /**
   * Tells the meter whom the request was about.
   * @throws {TypeError} for anything but text
   */
  readonly concerns: (sub: Sub) => void
}

/** Somebody was admitted. */
export interface Admission extends ResponseMeter {
  readonly admitted: true
  readonly caller: AdmittedCaller
}

/** Somebody was refused, or the check itself failed, with this answer. Whoever left before is refused, too, and of that nothing is kept. */
export interface Refusal {
  readonly admitted: false
  readonly requestId: string
  readonly response: HttpResponse
}

/**
 * Checks a request against the rule chain. The answer is a promise only where the storage has to be asked, so that a caller who is
 * known costs no turn of the event loop.
 * @throws {StorageUnavailableError} at once or in the promise
 */
export type Guard = (request: GuardRequest) => Verdict | Promise<Verdict>

export type Verdict = Admission | Refusal

/** What is known of a request when its caller is proven. */
interface Proven {
  readonly request: GuardRequest
  readonly known: KnownCaller
  readonly requestId: string
  readonly now: Date
}

/** A class, and no literal: see AdmittedRequest. */
class ProvenCaller implements AdmittedCaller {
  readonly client: Caller['client']
  readonly workspace: Caller['workspace']
  readonly domain: Domain
  readonly requestId: string
  readonly concerns: AdmittedCaller['concerns']
  readonly [ADMITTED_BY]: AdmittedBy

  constructor(
    client: Caller['client'],
    workspace: Caller['workspace'],
    domain: Domain,
    requestId: string,
    concerns: AdmittedCaller['concerns'],
    admittedBy: AdmittedBy,
  ) {
    this.client = client
    this.workspace = workspace
    this.domain = domain
    this.requestId = requestId
    this.concerns = concerns
    this[ADMITTED_BY] = admittedBy
  }
}

/** Makes the guard of a route; what does not depend on the request is worked out here, once. */
export function createGuard(context: Context, rule: GuardRule): Guard {
  const control = new AdmissionControl(context, rule)
  const { purpose, scope, route } = rule
  const admittedBy = { pairs: context.guardPairs, rule }

  function judge(proven: Proven): Verdict | Promise<Verdict> {
    const { request, known, now } = proven
    const { client, workspace, domain, secret, stated } = known
    const plan = context.plans.of(workspace)
    const refused = firstRefusal(CALLER_RULES, {
      known,
      secret,
      plan,
      stated,
      purpose,
      scope,
      ip: domain?.ipAllowlist.length ? request.ip() : '',
      secure: domain?.mode === 'live' ? request.secure() : true,
      now,
    })
    // The rules refuse where there is no plan and no domain.
    if (refused || plan === undefined || domain === undefined) return refuseKnown(proven, refused)
    const pause = pauseOf(proven)
    if (pause) return refuseKnown(proven, pause.refused, pause.headers)
    const { mode } = domain
    const place = control.admit({ client, workspace, plan, mode, sub: undefined, request }, now)
    return place instanceof Promise
      ? place.then(place => conclude(proven, domain, place))
      : conclude(proven, domain, place)
  }

  /** For whoever went on and on beyond its limit. */
  function pauseOf({ request, known, requestId, now }: Proven) {
    if (!context.protection.blocksAny('limit')) return undefined
    const block = context.protection.blockOf(limitTrial(known, request, requestId))
    return block && pauseRefusal(block, now)
  }

  function limitTrial({ client }: KnownCaller, request: GuardRequest, requestId: string) {
    return guardTrial('limit', client.id, underName(request, route), requestId)
  }

  function conclude(proven: Proven, domain: Domain, place: Place | NoPlace | undefined): Verdict {
    const { request, known, requestId, now: arrivedAt } = proven
    if (place === undefined) return left(requestId)
    if (place.full) {
      const full = firstRefusal(ADMISSION_RULES, place.full)
      context.protection.refusedByLimit(limitTrial(known, request, requestId))
      return refuseKnown(proven, full, refusalFields(place.full), place.at)
    }
    if (request.passed !== undefined) context.guardPairs.passed(request.passed, rule, request)
    context.meter.touch(known.secret.id, place.at)
    const { client, workspace } = known
    const concerned = new Concerned(undefined)
    const caller = new ProvenCaller(client, workspace, domain, requestId, concerned.tell, admittedBy)
    const admitted = new AdmittedRequest(context, caller, {
      place,
      request,
      workspace,
      clientId: client.id,
      domainId: domain.id,
      mode: domain.mode,
      concerned,
      route,
      requestId,
      arrivedAt,
    })
    noteAddress(known, admitted.address)
    return admitted
  }

  /** Of requests whose address was read for the log: comparing two texts is all that it costs. */
  function noteAddress(known: KnownCaller, address: string | undefined): void {
    if (address === undefined || address === known.usedFrom) return
    known.usedFrom = address
    context.protection.usedFrom(known, address)
  }

  function refuseKnown(
    { request, known, requestId, now }: Proven,
    refused: Refused | undefined,
    headers?: Readonly<Record<string, string>>,
    at = now,
  ): Refusal {
    if (refused)
      context.meter.note({
        ...entryOf(request, refused, requestId, now),
        at,
        workspaceId: known.workspace.id,
        clientId: known.client.id,
        domainId: known.domain?.id,
      })
    return refuse(refused, requestId, headers)
  }

  /** What the log keeps of a refusal, whoever was refused. */
  function entryOf(request: GuardRequest, refused: Refused, requestId: string, now: Date) {
    return {
      id: uuidv7(),
      at: now,
      requestId,
      route: routeOf(request, route),
      status: refused.status,
      durationMs: Math.max(0, context.now().getTime() - now.getTime()),
      ...callerOf(request),
      refusedBy: refused.code,
      facts: refused.saw,
    }
  }

  async function proveAndJudge(request: GuardRequest, requestId: string, now: Date): Promise<Verdict> {
    const credentials = readCredentials(request.headers)
    const malformed = firstRefusal(HEADER_RULES, { credentials })
    if (malformed || credentials === undefined) return refuse(malformed, requestId)
    const known = await proveCaller(context, credentials, underName(request, route), requestId)
    const unproven = firstRefusal(PROOF_RULES, { known })
    if (unproven || known === undefined) {
      const { clientId } = credentials
      if (unproven) context.meter.noteUnproven({ ...entryOf(request, unproven, requestId, now), clientId })
      return refuse(unproven, requestId)
    }
    // Only now: whoever guesses secrets is told of, however fast they leave.
    return request.hasLeft() ? left(requestId) : judge({ request, known, requestId, now })
  }

  return request => {
    const now = context.now()
    const time = now.getTime()
    const { headers } = request
    const requestId = requestIdOf(headers)
    context.outage.check(time)
    const known = knownCaller(context, headers, time)
    if (known === undefined) return proveAndJudge(request, requestId, now)
    return judge({ request, known, requestId, now })
  }
}

/** A rule that refused, with its words. */
interface Refused {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly saw: Readonly<Record<string, unknown>>
}

function firstRefusal<Facts>(rules: readonly Rule<Facts>[], facts: Facts): Refused | undefined {
  for (const rule of rules) {
    if (rule.refuses(facts)) {
      return { status: rule.status, code: rule.code, message: rule.remedy(facts), saw: rule.saw(facts) }
    }
  }
  return undefined
}

function left(requestId: string): Refusal {
  return { admitted: false, requestId, response: answerToNobody(requestId) }
}

function refuse(
  refused: Refused | undefined,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  // Every stage ends in a row that refuses when the next stage's facts are missing.
  if (refused === undefined) throw new Error('A request was stopped by no rule.')
  const error = new HttpError(refused.status, refused.code, refused.message, { headers })
  return {
    admitted: false,
    requestId,
    response: withHeaders(errorEnvelope(error, requestId), { 'x-request-id': requestId }),
  }
}
