import type { MonthTotal } from '../../model/usage.ts'
import type { MonthCaps } from '../billing/month-caps.ts'
import { News } from './news.ts'
import { TURN_PERIOD_MS, Turns } from './turns.ts'

/** As many turns may be out in a process whatever is left of a cap, so that slow requests do not hold up all others. */
const LEAST_TURNS = 8

/**
 * The billable requests of a workspace in one month: what the ledger said last, and those of this process that are admitted and not
 * in the ledger yet.
 */
export class MonthUse extends News {
  readonly workspaceId: string
  /** Its first moment, UTC. */
  readonly month: Date
  isKnown = false
  /** The keys of the warnings that this process has given. */
  readonly warned = new Set<string>()
  /** Resolves when the warnings so far are recorded, or cannot be: the next one comes after them. */
  telling: Promise<void> = Promise.resolve()
  /** Requests by unit price. */
  #ledger: ReadonlyMap<number, number> = new Map()
  readonly #underWay = new Map<number, number>()
  #ledgerRequests = 0
  #underWayRequests = 0
  readonly #turns = new Turns()
  #timer: NodeJS.Timeout | undefined

  constructor(workspaceId: string, month: Date) {
    super()
    this.workspaceId = workspaceId
    this.month = month
  }

  /** Requests that are in the ledger, and those that are under way. */
  get requests(): number {
    return this.#ledgerRequests + this.#underWayRequests
  }

  /** Requests that are in the ledger. */
  get settledRequests(): number {
    return this.#ledgerRequests
  }

  /** What the requests cost beyond the included ones, in nano-euro. @param price of one more request, if there is to be one */
  cost(includedRequests: number, price?: number): bigint {
    const lines = new Map(this.#ledger)
    for (const [unitPrice, requests] of this.#underWay) add(lines, unitPrice, requests)
    if (price !== undefined) add(lines, price, 1)
    return costOf(lines, includedRequests)
  }

  /** What the requests in the ledger cost beyond the included ones, in nano-euro. */
  settledCost(includedRequests: number): bigint {
    return costOf(this.#ledger, includedRequests)
  }

  /** Whether one more request keeps to the caps: the first that it would break. */
  brokenCap({ requests, spendNanoEuro, includedRequests }: MonthCaps, price: number): Cap | undefined {
    if (requests !== undefined && this.requests >= requests) return 'requests'
    if (spendNanoEuro === undefined || this.requests < includedRequests) return undefined
    return this.cost(includedRequests, price) > BigInt(spendNanoEuro) ? 'spend' : undefined
  }

  /**
   * Whether one more request may get under way; else it waits for a turn to come back. A process may have turns out for a twentieth of
   * what is left of the caps, and at least eight. So N processes admit at most (N − 1) × max(8, cap ÷ 20) beyond a cap, and requests that
   * outlast their turns: what the process that knows of most does not know of is what each of the others had under way when it
   * last admitted. In its own process a request counts for as long as it is under way.
   * @param now in milliseconds
   */
  hasTurn(caps: MonthCaps, price: number, now: number): boolean {
    const out = this.#turns.out(now)
    return out < LEAST_TURNS || out < Math.floor(this.#left(caps, price) / 20)
  }

  /** How many more requests at a price the caps have room for, beside those that are in the ledger. */
  #left({ requests = Number.POSITIVE_INFINITY, spendNanoEuro, includedRequests }: MonthCaps, price: number) {
    const left = requests - this.#ledgerRequests
    if (spendNanoEuro === undefined) return left
    const included = Math.max(0, includedRequests - this.#ledgerRequests)
    const paid = (BigInt(spendNanoEuro) - this.settledCost(includedRequests)) / BigInt(price)
    return Math.min(left, included + Number(paid))
  }

  /**
   * A request was admitted, at this price.
   * @param now in milliseconds
   * @returns its turn
   */
  begin(price: number, now: number): number {
    add(this.#underWay, price, 1)
    this.#underWayRequests++
    return this.#turns.take(now)
  }

  /** It is in the ledger, of this month or the next, or will never be. Whoever waits for a turn looks again. */
  end(price: number, turn: number): void {
    const left = (this.#underWay.get(price) ?? 0) - 1
    if (left > 0) this.#underWay.set(price, left)
    else this.#underWay.delete(price)
    this.#underWayRequests--
    this.#turns.giveBack(turn)
    if (this.isAwaited) this.release()
  }

  learn({ lines }: Pick<MonthTotal, 'lines'>): void {
    this.isKnown = true
    this.#ledger = new Map(lines.map(({ unitPriceNanoEuro, requests }) => [unitPriceNanoEuro, requests]))
    this.#ledgerRequests = lines.reduce((sum, { requests }) => sum + requests, 0)
    this.release()
  }

  /** Turns come back by time, too, of which nobody tells. */
  override told(): Promise<void> {
    if (this.isKnown) this.#timer ??= setTimeout(() => this.release(), TURN_PERIOD_MS).unref()
    return super.told()
  }

  override release(error?: unknown): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    super.release(error)
  }

  get isIdle(): boolean {
    return this.#underWayRequests === 0 && !this.isAwaited
  }
}

/** `requests`: as many as there may be; `spend`: one more would cost too much. */
export type Cap = 'requests' | 'spend'

function add(lines: Map<number, number>, price: number, requests: number): void {
  lines.set(price, (lines.get(price) ?? 0) + requests)
}

/** As an invoice has it: the included requests are the dearest ones. */
function costOf(lines: ReadonlyMap<number, number>, includedRequests: number): bigint {
  let included = includedRequests
  let cost = 0n
  for (const [price, requests] of [...lines].sort(([a], [b]) => b - a)) {
    const covered = Math.min(included, requests)
    included -= covered
    cost += BigInt(price) * BigInt(requests - covered)
  }
  return cost
}
