import { StorageUnavailableError } from '@xwms/core'
import pg from 'pg'

/** Where a pool connects to, for a person to recognise: never the password. */
export interface Target {
  readonly user: string
  readonly host: string
  readonly port: number
  readonly database: string
}

/** Reads the target as pg itself would, environment variables included. */
export function targetOf(pool: pg.Pool): Target {
  const { user = '', host, port, database = '' } = new pg.Client(pool.options)
  return { user, host, port, database }
}

const TABLES_REMEDY = 'Run `xwms migrate`, or pass `migrate: true`.'

/** The sentence for migrations that have yet to be applied. @param all whether none of them has been */
export function pendingMigrations(
  names: readonly string[],
  all: boolean,
  { database }: Target,
): StorageUnavailableError {
  if (all)
    return new StorageUnavailableError(`The database "${database}" has no tables yet. ${TABLES_REMEDY}`)
  return new StorageUnavailableError(
    `The tables in the database "${database}" are older than this program: ${names.join(', ')} ` +
      `${names.length === 1 ? 'is' : 'are'} missing. ${TABLES_REMEDY}`,
  )
}

function sentence(code: string, message: string, { user, host, port, database }: Target): string | undefined {
  const server = `${host}:${port}`
  switch (code) {
    case 'ECONNREFUSED':
      return `No PostgreSQL answers at ${server}. Start it, or correct the connection string (DATABASE_URL).`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host "${host}" of the database is not known. Correct the connection string (DATABASE_URL).`
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `PostgreSQL at ${server} did not answer in time. Check the address and what lies between.`
    case 'ECONNRESET':
    case 'EPIPE':
      return `The connection to PostgreSQL at ${server} broke. Try again.`
    case '28P01':
    case '28000':
      return `PostgreSQL at ${server} refused the user "${user}". Correct the user or the password (DATABASE_URL).`
    case '3D000':
      return `PostgreSQL at ${server} has no database "${database}". Create it: createdb ${database}`
    case '53300':
      return `PostgreSQL at ${server} has no connection left. Lower "maxConnections", or raise max_connections there.`
    case '53100':
      return `PostgreSQL at ${server} has no room left on its disk: ${message}. Make room there.`
    case '25006':
      return `PostgreSQL at ${server} takes no writes: it is a replica, or set so. Connect to the primary.`
    case '42501':
      return `The user "${user}" lacks rights in the database "${database}": ${message}. Grant them.`
    // A table, schema, column or function that is not there.
    case '42P01':
    case '3F000':
    case '42703':
    case '42883':
      return `The database "${database}" lacks something that this program needs: ${message}. ${TABLES_REMEDY}`
    case '57014':
      return `PostgreSQL at ${server} took longer than "statementTimeoutMs" allows. See what keeps it busy.`
  }
  // Class 08: connection exceptions. 57P0x: the server is starting, stopping, or ended the connection.
  if (code.startsWith('08') || code.startsWith('57P0'))
    return `The connection to PostgreSQL at ${server} ended: ${message}. Try again.`
  // Class 53: insufficient resources. 58: what the operating system under PostgreSQL failed at.
  if (code.startsWith('53') || code.startsWith('58'))
    return `PostgreSQL at ${server} cannot go on: ${message}. See to its machine.`
  // What pg itself says has no code.
  if (/timeout exceeded when trying to connect|timeout expired/.test(message))
    return `No connection to PostgreSQL at ${server} became free in time. Raise "maxConnections", or see what keeps it busy.`
  if (/Connection terminated|Client has encountered a connection error|not queryable/.test(message))
    return `The connection to PostgreSQL at ${server} broke. Try again.`
  if (/after calling end on the pool|driver has already been destroyed/.test(message))
    return 'The storage has been closed.'
  return undefined
}

/**
 * Turns an error that says "the database, not the request" into a {@link StorageUnavailableError} that says what to do;
 * any other error stays as it is.
 */
export function explained(error: unknown, target: Target): unknown {
  if (!(error instanceof Error) || error instanceof StorageUnavailableError) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const message = sentence(code, error.message, target)
  return message === undefined ? error : new StorageUnavailableError(message, { cause: error })
}
