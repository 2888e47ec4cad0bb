import { ConfigurationError } from '@xwms/core'
import pg from 'pg'
import { RESULT_TYPES } from './result-types.ts'
import { type Target, targetOf } from './unavailable.ts'

/** How to reach the database; each has a default but for where it is. */
export interface PostgresOptions {
  /** Where the database is: `postgres://user:password@host:5432/database`, with pg's own parameters. */
  readonly connectionString?: string
  /** A pool that the application has already, instead of `connectionString`. It is not ended with the storage. */
  readonly pool?: pg.Pool
  /** Whether `ready()` brings the tables up to date. Default: false, because when to do that is the operator's decision. */
  readonly migrate?: boolean
  /** The schema that holds the tables. Default: `xwms`. */
  readonly schema?: string
  /** The most connections at once, one more for change notices aside. Default: 10. */
  readonly maxConnections?: number
  /** How long one statement may take, in milliseconds; 0 for as long as it wants. Default: 10000. */
  readonly statementTimeoutMs?: number
}

/** Options that were checked, with their defaults. */
export interface Settings {
  readonly pool: pg.Pool
  readonly ownsPool: boolean
  readonly target: Target
  readonly migrate: boolean
  /** Neither quoted nor in need of it. */
  readonly schemaName: string
}

const NAMES = ['connectionString', 'pool', 'migrate', 'schema', 'maxConnections', 'statementTimeoutMs']

/** Lower-case and short, so that it needs no folding and leaves room for the names made of it; `pg_` is PostgreSQL's. */
const SCHEMA_NAME = /^(?!pg_)[a-z_][a-z0-9_]{0,29}$/

/** What pg makes of a socket's path stays its own affair. */
const POSTGRES = /^(?:postgres(?:ql)?|socket):\/\//i

/** How long to wait for a connection before the database counts as unreachable. */
const CONNECT_TIMEOUT_MS = 5000

function problemsOf(options: PostgresOptions): string[] {
  const { connectionString, pool, schema = 'xwms', maxConnections = 10, statementTimeoutMs = 0 } = options
  const problems = Object.keys(options)
    .filter(name => !NAMES.includes(name))
    .map(name => `storage: there is no option "${name}". Choose from ${NAMES.join(', ')}.`)
  if (!connectionString && !pool)
    problems.push(
      'storage: postgres() was given no database. Pass a URL such as postgres://user:password@host:5432/database; ' +
        'where it comes from DATABASE_URL, set that variable.',
    )
  // Quoted nowhere: there is a password in it. pg takes whatever else stands before the colon, and looks for a host of that name.
  if (
    connectionString &&
    /^[a-z][a-z0-9+.-]*:\/\//i.test(connectionString) &&
    !POSTGRES.test(connectionString)
  )
    problems.push(
      'storage: the connection string (DATABASE_URL) must begin with postgres:// or postgresql://.',
    )
  if (pool !== undefined && !isPool(pool)) problems.push('storage: "pool" must be a pool of pg.')
  if (options.migrate !== undefined && typeof options.migrate !== 'boolean')
    problems.push('storage: "migrate" must be true or false.')
  if (connectionString && pool)
    problems.push('storage: "connectionString" and "pool" exclude each other. Keep one.')
  if (pool && (options.maxConnections !== undefined || options.statementTimeoutMs !== undefined))
    problems.push(
      'storage: "maxConnections" and "statementTimeoutMs" are for a pool made here. Give your own `max` and `statement_timeout`.',
    )
  if (!SCHEMA_NAME.test(schema))
    problems.push(
      'storage: "schema" must be 1 to 30 lower-case letters, digits and underscores, not beginning with pg_.',
    )
  if (!Number.isInteger(maxConnections) || maxConnections < 1)
    problems.push('storage: "maxConnections" must be a whole number of at least 1.')
  if (!Number.isInteger(statementTimeoutMs) || statementTimeoutMs < 0)
    problems.push('storage: "statementTimeoutMs" must be a whole number of milliseconds, or 0.')
  return problems
}

/** By what it can do: the application may have another copy of pg. */
function isPool(pool: unknown): boolean {
  const { connect, query } = (pool ?? {}) as Readonly<Record<string, unknown>>
  return typeof connect === 'function' && typeof query === 'function'
}

/**
 * Checks the options and makes the pool; nothing connects yet.
 * @throws {ConfigurationError} naming every problem, never the connection string
 */
export function settingsFrom(given: string | PostgresOptions | undefined): Settings {
  const options: PostgresOptions = typeof given === 'object' ? given : { connectionString: given }
  const problems = problemsOf(options)
  if (problems.length > 0) throw new ConfigurationError(problems)
  try {
    const pool =
      options.pool ??
      new pg.Pool({
        connectionString: options.connectionString,
        max: options.maxConnections ?? 10,
        statement_timeout: options.statementTimeoutMs ?? 10_000,
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
        keepAlive: true,
        // Idle connections keep no process alive.
        allowExitOnIdle: true,
        fallback_application_name: 'xwms',
        types: RESULT_TYPES,
      })
    return {
      pool,
      ownsPool: options.pool === undefined,
      target: targetOf(pool),
      migrate: options.migrate ?? false,
      schemaName: options.schema ?? 'xwms',
    }
  } catch {
    // The error of a URL that cannot be read quotes the URL, password and all: it is not passed on as the cause.
    throw new ConfigurationError([
      'storage: the connection string cannot be read. It looks like postgres://user:password@host:5432/database, ' +
        'with special characters in the password percent-encoded.',
    ])
  }
}
