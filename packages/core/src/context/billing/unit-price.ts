import type { DomainMode } from '../../model/client.ts'
import type { Price } from '../../model/price.ts'

/** The price that holds at a moment, in nano-euro; 0 before the first step. */
export function priceAt(price: Price, at: Date): number {
  if (typeof price === 'number') return price
  let nanoEuro = 0
  for (const step of price) {
    if (step.from !== undefined && step.from > at) break
    nanoEuro = step.nanoEuro
  }
  return nanoEuro
}

/**
 * What one request costs, in nano-euro: nothing in test mode, and nothing when it was answered with a failure of ours (5xx).
 * @param at when it was admitted
 */
export function unitPrice(price: Price, mode: DomainMode, status: number, at: Date): number {
  return mode === 'test' || status >= 500 ? 0 : priceAt(price, at)
}
