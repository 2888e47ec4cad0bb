import { cell, members, spread, table } from '../format.ts'
import type { Result } from '../results.ts'
import type { Contender } from './contenders.ts'
import { SIGNATURE } from './options.ts'

/** The results of one workload. */
export interface Section {
  readonly workload: string
  readonly unit: 'request' | 'flow' | 'signature'
  readonly results: readonly Result<Pick<Contender, 'name' | 'versus'>>[]
}

/**
 * The results for a program: the median of each figure under its name, the extremes under `…_min` and `…_max`. `ratio` is
 * of requests (or flows) per second, `cpu_ratio` of CPU time for one, both to the contender that `versus` names.
 */
export function asJson(sections: readonly Section[], versions: Readonly<Record<string, string>>): string {
  const rows = sections.flatMap(({ workload, unit, results }) =>
    results.map(({ row, requestsPerSecond, cpuMicrosPerRequest, p50Ms, p99Ms, ratio, cpuRatio }) => ({
      workload,
      unit,
      name: row.name,
      ...members('rps', requestsPerSecond, 0),
      ...members('cpu_us', cpuMicrosPerRequest, 1),
      ...members('p50_ms', p50Ms, 3),
      ...members('p99_ms', p99Ms, 3),
      ...members('ratio', row.versus ? ratio : undefined, 3),
      ...members('cpu_ratio', row.versus ? cpuRatio : undefined, 3),
      versus: row.versus ?? null,
    })),
  )
  return JSON.stringify({ versions, rows })
}

/** One workload for a person: medians with (minimum–maximum), a line per contender. */
export function asTable({ workload, unit, results }: Section): string {
  const headings = [
    workload,
    `${unit}s/s`,
    `CPU µs/${unit}`,
    'p50 ms',
    'p99 ms',
    ...(workload === SIGNATURE ? [] : ['× oidc-provider', 'of its CPU time']),
  ]
  const lines = results.map(
    ({ row, requestsPerSecond, cpuMicrosPerRequest, p50Ms, p99Ms, ratio, cpuRatio }) =>
      [
        row.name,
        cell(requestsPerSecond, value => Math.round(value).toLocaleString('en')),
        cell(cpuMicrosPerRequest, value => value.toFixed(1)),
        cell(p50Ms, value => value.toFixed(2)),
        cell(p99Ms, value => value.toFixed(2)),
        row.versus && ratio ? cell(ratio, value => value.toFixed(2)) : '',
        row.versus && cpuRatio ? cell(cpuRatio, value => `${Math.round(value * 100)}%`) : '',
      ].slice(0, headings.length),
  )
  return table([headings, ...lines])
}

/** How far bare Express is from being the same in every round: what differs by less is noise. */
export function describeNoise(sections: readonly Section[]): string {
  const spreads = sections.flatMap(({ workload, results }) =>
    results
      .filter(({ row }) => row.name === 'express')
      .map(({ requestsPerSecond }) => `${workload} ${spread(requestsPerSecond)}`),
  )
  return spreads.length === 0
    ? 'bare Express did not run'
    : `bare Express, between its slowest and its fastest round: ${spreads.join(', ')}`
}
