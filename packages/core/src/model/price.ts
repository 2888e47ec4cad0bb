/** An amount from a moment on, in nano-euro. */
export interface PriceStep {
  readonly nanoEuro: number
  /** When it begins to hold; absent in a first step, which has always held. */
  readonly from?: Date
}

/**
 * What something costs, in nano-euro: always the same, or in steps, the oldest first. Before the first step it costs nothing.
 * A change is a further step, so that the past keeps its price.
 */
export type Price = number | readonly PriceStep[]
