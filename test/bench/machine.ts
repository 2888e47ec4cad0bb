import { execFileSync, spawnSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg } from 'node:os'

/** Which cores do what, so that the load never takes time from the server that is measured. */
export interface Pinning {
  /** Put before a command, it runs on the first core alone. */
  readonly server: readonly string[]
  /** For the reader of the figures. */
  readonly description: string
}

/**
 * Moves this process, and whatever it starts from now on, to every core but the first, which is left to the servers
 * under measurement.
 */
export function pinCores(): Pinning {
  const cores = availableParallelism()
  if (cores < 2) return { server: [], description: 'not pinned, because there is one core only' }
  if (spawnSync('taskset', ['--version']).status !== 0)
    return { server: [], description: 'not pinned, because there is no taskset here: expect more noise' }
  const others = cores === 2 ? '1' : `1-${cores - 1}`
  execFileSync('taskset', ['-a', '-c', '-p', others, String(process.pid)], { stdio: 'ignore' })
  return {
    server: ['taskset', '-c', '0'],
    description: `each server alone on core 0; load and PostgreSQL on core ${others}`,
  }
}

/** One line on where the figures come from. */
export function describeMachine(): string {
  const models = cpus()
  return `Node ${process.versions.node}, ${models.length} × ${models[0]?.model.trim() ?? 'unknown core'}`
}

/** How many processes wanted to run, on average over the last minute. */
export function loadAverage(): string {
  return (loadavg()[0] ?? 0).toFixed(1)
}
