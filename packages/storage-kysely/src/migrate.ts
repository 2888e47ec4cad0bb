import { StorageUnavailableError } from '@xwms/core'
import type pg from 'pg'
import { dedicatedClient } from './dedicated-client.ts'
import { migrations } from './migrations/index.ts'
import type { Migration } from './migrations/migration.ts'
import { type PostgresOptions, settingsFrom } from './options.ts'
import { explained } from './unavailable.ts'

/** What runs a statement: a client or a pool. */
type Queryable = Pick<pg.Client, 'query'>

/** The names of the migrations in the list that the database has yet to see. One that is newer than the list is fine. */
export async function pending(
  connection: Queryable,
  schemaName: string,
  list: readonly Migration[] = migrations,
): Promise<string[]> {
  const table = `"${schemaName}".migrations`
  const { rows } = await connection.query<{ exists: boolean }>(
    'select to_regclass($1) is not null as exists',
    [table],
  )
  if (!rows[0]?.exists) return list.map(({ name }) => name)
  const applied = await connection.query<{ name: string }>(`select name from ${table}`)
  const names = new Set(applied.rows.map(({ name }) => name))
  return list.map(({ name }) => name).filter(name => !names.has(name))
}

/**
 * Runs `work` in a transaction that no other migrating process is in at the same time. The lock belongs to the
 * transaction, not to the session, so that a connection pooler between us and PostgreSQL cannot mislay it.
 */
async function alone(connection: Queryable, schemaName: string, work: () => Promise<void>): Promise<void> {
  await connection.query('begin')
  try {
    await connection.query('set local statement_timeout = 0')
    await connection.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `${schemaName} migrations`,
    ])
    await work()
    await connection.query('commit')
  } catch (error) {
    // The first error is the one to tell; a connection that cannot even roll back has nothing to add.
    await connection.query('rollback').catch(() => {})
    throw error
  }
}

/**
 * Applies what is pending in the list, in order, each migration in a transaction that records it.
 * @returns the names of those that this call applied
 */
export async function applyMigrations(
  connection: Queryable,
  schemaName: string,
  list: readonly Migration[] = migrations,
): Promise<string[]> {
  const schema = `"${schemaName}"`
  const names = await pending(connection, schemaName, list)
  if (names.length === 0) return []
  await alone(connection, schemaName, async () => {
    // Asked first, because "if not exists" wants the right to create even where nothing is to be created.
    const { rows } = await connection.query('select from pg_namespace where nspname = $1', [schemaName])
    if (rows.length === 0) await connection.query(`create schema ${schema}`)
    await connection.query(
      `create table if not exists ${schema}.migrations (name text primary key, applied_at timestamptz not null default now())`,
    )
  })
  const applied: string[] = []
  for (const { name, sql } of list.filter(migration => names.includes(migration.name))) {
    await alone(connection, schemaName, async () => {
      const record = `insert into ${schema}.migrations (name) values ($1) on conflict do nothing`
      const { rowCount } = await connection.query(record, [name])
      // Another process applied it while this one waited for the lock.
      if (rowCount === 0) return
      await connection.query(sql(schema))
      applied.push(name)
    }).catch((error: Error) => {
      throw new StorageUnavailableError(
        `The migration ${name} failed and left nothing behind: ${error.message}`,
        {
          cause: error,
        },
      )
    })
  }
  return applied
}

/** Applies pending migrations over a connection of its own, like the pool's but without its limits. */
export async function migrateOver(pool: pg.Pool, schemaName: string): Promise<string[]> {
  const client = dedicatedClient(pool)
  client.on('error', () => {})
  await client.connect()
  try {
    return await applyMigrations(client, schemaName)
  } finally {
    await client.end()
  }
}

/**
 * Brings the tables of a database up to date. Processes that start together do it once; a database that is newer
 * than this program is left alone.
 *
 * @returns the names of the migrations that this call applied, in order
 * @throws {ConfigurationError} when the options cannot work
 * @throws {StorageUnavailableError} when the database cannot be reached, or a migration fails; a failed one leaves nothing
 *
 * @example
 * const applied = await migrate(process.env.DATABASE_URL)
 */
export async function migrate(options: string | PostgresOptions | undefined): Promise<string[]> {
  const { pool, ownsPool, target, schemaName } = settingsFrom(options)
  try {
    return await migrateOver(pool, schemaName)
  } catch (error) {
    throw explained(error, target)
  } finally {
    if (ownsPool) await pool.end()
  }
}
