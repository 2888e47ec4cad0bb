import { v7 as uuidv7 } from 'uuid'
import { admit, limitHeaders } from '../context/admit.ts'
import { unitPrice } from '../context/billing/unit-price.ts'
import type { Context, KnownCaller } from '../context/context.ts'
import type { Caller, GuardRule } from '../context/endpoint.ts'
import { HttpError } from '../errors.ts'
import { errorEnvelope } from '../http/envelope.ts'
import { type HttpHeaders, header, requestIdOf } from '../http/request.ts'
import { type HttpResponse, withHeaders } from '../http/response.ts'
import type { Sub } from '../model/user.ts'
import { readCredentials } from './credentials.ts'
import { pauseRefusal } from './pause.ts'
import { proveCaller } from './prove.ts'
import { ADMISSION_RULES, CALLER_RULES, HEADER_RULES, PROOF_RULES, type Rule } from './rules.ts'
import { guardTrial } from './trial.ts'

/** What the guard reads of a request. `ip` and `secure` are asked only when a rule needs them. */
export interface GuardRequest {
  readonly headers: HttpHeaders
  readonly ip: () => string
  readonly secure: () => boolean
  /** The name of the route in usage and logs, such as `GET /orders`; read when the event is made, not before. */
  readonly route: string
}

/** What a guarded route of the host knows of its caller. */
export interface AdmittedCaller extends Caller {
  readonly requestId: string
  /** Tells the meter whom the request was about. */
  readonly concerns: (sub: Sub) => void
}

/** Somebody was admitted. */
export interface Admission extends AdmittedCaller {
  readonly admitted: true
  /**
   * Meters the request, once its status is known; resolves when the usage event is committed.
   * @throws {StorageUnavailableError} when it could not be
   */
  readonly complete: (status: number) => Promise<void>
}

/** Somebody was refused, or the check itself failed, with this answer. */
export interface Refusal {
  readonly admitted: false
  readonly requestId: string
  readonly response: HttpResponse
}

/** Checks a request against the rule chain. */
export type Guard = (request: GuardRequest) => Promise<Admission | Refusal>

/** Makes the guard of a route; what does not depend on the request is worked out here, once. */
export function createGuard(context: Context, rule: GuardRule): Guard {
  const price = context.config.prices[rule.price] ?? 0

  return async request => {
    const now = context.now()
    const requestId = requestIdOf(request.headers)

    const credentials = readCredentials(request.headers)
    const malformed = firstRefusal(HEADER_RULES, { credentials })
    if (malformed || credentials === undefined) return refuse(malformed, requestId)

    const known = await proveCaller(context, credentials, request, requestId)
    const unproven = firstRefusal(PROOF_RULES, { known })
    if (unproven || known === undefined) return refuse(unproven, requestId)

    const refuseKnown = (refused: Refused | undefined, headers?: Record<string, string>): Refusal => {
      note(context, request, rule.route ?? request.route, known, refused, requestId, now)
      return refuse(refused, requestId, headers)
    }
    const refused = firstRefusal(CALLER_RULES, {
      known,
      secret: known.secret,
      plan: context.config.plans[known.workspace.plan],
      stated: credentials.domain,
      purpose: rule.purpose,
      scope: rule.scope,
      ip: known.domain?.ipAllowlist.length ? request.ip() : '',
      secure: known.domain?.mode === 'live' ? request.secure() : true,
      now,
    })
    const { client, workspace, domain, secret } = known
    if (refused || domain === undefined) return refuseKnown(refused)

    if (context.protection.blocksAny('limit')) {
      const block = context.protection.blockOf(guardTrial('limit', client.id, request, requestId))
      const pause = block && pauseRefusal(block, now)
      if (pause) return refuseKnown(pause.refused, pause.headers)
    }
    const admission = { ...(await admit(context, known, now)), domain }
    const full = firstRefusal(ADMISSION_RULES, admission)
    if (full) {
      context.protection.refusedByLimit(guardTrial('limit', client.id, request, requestId))
      return refuseKnown(full, limitHeaders(admission))
    }

    context.meter.touch(secret.id, now)
    let concerned: Sub | undefined
    return {
      admitted: true,
      requestId,
      client,
      workspace,
      domain,
      concerns: sub => {
        concerned = sub
      },
      complete: status =>
        context.meter.record({
          at: now,
          workspaceId: workspace.id,
          clientId: client.id,
          domainId: domain.id,
          route: rule.route ?? request.route,
          mode: domain.mode,
          sub: concerned,
          status,
          durationMs: Math.max(0, context.now().getTime() - now.getTime()),
          priceNanoEuro: unitPrice(price, domain.mode, status, now),
          requestId,
          caller: undefined,
        }),
    }
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

function refuse(
  refused: Refused | undefined,
  requestId: string,
  headers: Record<string, string> = {},
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

function note(
  context: Context,
  request: GuardRequest,
  route: string,
  known: KnownCaller,
  refused: Refused | undefined,
  requestId: string,
  now: Date,
): void {
  if (refused === undefined) return
  context.meter.note({
    id: uuidv7(),
    at: now,
    requestId,
    workspaceId: known.workspace.id,
    clientId: known.client.id,
    domainId: known.domain?.id,
    route,
    status: refused.status,
    durationMs: Math.max(0, context.now().getTime() - now.getTime()),
    ip: request.ip(),
    userAgent: header(request.headers, 'user-agent')?.slice(0, 512),
    refusedBy: refused.code,
    facts: refused.saw,
  })
}
