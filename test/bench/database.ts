import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../examples/embedded-postgres/server.ts'
import { type CleanUp, progress } from './program.ts'

/**
 * Sees to it that `DATABASE_URL` names a PostgreSQL server.
 * @returns words on it
 */
export async function provideDatabase(cleanUp: CleanUp): Promise<string> {
  if (process.env.DATABASE_URL) return 'the one that DATABASE_URL names'
  progress('starting PostgreSQL')
  const directory = await mkdtemp(join(tmpdir(), 'xwms-bench-'))
  cleanUp.push(() => rm(directory, { recursive: true, force: true }))
  const postgres = await startEmbeddedPostgres({ directory })
  cleanUp.push(postgres.stop)
  process.env.DATABASE_URL = postgres.url
  return 'embedded, with its default settings: every commit waits for the disk'
}
