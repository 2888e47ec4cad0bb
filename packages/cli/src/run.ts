import { CommanderError } from 'commander'
import { describeProblem, Reported } from './problem.ts'
import { createProgram } from './program.ts'
import type { Output } from './xwms-command.ts'

/**
 * Carries out one command.
 * @param args what follows the name of the program
 * @param output where it prints its result and its error
 * @returns the exit code: 0 done, 1 failed, 2 asked for something that cannot be done as it was asked
 */
export async function run(args: readonly string[], output: Output = process): Promise<number> {
  const program = createProgram(output)
  if (args.length === 0) {
    program.outputHelp()
    return 0
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    // --help and --version end this way, having printed.
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    if (error instanceof Reported) return 1
    const problem = describeProblem(error, program.problems)
    // Read from the arguments, because those may be what could not be parsed.
    const line = args.includes('--json')
      ? JSON.stringify({ error: { code: problem.code, message: problem.message, options: problem.options } })
      : `error: ${problem.message}`
    output.stderr.write(`${line}\n`)
    return problem.exitCode
  }
}
