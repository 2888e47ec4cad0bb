import { startPostgresServer } from '../support/postgres-server.ts'
import { type CleanUp, progress } from './program.ts'

/**
 * Sees to it that `DATABASE_URL` names a PostgreSQL server.
 * @returns words on it
 */
export async function provideDatabase(cleanUp: CleanUp): Promise<string> {
  if (process.env.DATABASE_URL) return 'the one that DATABASE_URL names'
  progress('starting PostgreSQL')
  const postgres = await startPostgresServer({})
  cleanUp.push(postgres.stop)
  process.env.DATABASE_URL = postgres.url
  return 'embedded, with its default settings: every commit waits for the disk'
}
