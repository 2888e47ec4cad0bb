import { type MeteredRequest, monthAfter, monthOf, type WorkspaceMonth } from '@xwms/core'

/** A workspace's month, with its place among those of the batch, from 1. */
interface PlacedMonth extends WorkspaceMonth {
  position: number
}

/** Requests of a shape and a status class in an hour. */
export interface Counter {
  readonly shape: Shape
  /** Since 1970. */
  readonly hour: number
  readonly statusClass: number
  requests: number
}

/** By UTF-16 code units: the same in every process, and all that the order of locks has to be. */
export const inOrder = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** What is under a key, made if nothing was. */
function found<Value>(map: Map<string, Value>, key: string, make: () => NoInfer<Value>): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

/** What many events of a batch have in common; it is sent once, and the events say which is theirs. */
export class Shape {
  /** From 1, as PostgreSQL counts. */
  readonly position: number
  /** What it is called in the database, or `NaN` as long as nobody has asked. Shapes that differ in their months only share it. */
  id = Number.NaN
  readonly month: PlacedMonth
  readonly clientId: string
  readonly domainId: string | undefined
  readonly route: string
  readonly mode: MeteredRequest['mode']
  readonly priceNanoEuro: number
  /** The positions of its events in the batch. */
  readonly events: number[] = []
  readonly #counters: Counter[] = []

  constructor(position: number, month: PlacedMonth, event: MeteredRequest) {
    this.position = position
    this.month = month
    this.clientId = event.clientId
    this.domainId = event.domainId
    this.route = event.route
    this.mode = event.mode
    this.priceNanoEuro = event.priceNanoEuro
  }

  /** Whether an event of its client and route has this shape. */
  fits({ domainId, mode, priceNanoEuro }: MeteredRequest, month: PlacedMonth): boolean {
    return (
      this.month === month &&
      this.domainId === domainId &&
      this.mode === mode &&
      this.priceNanoEuro === priceNanoEuro
    )
  }

  add(event: number, hour: number, statusClass: number): void {
    this.events.push(event)
    for (const counter of this.#counters) {
      if (counter.hour !== hour || counter.statusClass !== statusClass) continue
      counter.requests++
      return
    }
    this.#counters.push({ shape: this, hour, statusClass, requests: 1 })
  }

  /** In lock order. */
  counters(): Counter[] {
    return this.#counters.sort((a, b) => a.hour - b.hour || a.statusClass - b.statusClass)
  }
}

/**
 * The shapes of a batch. Found by way of the client and the route, whose strings are the same ones for every request and know
 * their hashes: a key put together for each event would cost several times as much.
 */
export class Shapes {
  readonly all: Shape[] = []
  readonly #byClient = new Map<string, Map<string, Shape[]>>()
  readonly #months = new Map<string, PlacedMonth[]>()
  #month = new Date(0)
  #nextMonth = 0

  of(event: MeteredRequest, time: number): Shape {
    const byRoute = found(this.#byClient, event.clientId, () => new Map())
    const known = found(byRoute, event.route, () => [])
    const month = this.#monthOf(event.workspaceId, event.at, time)
    for (const shape of known) if (shape.fits(event, month)) return shape
    const shape = new Shape(this.all.length + 1, month, event)
    this.all.push(shape)
    known.push(shape)
    return shape
  }

  /** The workspaces and months, in lock order. */
  months(): readonly WorkspaceMonth[] {
    const months = [...this.#months.values()].flat()
    months.sort((a, b) => inOrder(a.workspaceId, b.workspaceId) || a.month.getTime() - b.month.getTime())
    for (const [index, month] of months.entries()) month.position = index + 1
    return months
  }

  /** Those of a client together, whose entries are neighbours in the indexes of the request log. */
  byClient(): Shape[] {
    return [...this.#byClient.values()].flatMap(byRoute => [...byRoute.values()].flat())
  }

  /** Such that their counters, one shape's after the other's, are in lock order: the same in every process. */
  inLockOrder(): Shape[] {
    return [...this.all].sort((a, b) => a.id - b.id || a.month.month.getTime() - b.month.month.getTime())
  }

  #monthOf(workspaceId: string, at: Date, time: number): PlacedMonth {
    // Events of a batch mostly share one.
    if (time >= this.#nextMonth || time < this.#month.getTime()) {
      this.#month = monthOf(at)
      this.#nextMonth = monthAfter(this.#month).getTime()
    }
    const known = found(this.#months, workspaceId, () => [])
    const month = this.#month.getTime()
    for (const placed of known) if (placed.month.getTime() === month) return placed
    const placed = { workspaceId, month: this.#month, position: 0 }
    known.push(placed)
    return placed
  }
}

type Caller = NonNullable<MeteredRequest['caller']>

/** Who called, each once. */
export class Callers {
  readonly all: Caller[] = []
  readonly #byIp = new Map<string, { readonly userAgent: string | undefined; readonly position: number }[]>()

  /** The caller's place, from 1. */
  position(caller: Caller): number {
    const known = found(this.#byIp, caller.ip, () => [])
    for (const { userAgent, position } of known) if (userAgent === caller.userAgent) return position
    this.all.push(caller)
    known.push({ userAgent: caller.userAgent, position: this.all.length })
    return this.all.length
  }
}
