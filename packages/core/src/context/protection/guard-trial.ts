import { type HttpHeaders, userAgentOf } from '../../http/request.ts'
import { addressText } from '../../lib/ip.ts'
import { keptText } from '../../lib/kept-text.ts'
import type { TrialPurpose } from './rules.ts'
import type { Trial } from './trial.ts'

/** What a trial is made of; a guard's request has it. */
export interface Asking {
  readonly headers: HttpHeaders
  ip(): string
  readonly route: string
}

/** A request to a route that the host calls by a name of its own, where it does. */
export function underName(request: Asking, route: string | undefined): Asking {
  return route === undefined ? request : { headers: request.headers, ip: () => request.ip(), route }
}

/** A guarded request as a trial of the client that it states, or that it is proven to come from. */
export function guardTrial(
  purpose: TrialPurpose,
  clientId: string,
  request: Asking,
  requestId: string,
): Trial {
  return {
    purpose,
    ip: addressText(request.ip()),
    subject: clientId,
    clientId,
    request: {
      requestId,
      route: keptText(request.route),
      userAgent: userAgentOf(request.headers),
    },
  }
}
