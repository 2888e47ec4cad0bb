import type { Random } from '../fuzz/random.ts'
import type { Caller } from './installation.ts'

/** One kind of request to a server process, and what its whole answer is. */
export interface Kind {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly weight: number
  /** Whether the body is the one that goes with this request id, from the first byte to the last. */
  isWhole(body: string, requestId: string): boolean
}

/** As long as no other body is taken for it. */
export function bodyFor(requestId: string): string {
  return `${requestId} ${'.'.repeat(300)} ${requestId}`
}

const isOurs = (body: string, requestId: string) => body === bodyFor(requestId)

/** What a caller may ask for. Each of them is metered. */
export const KINDS: readonly Kind[] = [
  { method: 'GET', path: '/orders', weight: 12, isWhole: isOurs },
  // Takes a while, so that faults meet handlers at work.
  { method: 'GET', path: '/slow', weight: 4, isWhole: isOurs },
  // Without a Content-Length, in pieces.
  { method: 'GET', path: '/streamed', weight: 3, isWhole: isOurs },
  // Costs nothing.
  { method: 'GET', path: '/free', weight: 2, isWhole: isOurs },
  // The handler's own 410.
  { method: 'GET', path: '/gone', weight: 1, isWhole: body => body.length > 0 },
  // One of the kit's own endpoints.
  {
    method: 'POST',
    path: '/api/global/countries',
    weight: 1,
    isWhole: body => body.startsWith('{"status":"success"') && body.endsWith('}'),
  },
]

const LOTTERY = KINDS.flatMap(kind => Array.from({ length: kind.weight }, () => kind))

export function pickKind(random: Random): Kind {
  return random.pick(LOTTERY)
}

/** Who asks: mostly those who may; now and then the one with the small limit, or with the secret that is revoked. */
export function pickCaller(random: Random): Caller {
  const drawn = random.below(100)
  if (drawn < 55) return 'live'
  if (drawn < 85) return 'test'
  if (drawn < 93) return 'doomed'
  return 'limited'
}
