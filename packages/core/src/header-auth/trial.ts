import type { TrialPurpose } from '../context/protection/rules.ts'
import type { Trial } from '../context/protection/trial.ts'
import { type HttpHeaders, header } from '../http/request.ts'

/** What a trial is made of; a guard's request has it. */
export interface Asking {
  readonly headers: HttpHeaders
  readonly ip: () => string
  readonly route: string
}

/** A guarded request as a trial of the client that it states. */
export function guardTrial(
  purpose: TrialPurpose,
  clientId: string,
  { headers, ip, route }: Asking,
  requestId: string,
): Trial {
  const userAgent = header(headers, 'user-agent')?.slice(0, 512)
  return { purpose, ip: ip(), subject: clientId, clientId, request: { requestId, route, userAgent } }
}
