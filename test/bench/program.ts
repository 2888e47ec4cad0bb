/** What has to be undone at the end, latest first. */
export type CleanUp = (() => Promise<unknown>)[]

/** A benchmark as it stands on the command line. */
export interface Benchmark<Options extends { readonly help: boolean }> {
  readonly help: string
  /** @throws {Error} with one line that says what is wrong */
  readOptions(args: readonly string[]): Options
  measure(options: Options, cleanUp: CleanUp): Promise<void>
}

/** Runs a benchmark to its end, tidies up whatever happens, and gives the exit code. */
export async function run<Options extends { readonly help: boolean }>(
  benchmark: Benchmark<Options>,
): Promise<number> {
  let options: Options
  try {
    options = benchmark.readOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${(error as Error).message.split('\n')[0]}\n`)
    return 2
  }
  if (options.help) {
    process.stdout.write(benchmark.help)
    return 0
  }
  const cleanUp: CleanUp = []
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void undo(cleanUp).then(() => process.exit(1)))
  try {
    await benchmark.measure(options, cleanUp)
    return 0
  } catch (error) {
    process.stderr.write(`\nThe benchmark stopped: ${(error as Error).message}\n`)
    return 1
  } finally {
    await undo(cleanUp)
  }
}

async function undo(cleanUp: CleanUp): Promise<void> {
  for (let step = cleanUp.pop(); step; step = cleanUp.pop()) await step()
}

/** Says how far it is, beside the results. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}
