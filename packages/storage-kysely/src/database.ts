import { Kysely, PostgresDialect } from 'kysely'
import type { Pool } from 'pg'
import type { Settings } from './options.ts'
import { endWhenSilent } from './silence.ts'
import type { Tables } from './tables.ts'
import { explained, type Target } from './unavailable.ts'

/** What a repository works with. */
export interface Database {
  readonly pool: Pool
  readonly target: Target
  /** As in the options. */
  readonly schemaName: string
  /** Quoted, to stand in SQL text. */
  readonly schema: string
  /** For ordinary queries; it knows the schema. */
  readonly kysely: Kysely<Tables>
  /**
   * A statement that PostgreSQL parses once per connection, for the paths that every request takes: about twice as many a
   * second as the same through Kysely.
   * @param name unique among the statements
   */
  prepared<Row extends object>(name: string, text: string): (values: readonly unknown[]) => Promise<Row[]>
  close(): Promise<void>
}

/** An error that the pool or a connection reports outside any query: the next query will report it to somebody. */
function ignore(): void {}

export function openDatabase({ pool, ownsPool, target, schemaName }: Settings): Database {
  // Without listeners, a connection that dies while nobody uses it would end the process.
  pool.on('error', ignore)
  pool.on('connect', client => {
    client.on('error', ignore)
    endWhenSilent(client, pool)
  })
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  let closed: Promise<void> | undefined
  return {
    pool,
    target,
    schemaName,
    schema: `"${schemaName}"`,
    kysely: kysely.withSchema(schemaName),
    prepared<Row extends object>(name: string, text: string) {
      // The schema is part of the name: two storages may share a pool, and a name stands for one text only.
      const statement = { name: `${schemaName}.${name}`, text }
      return async (values: readonly unknown[]) => {
        const { rows } = await pool.query<Row>({ ...statement, values: [...values] })
        return rows
      }
    },
    async close() {
      if (ownsPool) closed ??= pool.end()
      await closed
    },
  }
}

/** How often a method is tried when PostgreSQL undid it for the sake of another transaction. */
const ATTEMPTS = 5

/** Serialization failure and deadlock: the transaction has been undone, wholly, and may succeed when repeated. */
function lostRace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '40001' || error.code === '40P01')
}

// biome-ignore lint/suspicious/noExplicitAny: stands for every method there is, each with its own parameters
type Method = (...args: any[]) => Promise<unknown>

/**
 * Wraps each method of a repository: one that lost a race is repeated, which is safe because every method is atomic,
 * and an error of the connection becomes a sentence.
 */
export function guarded<Repository extends object>(database: Database, repository: Repository): Repository {
  const wrapped = Object.entries<Method>(repository as Record<string, Method>).map(([name, method]) => [
    name,
    async (...args: unknown[]) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await method(...args)
        } catch (error) {
          if (attempt === ATTEMPTS || !lostRace(error)) throw explained(error, database.target)
        }
      }
    },
  ])
  return Object.fromEntries(wrapped) as Repository
}
