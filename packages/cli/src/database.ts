import { UsageError } from './problem.ts'

/**
 * The database that `DATABASE_URL` names.
 * @throws {UsageError} when it names none
 */
export function databaseUrl(): string {
  const url = process.env.DATABASE_URL
  if (url) return url
  throw new UsageError(
    'database_url_missing',
    'DATABASE_URL is not set; set it to the PostgreSQL database, such as postgres://user:password@localhost:5432/xwms',
  )
}
