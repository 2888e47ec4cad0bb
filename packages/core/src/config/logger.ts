import type { Logger } from './options.ts'

/** Writes warnings and errors as lines of JSON to standard error, in the shape that pino gives them. */
export function consoleLogger(): Logger {
  const write = (level: number) => (fields: object, message: string) => {
    process.stderr.write(`${JSON.stringify({ level, time: Date.now(), ...plain(fields), msg: message })}\n`)
  }
  const quiet = () => {}
  return { debug: quiet, info: quiet, warn: write(40), error: write(50) }
}

/** Errors have no enumerable members, so JSON would lose them. */
function plain(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? { type: value.name, message: value.message, stack: value.stack } : value,
    ]),
  )
}
