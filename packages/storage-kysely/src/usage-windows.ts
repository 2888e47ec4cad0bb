import type { WindowUse } from '@xwms/core'
import { int8Array, textArray, timeArray } from './binary-array.ts'
import { inOrder } from './usage-shapes.ts'

/**
 * The windows of a batch, each once and in lock order, as the last parameters of `append_usage`: what is written, then what is
 * asked. What is asked has the order of the batch; its keys are left out where they are those that are written.
 */
export function windowColumns(windows: readonly WindowUse[]): readonly (Buffer | null)[] {
  const ordered = [...windows].sort((a, b) => inOrder(a.key, b.key) || a.start.getTime() - b.start.getTime())
  const written: { key: string; start: Date; end: Date; used: number }[] = []
  for (const { key, start, end, used } of ordered) {
    const last = written.at(-1)
    if (last?.key === key && last.start.getTime() === start.getTime()) {
      last.used += used
      if (end > last.end) last.end = end
    } else written.push({ key, start, end, used })
  }
  const isAsked = written.every(({ key }, index) => windows[index]?.key === key)
  return [
    textArray(written.map(({ key }) => key)),
    timeArray(written.map(({ start }) => start.getTime())),
    timeArray(written.map(({ end }) => end.getTime())),
    int8Array(written.map(({ used }) => used)),
    isAsked && written.length === windows.length ? null : textArray(windows.map(({ key }) => key)),
    timeArray(windows.map(({ since }) => since.getTime())),
  ]
}
