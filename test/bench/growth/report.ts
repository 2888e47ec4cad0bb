import type { Load } from '../cannon.ts'
import { type Figure, figure } from '../figures.ts'
import { cell, members, table } from '../format.ts'
import type { Memory } from './memory.ts'

/** What was asked of both databases, and how long the slowest in a hundred took, over all rounds. */
export interface Compared {
  readonly name: string
  readonly empty: Figure
  readonly large: Figure
  /** The large database's as a share of the empty one's in the same round. */
  readonly ratio: Figure
}

/** @param turns one for each round, of the same rounds */
export function compare(name: string, turns: { readonly empty: Load[]; readonly large: Load[] }): Compared {
  const p99 = (loads: readonly Load[]) => loads.map(({ p99Ms }) => p99Ms)
  const [empty, large] = [p99(turns.empty), p99(turns.large)]
  const ratio = figure(large.map((one, round) => one / (empty[round] as number)))
  return { name, empty: figure(empty), large: figure(large), ratio }
}

const MIB = 1024 * 1024

export function asJson(compared: readonly Compared[], memory: Memory | undefined): string {
  return JSON.stringify({
    rows: compared.map(({ name, empty, large, ratio }) => ({
      name,
      ...members('empty_p99_ms', empty, 3),
      ...members('large_p99_ms', large, 3),
      ...members('ratio', ratio, 3),
    })),
    memory: memory
      ? {
          first_mib: toMiB(memory.samples[0]),
          last_mib: toMiB(memory.samples.at(-1)),
          ...members('heap_mib', figure(memory.samples.map(bytes => bytes / MIB)), 2),
          slope_mib_per_hour: Number(memory.slopeMiBPerHour.toFixed(2)),
        }
      : null,
  })
}

export function asText(compared: readonly Compared[], memory: Memory | undefined): string {
  const milliseconds = (value: number) => value.toFixed(2)
  const lines = compared.map(({ name, empty, large, ratio }) => [
    name,
    cell(empty, milliseconds),
    cell(large, milliseconds),
    cell(ratio, value => value.toFixed(2)),
  ])
  const head = ['', 'empty, p99 ms', 'large, p99 ms', 'large/empty']
  const title = 'A large database against an empty one: medians of all rounds (minimum–maximum)'
  const sizes = lines.length > 0 ? [title, '', table([head, ...lines])] : []
  if (memory === undefined) return sizes.join('\n')
  const heap = figure(memory.samples.map(bytes => bytes / MIB))
  return [
    ...sizes,
    `Heap after a full garbage collection: ${cell(heap, value => value.toFixed(2))} MiB, first ${toMiB(memory.samples[0])}, ` +
      `last ${toMiB(memory.samples.at(-1))}; the latter half changes by ${memory.slopeMiBPerHour.toFixed(2)} MiB an hour.`,
  ].join('\n')
}

function toMiB(bytes = 0): number {
  return Number((bytes / MIB).toFixed(2))
}
