import type { ResponseMeter } from '../src/http/metered-response.ts'

/** Ends an admitted request; resolves when its usage event is committed. */
export function metered(admission: ResponseMeter, status: number): Promise<void> {
  return new Promise((committed, failed) => admission.complete(status, { committed, failed }))
}
