import type { MeteredRequest, UsageBatch, WorkspaceMonth } from '@xwms/core'
import {
  eventIdArray,
  float8Array,
  int2Array,
  int4Array,
  int8Array,
  textArray,
  timeArray,
} from './binary-array.ts'
import { Callers, type Shape, Shapes } from './usage-shapes.ts'
import { windowColumns } from './usage-windows.ts'

const HOUR_MS = 60 * 60 * 1000

/** The parameters of `append_usage`, in its order, and the months that its answer refers to. */
export interface UsageColumns {
  readonly values: readonly unknown[]
  /** The workspaces and months of the events as they are, in lock order. */
  readonly months: readonly WorkspaceMonth[]
}

/** What the events of a batch have in common, and their counters. */
export function shapesOf(events: readonly MeteredRequest[]): Shapes {
  const shapes = new Shapes()
  for (const [position, event] of events.entries()) {
    const time = event.at.getTime()
    const shape = shapes.of(event, time)
    shape.add(position, Math.floor(time / HOUR_MS), Math.floor(event.status / 100))
  }
  return shapes
}

/**
 * A batch as columns: what its events share once, then an array for each thing that they do not. What can be worked out
 * here is, counters and all sums included, because PostgreSQL is the busier of the two; and everything that it locks is in the one
 * order that all processes lock in.
 *
 * @param shapes of its events, each with its id
 */
export function columnsOf({ id, events: admitted, windows }: UsageBatch, shapes: Shapes): UsageColumns {
  const callers = new Callers()
  const months = shapes.months()
  const grouped = shapes.byClient()
  const ordered = shapes.inLockOrder()

  const positions = grouped.flatMap(shape => shape.events)
  const events = positions.map(position => admitted[position] as MeteredRequest)
  const eventShapes = grouped.flatMap(shape => shape.events.map(() => shape.position))
  const eventCallers = events.map(({ caller }) => (caller ? callers.position(caller) : 0))
  const hasSubs = events.some(({ sub }) => sub !== undefined)
  const counters = ordered.flatMap(shape => shape.counters())
  const lines = billableLines(ordered)
  return {
    months,
    values: [
      id,
      textArray(months.map(({ workspaceId }) => workspaceId)),
      timeArray(months.map(({ month }) => month.getTime())),

      int8Array(ordered.map(({ id }) => id).filter((id, index) => id !== ordered[index - 1]?.id)),
      int4Array(shapes.all.map(({ month }) => month.position)),
      textArray(shapes.all.map(({ clientId }) => clientId)),
      textArray(shapes.all.map(({ domainId }) => domainId)),
      textArray(shapes.all.map(({ route }) => route)),
      textArray(shapes.all.map(({ mode }) => mode)),
      int8Array(shapes.all.map(({ priceNanoEuro }) => priceNanoEuro)),
      textArray(callers.all.map(({ ip }) => ip)),
      textArray(callers.all.map(({ userAgent }) => userAgent)),

      eventIdArray(id, positions),
      timeArray(events.map(({ at }) => at.getTime())),
      int4Array(eventShapes),
      hasSubs ? textArray(events.map(({ sub }) => sub)) : null,
      int2Array(events.map(({ status }) => status)),
      float8Array(events.map(({ durationMs }) => durationMs)),
      textArray(events.map(({ requestId }) => requestId)),
      callers.all.length > 0 ? int4Array(eventCallers) : null,

      int8Array(counters.map(({ shape }) => shape.id)),
      int4Array(counters.map(({ shape }) => shape.month.position)),
      timeArray(counters.map(({ hour }) => hour * HOUR_MS)),
      int2Array(counters.map(({ statusClass }) => statusClass)),
      int4Array(counters.map(({ requests }) => requests)),
      int4Array(lines.map(({ month }) => month)),
      int8Array(lines.map(({ price }) => price)),
      int4Array(lines.map(({ requests }) => requests)),

      ...windowColumns(windows),
    ],
  }
}

/** How many billable requests there are of each price, by workspace and month, in lock order. */
function billableLines(shapes: readonly Shape[]) {
  const lines = new Map<string, { month: number; price: number; requests: number }>()
  for (const { month, mode, priceNanoEuro: price, events } of shapes) {
    if (mode !== 'live' || price === 0) continue
    const key = `${month.position} ${price}`
    const line = lines.get(key)
    if (line) line.requests += events.length
    else lines.set(key, { month: month.position, price, requests: events.length })
  }
  return [...lines.values()].sort((a, b) => a.month - b.month || a.price - b.price)
}
