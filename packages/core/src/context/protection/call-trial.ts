import { userAgentOf } from '../../http/request.ts'
import { addressText } from '../../lib/ip.ts'
import type { Call } from '../endpoint.ts'
import type { Trial } from './trial.ts'

/** A trial at one of the kit's own endpoints. */
export function trialOf(
  { request, requestId }: Pick<Call, 'request' | 'requestId'>,
  tried: Pick<Trial, 'purpose' | 'subject' | 'device' | 'clientId'>,
): Trial {
  return {
    ...tried,
    ip: addressText(request.ip),
    request: {
      requestId,
      route: `${request.method} ${request.path}`,
      userAgent: userAgentOf(request.headers),
    },
  }
}
