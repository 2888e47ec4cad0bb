import type { Command } from 'commander'
import { type CommandEnvironment, withEnvironment } from './environment.ts'
import { Reported } from './problem.ts'
import { type Result, writeResult } from './result.ts'

/** Makes the action of a command out of what it does with the storage: the result is printed as `--json` asks. */
export function perform<Options extends object>(
  work: (environment: CommandEnvironment, options: Options) => Promise<Result>,
): (options: Options, command: Command) => Promise<void> {
  return async (options, command) => {
    const result = await withEnvironment(environment => work(environment, options))
    writeResult(result, command)
    if (result.failed) throw new Reported()
  }
}
