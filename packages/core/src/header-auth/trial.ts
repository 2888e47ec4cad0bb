import type { TrialPurpose } from '../context/protection/rules.ts'
import type { Trial } from '../context/protection/trial.ts'
import { type HttpHeaders, header } from '../http/request.ts'

/** What a trial is made of; a guard's request has it. */
export interface Asking {
  readonly headers: HttpHeaders
  ip(): string
  readonly route: string
}

/** A guarded request as a trial of the client that it states. */
export function guardTrial(
  purpose: TrialPurpose,
  clientId: string,
  request: Asking,
  requestId: string,
): Trial {
  return {
    purpose,
    ip: request.ip(),
    subject: clientId,
    clientId,
    request: {
      requestId,
      route: request.route,
      userAgent: header(request.headers, 'user-agent')?.slice(0, 512),
    },
  }
}
