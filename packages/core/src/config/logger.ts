import type { Logger } from './options.ts'

/** Writes warnings and errors as lines of JSON to standard error, in the shape that pino gives them. */
export function consoleLogger(): Logger {
  const write = (level: number) => (fields: object, message: string) => {
    process.stderr.write(`${JSON.stringify({ level, time: Date.now(), ...fields, msg: message })}\n`)
  }
  const quiet = () => {}
  return { debug: quiet, info: quiet, warn: write(40), error: write(50) }
}

/**
 * A logger that is given errors as plain objects. What makes JSON of an error loses its words and keeps what a database adds to it,
 * which may be what somebody has stored.
 */
export function withPlainErrors(logger: Logger): Logger {
  return {
    debug: (fields, message) => logger.debug(plain(fields), message),
    info: (fields, message) => logger.info(plain(fields), message),
    warn: (fields, message) => logger.warn(plain(fields), message),
    error: (fields, message) => logger.error(plain(fields), message),
  }
}

/** How far what caused an error is followed. */
const CAUSES = 5

/** Fields as they are logged. */
export function plain(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? plainError(value, CAUSES) : value,
    ]),
  )
}

function plainError({ name, message, stack, cause, ...more }: Error, causes: number): object {
  return {
    type: name,
    message,
    ...('code' in more && typeof more.code === 'string' && { code: more.code }),
    stack,
    ...(cause instanceof Error && causes > 0 && { cause: plainError(cause, causes - 1) }),
  }
}
