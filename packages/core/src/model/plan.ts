import type { Price } from './price.ts'

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
  /** The most requests of one client in a window; rule 13. */
  readonly rateLimit?: { readonly requests: number; readonly windowSeconds: number }
}
