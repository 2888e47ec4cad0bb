import type { Price } from './price.ts'

/** The most requests in a window of time. */
export interface RateLimit {
  readonly requests: number
  /** From one second to a day. */
  readonly windowSeconds: number
  /**
   * Whether the window ends now, whenever that is, so that no interval of its length ever holds more. Default false: windows
   * follow one another, and the end of one with the beginning of the next may hold twice as much.
   */
  readonly sliding?: boolean
}

/** What a workspace pays for and may do (xwms-api.md, "Plans and prices"). An absent limit is no limit. */
export interface Plan {
  readonly title: string
  /** An invoice takes the one that holds at the end of its month. */
  readonly monthlyFeeNanoEuro: Price
  readonly clients?: number
  /** Over all clients of the workspace. */
  readonly domains?: number
  readonly members?: number
  /** Live secrets of one client. */
  readonly secrets?: number
  /** Metered requests in a calendar month (UTC) that the fee covers. */
  readonly includedRequests: number
  /** Whether requests beyond the included ones are refused instead of billed; rule 14. */
  readonly hardCap: boolean
  /** For each client; rule 13. A client's own replaces it. */
  readonly rateLimit?: RateLimit
}
