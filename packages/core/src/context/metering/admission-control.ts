import { StorageUnavailableError } from '../../errors.ts'
import { networkOf } from '../../lib/ip.ts'
import { monthAfter } from '../../lib/month.ts'
import type { Client, DomainMode } from '../../model/client.ts'
import type { Plan } from '../../model/plan.ts'
import type { Sub } from '../../model/user.ts'
import type { Workspace } from '../../model/workspace.ts'
import { capsOf, type MonthCaps } from '../billing/month-caps.ts'
import { unitPrice } from '../billing/unit-price.ts'
import type { Context } from '../context.ts'
import type { GuardRule, RouteLimit } from '../endpoint.ts'
import type { Full } from './full.ts'
import type { Cap, MonthUse } from './month-use.ts'
import { seconds } from './rate-limit-fields.ts'
import { tellOnce } from './tell-once.ts'
import { endsWithPlan, warningsOfRefusal } from './usage-warnings.ts'
import type { Window } from './window.ts'
import type { Windows } from './windows.ts'

/** Who wants to be admitted, as far as limits ask. */
export interface Applicant {
  readonly client: Client
  readonly workspace: Workspace
  readonly plan: Plan
  readonly mode: DomainMode
  /** The user in whose name the client acts, where it acts in one. */
  readonly sub: Sub | undefined
  readonly request: { ip(): string; hasLeft(): boolean }
}

/** A request that was admitted, and what it was counted under. */
export interface Place {
  readonly full: undefined
  /** When it was admitted: later than it came where it had to wait. Its price, windows, month and usage event are of this moment. */
  readonly at: Date
  /** What the request costs if it is answered. */
  readonly priceNanoEuro: number
  readonly windows: readonly Window[]
  /** Where the month has a cap. */
  readonly month: MonthUse | undefined
  /** Its turn there. */
  readonly turn: number
}

/** A class, and no literal: see AdmittedRequest. */
class TakenPlace implements Place {
  readonly full = undefined
  readonly at: Date
  readonly priceNanoEuro: number
  readonly windows: readonly Window[]
  readonly month: MonthUse | undefined
  readonly turn: number

  constructor(
    at: Date,
    priceNanoEuro: number,
    windows: readonly Window[],
    month: MonthUse | undefined,
    turn: number,
  ) {
    this.at = at
    this.priceNanoEuro = priceNanoEuro
    this.windows = windows
    this.month = month
    this.turn = turn
  }
}

/** A request that was not admitted. */
export interface NoPlace {
  readonly full: Full
  /** When it was refused. */
  readonly at: Date
}

/** A limit of the route's own. */
interface CountedLimit {
  readonly limit: RouteLimit
  readonly windows: Windows
}

/** Admits the requests of one route under the limits of the plan, the client, the route and the month: rules 13 and 14. */
export class AdmissionControl {
  readonly #context: Pick<Context, 'limiter' | 'outage' | 'now' | 'events' | 'logger'>
  readonly #rates: Windows
  readonly #limits: readonly CountedLimit[]
  readonly #price: Context['config']['prices'][string]

  constructor(context: Context, { price, route, limits = [] }: GuardRule) {
    this.#context = context
    this.#price = context.config.prices[price] ?? 0
    this.#rates = context.limiter.windows('rate', 'rate')
    this.#limits = limits.map(limit => {
      return { limit, windows: context.limiter.windows(`${limit.per}:${route ?? price}`, limitName(limit)) }
    })
  }

  /**
   * Looks for room under every limit and counts the request under all of them or under none, in one synchronous step. A promise
   * comes back only where something has to be heard of first; then the same step is taken again, by the time that it is then, unless
   * whoever asked has left: of them comes `undefined`, and nothing is counted.
   * @throws {StorageUnavailableError} when the storage is away, and limits are not to be guessed
   */
  admit(applicant: Applicant, now: Date): Place | NoPlace | Promise<Place | NoPlace | undefined> {
    const windows = this.#windowsOf(applicant)
    const price = unitPrice(this.#price, applicant.mode, 200, now)
    const caps = price === 0 ? undefined : capsOf(applicant.plan, applicant.workspace)
    const month = caps && this.#context.limiter.month(applicant.workspace.id, now)
    const time = now.getTime()
    const blocked = this.#context.outage.isOn
      ? this.#blockedWhileAway(windows, month, caps, price, time)
      : blockedBy(windows, month, caps, price, time)
    if (blocked === undefined) {
      this.#context.limiter.take(windows)
      return new TakenPlace(now, price, windows, month, month?.begin(price, time) ?? 0)
    }
    if (blocked.room === 'full') {
      if (month && blocked.cap) this.#tellOfRefusal(applicant, month, blocked.cap)
      return { full: fullOf(blocked, caps, applicant, now), at: now }
    }
    return this.#admitAfterNews(applicant, blocked)
  }

  /** Once for a month and a cap; while the storage is away there is nobody to tell. */
  #tellOfRefusal({ workspace, plan }: Applicant, month: MonthUse, cap: Cap): void {
    if (this.#context.outage.isOn) return
    tellOnce(this.#context, month, warningsOfRefusal(month, workspace, plan, cap))
  }

  async #admitAfterNews(applicant: Applicant, { by, room }: Blocked): Promise<Place | NoPlace | undefined> {
    await this.#context.limiter.news(by, room === 'unknown')
    if (applicant.request.hasLeft()) return undefined
    return this.admit(applicant, this.#context.now())
  }

  /** What this process knows by itself. The storage is not waited for, so the bounds of several processes do not hold. */
  #blockedWhileAway(
    windows: readonly Window[],
    month: MonthUse | undefined,
    caps: MonthCaps | undefined,
    price: number,
    time: number,
  ): Blocked | undefined {
    if (!this.#context.outage.serves(time)) throw new StorageUnavailableError('The storage is away.')
    const full = windows.find(window => !window.hasOwnRoom(time))
    if (full) return { by: full, room: 'full' }
    const cap = caps && month?.brokenCap(caps, price)
    return cap && month && { by: month, room: 'full', cap }
  }

  #windowsOf({ client, plan, sub, request }: Applicant): readonly Window[] {
    const windows: Window[] = []
    const rate = client.rateLimit ?? plan.rateLimit
    if (rate !== undefined) windows.push(this.#rates.find(client.id, rate))
    for (const { limit, windows: kind } of this.#limits) {
      const subject =
        limit.per === 'client' ? client.id : limit.per === 'user' ? sub : networkOf(request.ip())
      if (subject !== undefined) windows.push(kind.find(subject, limit))
    }
    return windows
  }
}

/** What callers read of a route's limit, by which those of one route are told apart. */
export function limitName({ per, windowSeconds }: RouteLimit): string {
  return `${per}-${windowSeconds}`
}

/** What stands between a request and its admission. */
interface Blocked {
  readonly by: Window | MonthUse
  readonly room: 'full' | 'unwritten' | 'unknown'
  readonly cap?: Cap
}

/** A limit that is full comes before one that has to be waited for, and in the order of the rules. */
function blockedBy(
  windows: readonly Window[],
  month: MonthUse | undefined,
  caps: MonthCaps | undefined,
  price: number,
  time: number,
): Blocked | undefined {
  let waiting: Blocked | undefined
  for (const window of windows) {
    const room = window.room(time)
    if (room === 'full') return { by: window, room }
    if (room !== 'room') waiting ??= { by: window, room }
  }
  if (month === undefined || caps === undefined) return waiting
  const cap = month.brokenCap(caps, price)
  if (cap !== undefined) return { by: month, room: 'full', cap }
  if (!month.isKnown) return waiting ?? { by: month, room: 'unknown' }
  return waiting ?? (month.hasTurn(caps, price, time) ? undefined : { by: month, room: 'unwritten' })
}

/** What is told of a window without room. */
export function fullWindow(window: Window, now: Date): Full {
  const { name, limit } = window
  return {
    kind: 'rate',
    name,
    limit: limit.requests,
    windowSeconds: limit.windowSeconds,
    retryAfterSeconds: seconds(window.waitMs(now.getTime())),
  }
}

function fullOf(
  { by, cap = 'requests' }: Blocked,
  caps: MonthCaps | undefined,
  { plan, workspace }: Applicant,
  now: Date,
): Full {
  if ('limit' in by) return fullWindow(by, now)
  const retryAfterSeconds = seconds(monthAfter(by.month).getTime() - now.getTime())
  const kind = cap === 'requests' && endsWithPlan(plan, workspace) ? 'allowance' : cap
  const limit = (kind === 'spend' ? caps?.spendNanoEuro : caps?.requests) ?? 0
  return { kind, name: 'quota', limit, windowSeconds: undefined, retryAfterSeconds }
}
