import { type MeteredRequest, monthAfter, monthOf, type UsageBatch, type WorkspaceMonth } from '@xwms/core'
import {
  eventIdArray,
  float8Array,
  int2Array,
  int4Array,
  int8Array,
  textArray,
  timeArray,
} from './binary-array.ts'

const HOUR_MS = 60 * 60 * 1000

/** Stands between the parts of a key: the one character that PostgreSQL keeps in no text. */
const GAP = '\0'

/** What many events of a batch have in common. It is sent once; the events say which is theirs. */
type Shape = Pick<MeteredRequest, 'clientId' | 'domainId' | 'route' | 'mode' | 'priceNanoEuro'> & {
  readonly key: string
  /** Which of the batch's workspaces and months. */
  readonly monthKey: string
}

/** Requests of a shape and a status class in an hour. */
interface Counter {
  readonly shape: number
  readonly hour: number
  readonly statusClass: number
  requests: number
}

/** Values that occur again and again, by their keys, each with a position from 1. */
class Distinct<Value> {
  readonly values: Value[] = []
  readonly #positions = new Map<string, number>()

  position(key: string, make: () => Value): number {
    const known = this.#positions.get(key)
    if (known !== undefined) return known
    this.values.push(make())
    this.#positions.set(key, this.values.length)
    return this.values.length
  }
}

/** The parameters of `append_usage`, in its order, and the months that its answer refers to. */
export interface UsageColumns {
  readonly values: readonly unknown[]
  /** The workspaces and months of the events as they are, in lock order. */
  readonly months: readonly WorkspaceMonth[]
}

const inOrder = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/**
 * A batch as columns: what its events share once, then an array for each thing that they do not. What can be worked out
 * here is, counters included, because PostgreSQL is the busier of the two; and everything that it locks is in the one order
 * that all processes lock in.
 */
export function columnsOf({ id, events, windows }: UsageBatch): UsageColumns {
  const monthOfTime = monthFinder()
  const months = new Map<string, WorkspaceMonth>()
  const shapes = new Distinct<Shape>()
  const callers = new Distinct<NonNullable<MeteredRequest['caller']>>()
  const counters = new Map<number, Counter>()
  const eventShapes: number[] = []
  const eventCallers: number[] = []
  const times: number[] = []

  for (const { at, workspaceId, clientId, domainId, route, mode, priceNanoEuro, status, caller } of events) {
    const time = at.getTime()
    const month = monthOfTime(at, time)
    const monthKey = workspaceId + GAP + month.getTime()
    const key = `${monthKey}${GAP}${clientId}${GAP}${domainId ?? ''}${GAP}${route}${GAP}${mode}${GAP}${priceNanoEuro}`
    const shape = shapes.position(key, () => {
      months.set(monthKey, { workspaceId, month })
      return { key, monthKey, clientId, domainId, route, mode, priceNanoEuro }
    })
    eventShapes.push(shape)
    eventCallers.push(
      caller ? callers.position(`${caller.ip}${GAP}${caller.userAgent ?? GAP}`, () => caller) : 0,
    )
    times.push(time)

    const hour = Math.floor(time / HOUR_MS)
    const statusClass = Math.floor(status / 100)
    const counterKey = (hour * 10 + statusClass) * 0x20000 + shape
    const counter = counters.get(counterKey)
    if (counter) counter.requests++
    else counters.set(counterKey, { shape, hour, statusClass, requests: 1 })
  }

  const monthKeys = [...months.keys()].sort(inOrder)
  const monthPositions = new Map(monthKeys.map((key, index) => [key, index + 1]))
  const sortedMonths = monthKeys.map(key => months.get(key) as WorkspaceMonth)
  const sortedCounters = inLockOrder([...counters.values()], shapes.values)
  const billable = billableLines(sortedCounters, shapes.values, monthPositions)
  const subs = events.some(({ sub }) => sub !== undefined) ? textArray(events.map(({ sub }) => sub)) : null

  return {
    months: sortedMonths,
    values: [
      id,
      textArray(sortedMonths.map(({ workspaceId }) => workspaceId)),
      timeArray(sortedMonths.map(({ month }) => month.getTime())),

      int4Array(shapes.values.map(({ monthKey }) => monthPositions.get(monthKey) ?? 0)),
      textArray(shapes.values.map(({ clientId }) => clientId)),
      textArray(shapes.values.map(({ domainId }) => domainId)),
      textArray(shapes.values.map(({ route }) => route)),
      textArray(shapes.values.map(({ mode }) => mode)),
      int8Array(shapes.values.map(({ priceNanoEuro }) => priceNanoEuro)),
      textArray(callers.values.map(({ ip }) => ip)),
      textArray(callers.values.map(({ userAgent }) => userAgent)),

      eventIdArray(id, events.length),
      timeArray(times),
      int4Array(eventShapes),
      subs,
      int2Array(events.map(({ status }) => status)),
      float8Array(events.map(({ durationMs }) => durationMs)),
      textArray(events.map(({ requestId }) => requestId)),
      callers.values.length > 0 ? int4Array(eventCallers) : null,

      int4Array(sortedCounters.map(({ shape }) => shape)),
      timeArray(sortedCounters.map(({ hour }) => hour * HOUR_MS)),
      int2Array(sortedCounters.map(({ statusClass }) => statusClass)),
      int4Array(sortedCounters.map(({ requests }) => requests)),
      int4Array(billable.map(({ month }) => month)),
      int8Array(billable.map(({ price }) => price)),
      int4Array(billable.map(({ requests }) => requests)),

      textArray(windows.map(({ key }) => key)),
      timeArray(windows.map(({ start }) => start.getTime())),
      timeArray(windows.map(({ end }) => end.getTime())),
      timeArray(windows.map(({ since }) => since.getTime())),
      int8Array(windows.map(({ used }) => used)),
    ],
  }
}

/** Finds the month of a time; events of a batch mostly share one. */
function monthFinder(): (at: Date, time: number) => Date {
  let month = new Date(0)
  let next = 0
  return (at, time) => {
    if (time >= next || time < month.getTime()) {
      month = monthOf(at)
      next = monthAfter(month).getTime()
    }
    return month
  }
}

/** By shape, hour and status class, which is what tells the rows of counters apart. */
function inLockOrder(counters: Counter[], shapes: readonly Shape[]): Counter[] {
  const ranks = new Array<number>(shapes.length)
  const positions = shapes.map((_, index) => index)
  positions.sort((a, b) => inOrder((shapes[a] as Shape).key, (shapes[b] as Shape).key))
  for (const [rank, position] of positions.entries()) ranks[position] = rank
  const rankOf = ({ shape }: Counter) => ranks[shape - 1] as number
  return counters.sort((a, b) => rankOf(a) - rankOf(b) || a.hour - b.hour || a.statusClass - b.statusClass)
}

interface Line {
  readonly month: number
  readonly price: number
  requests: number
}

/** How many billable requests there are of each price, by workspace and month. */
function billableLines(
  counters: readonly Counter[],
  shapes: readonly Shape[],
  monthPositions: ReadonlyMap<string, number>,
): Line[] {
  const lines = new Map<string, Line>()
  for (const { shape, requests } of counters) {
    const { monthKey, mode, priceNanoEuro: price } = shapes[shape - 1] as Shape
    if (mode !== 'live' || price === 0) continue
    const key = monthKey + GAP + price
    const line = lines.get(key)
    if (line) line.requests += requests
    else lines.set(key, { month: monthPositions.get(monthKey) ?? 0, price, requests })
  }
  return [...lines.values()]
}
