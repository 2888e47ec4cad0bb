import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { freePorts } from '../start/standalone.ts'

/** An example that was started as people start it. */
export interface StartedExample {
  readonly port: number
  /** What it has printed, line by line. */
  readonly said: readonly string[]
}

/**
 * Starts an example by its name on a port of its own, and waits until it has printed a line; it ends with the test.
 * @param until the beginning of that line
 */
export async function startExample(t: Test, name: string, until: string): Promise<StartedExample> {
  const [port = 0] = await freePorts(1)
  const file = fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill()
    await exited
  })
  const said: string[] = []
  for await (const line of createInterface(child.stdout)) {
    said.push(line)
    if (line.startsWith(until)) break
  }
  return { port, said }
}
