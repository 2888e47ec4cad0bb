import { ConfigurationError, XwmsError } from '@xwms/core'
import { EmbeddedPostgresError } from '../embedded-postgres/error.ts'

/** The start cannot go on, and the person who wanted it can do something about that. The message is one line. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** The one line about an error that is not our own mistake; `undefined` for one that is, which deserves its stack. */
export function lineAbout(error: unknown): string | undefined {
  if (error instanceof ConfigurationError) return error.problems.join(' ')
  if (error instanceof StartError || error instanceof EmbeddedPostgresError || error instanceof XwmsError) {
    return error.message
  }
  // A directory that may not be written, a disk that is full: what Node says of it is short and names the file.
  if (error instanceof Error && 'syscall' in error && 'path' in error) {
    return `The data directory cannot be used: ${error.message}. Set XWMS_DATA_DIR to another.`
  }
  return undefined
}
