import type { RateLimit } from '../../model/plan.ts'

/** How a window is divided, for counting. */
export interface Slots {
  readonly lengthMs: number
  /** How many count at a time, the one of the present included. */
  readonly count: number
}

/** Into how many a sliding window is divided. */
const SLIDING_SLOTS = 60

/**
 * A fixed window is one slot. A sliding one has slots of a sixtieth of its length, and all that overlap it count: at most
 * a sixtieth too much is remembered, and never too little, so that no interval of its length admits more than the limit.
 */
export function slotsOf({ windowSeconds, sliding = false }: RateLimit): Slots {
  const windowMs = windowSeconds * 1000
  if (!sliding) return { lengthMs: windowMs, count: 1 }
  const lengthMs = Math.ceil(windowMs / SLIDING_SLOTS)
  // One more than fit into it: the oldest has begun before the window did.
  return { lengthMs, count: Math.ceil(windowMs / lengthMs) + 1 }
}

/** The position of the slot that a time (in milliseconds) falls into. */
export function slotAt({ lengthMs }: Slots, time: number): number {
  return Math.floor(time / lengthMs)
}
