import { v7 as uuidv7 } from 'uuid'
import type { Context } from '../../context/context.ts'
import type { Call } from '../../context/endpoint.ts'
import { callerOf } from '../../context/metering/admitted-request.ts'
import type { HttpError } from '../../errors.ts'
import type { Presented } from './proof.ts'

/**
 * Notes a proof that was not good for the owner of the client that was stated, who so learns which server was forgotten when a secret was
 * changed, or who guesses. Whether there is such a client is found out after the answer: nothing about this one depends on it.
 */
export function noteUnproven(
  context: Context,
  { request, requestId }: Call,
  presented: Presented,
  { status, code }: HttpError,
  since: Date,
): void {
  const now = context.now()
  context.meter.noteUnproven({
    id: uuidv7(),
    at: since,
    requestId,
    clientId: presented.clientId,
    route: `${request.method} ${request.path}`,
    status,
    durationMs: Math.max(0, now.getTime() - since.getTime()),
    ...callerOf({ headers: request.headers, ip: () => request.ip }),
    refusedBy: code,
    // How, and never what with.
    facts: { presented: presented.kind === 'secret' ? presented.method : presented.kind },
  })
}
