import { join } from 'node:path'
import type { Storage } from '@xwms/core'
import { postgres } from '@xwms/storage-kysely'
import pg from 'pg'
import type { Test } from 'tap'
import { emptyDatabase, freshDatabase } from './database.ts'

/** Books of one test's own, in PostgreSQL. */
export interface Books {
  readonly storage: Storage
  /** Beside the storage, for what only the database can do. */
  readonly client: pg.Client
  /** For files of the test's own; the configuration is in it. */
  readonly folder: string
  /** What the xwms command finds these books by, and the application's options. */
  readonly env: { readonly DATABASE_URL: string; readonly XWMS_CONFIG: string }
}

/**
 * Opens books; they end with the test.
 * @param given `config`: the module of the application's options, in JavaScript. `migrate`: begin without any table, and make them
 *   when the storage is asked to
 */
export async function books(
  t: Pick<Test, 'teardown' | 'testdir'>,
  given: { readonly config?: string; readonly migrate?: true } = {},
): Promise<Books> {
  const { config = 'export default {}', migrate = false } = given
  const database = await (migrate ? emptyDatabase() : freshDatabase())
  const storage = postgres({ connectionString: database.url, migrate })
  const client = new pg.Client(database.url)
  await client.connect()
  t.teardown(async () => {
    await client.end()
    await storage.close()
    await database.drop()
  })
  const folder = t.testdir({ 'xwms.config.mjs': config })
  const env = { DATABASE_URL: database.url, XWMS_CONFIG: join(folder, 'xwms.config.mjs') }
  return { storage, client, folder, env }
}
