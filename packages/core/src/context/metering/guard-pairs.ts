import type { Logger } from '../../config/options.ts'
import { keptText } from '../../lib/kept-text.ts'

/** A guard, as far as people tell it from others. */
interface Guarding {
  /** The host's own name for the route. */
  readonly route?: string | undefined
  /** The name of its price. */
  readonly price: string
}

/** Under this, a caller has the guard that admitted it: the next guard of the request finds the caller where the host does. */
export const ADMITTED_BY = Symbol('xwms.admittedBy')

export interface AdmittedBy {
  readonly pairs: GuardPairs
  readonly rule: Guarding
}

/** Names of routes may be of the caller's making, and the log is not for the caller to fill. */
const MOST_TOLD = 100

/** Tells the developer of requests that pass two guards. Each of them meters and bills, which is allowed, and seldom meant. */
export class GuardPairs {
  readonly #logger: Logger
  readonly #told = new Set<string>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /**
   * Looks at a request that a second guard admits. Each pair is told once.
   * @param passed the caller that an earlier guard left in the request, or whatever else the host has there
   */
  passed(passed: unknown, inner: Guarding, request: { readonly route: string }): void {
    const outer = (passed as { readonly [ADMITTED_BY]?: AdmittedBy } | null)?.[ADMITTED_BY]
    // That of another kit writes to another ledger.
    if (outer?.pairs !== this || this.#told.size >= MOST_TOLD) return
    const guards = [outer.rule, inner].map(({ route, price }) => {
      return { route: route ?? keptText(request.route), price }
    })
    const pair = JSON.stringify(guards)
    if (this.#told.has(pair)) return
    this.#told.add(pair)
    const [first, second] = guards.map(({ route, price }) => `${route} at the price ${price}`)
    this.#logger.warn(
      { guards },
      `A request has passed two guards, and each of them meters and bills it: ${first}, then ${second}. Guard the router or each of its routes, not both; every route can have a price of its own.`,
    )
  }
}
