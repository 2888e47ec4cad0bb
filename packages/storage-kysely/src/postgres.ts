import type { Storage } from '@xwms/core'
import { addresses } from './addresses.ts'
import { audit } from './audit.ts'
import { blocks } from './blocks.ts'
import { changeNotices } from './changes.ts'
import { clientUsers } from './client-users.ts'
import { clients } from './clients.ts'
import { codes } from './codes.ts'
import { guarded, openDatabase } from './database.ts'
import { deviceCodes } from './device-codes.ts'
import { failures } from './failures.ts'
import { interactions } from './interactions.ts'
import { invoices } from './invoices.ts'
import { keys } from './keys.ts'
import { knownOrigins } from './known-origins.ts'
import { limits } from './limits.ts'
import { logoutDeliveries } from './logout-deliveries.ts'
import { maintenance } from './maintenance/maintenance.ts'
import { migrateOver, pending } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { type PostgresOptions, settingsFrom } from './options.ts'
import { pushedRequests } from './pushed-requests.ts'
import { reconciler } from './reconciler.ts'
import { replays } from './replays.ts'
import { requestLog } from './request-log.ts'
import { checkSession } from './session-settings.ts'
import { sessions } from './sessions.ts'
import { tokens } from './tokens.ts'
import { explained, pendingMigrations } from './unavailable.ts'
import { usage } from './usage.ts'
import { users } from './users.ts'
import { workspaceEvents } from './workspace-events.ts'
import { workspaces } from './workspaces.ts'

/**
 * Storage in PostgreSQL, for any number of processes on one database. Nothing connects before the first use; `ready()`
 * says whether the database can be reached and its tables are new enough.
 *
 * @param options a connection string, or options
 * @throws {ConfigurationError} naming every problem of the options
 *
 * @example
 * const storage = postgres(process.env.DATABASE_URL)
 * await storage.ready()
 */
export function postgres(options: string | PostgresOptions | undefined): Storage {
  const settings = settingsFrom(options)
  const database = openDatabase(settings)
  const notices = changeNotices(database)

  return {
    users: guarded(database, users(database)),
    addresses: guarded(database, addresses(database, notices)),
    sessions: guarded(database, sessions(database, notices)),
    workspaces: guarded(database, workspaces(database, notices)),
    clients: guarded(database, clients(database, notices)),
    clientUsers: guarded(database, clientUsers(database, notices)),
    interactions: guarded(database, interactions(database)),
    pushedRequests: guarded(database, pushedRequests(database)),
    deviceCodes: guarded(database, deviceCodes(database)),
    codes: guarded(database, codes(database, notices)),
    tokens: guarded(database, tokens(database, notices)),
    keys: guarded(database, keys(database)),
    replays: guarded(database, replays(database)),
    logoutDeliveries: guarded(database, logoutDeliveries(database)),
    usage: guarded(database, usage(database)),
    limits: guarded(database, limits(database)),
    requestLog: guarded(database, requestLog(database)),
    audit: guarded(database, audit(database)),
    blocks: guarded(database, blocks(database, notices)),
    failures: guarded(database, failures(database)),
    knownOrigins: guarded(database, knownOrigins(database)),
    workspaceEvents: guarded(database, workspaceEvents(database)),
    maintenance: guarded(database, maintenance(database)),
    invoices: guarded(database, invoices(database)),
    reconciler: guarded(database, reconciler(database)),
    changes: notices,
    durable: true,
    async ready() {
      try {
        if (settings.migrate) await migrateOver(database.pool, database.schemaName)
        const missing = await pending(database.pool, database.schemaName)
        if (missing.length > 0) {
          throw pendingMigrations(missing, missing.length === migrations.length, database.target)
        }
        await checkSession(database.pool, database.target)
        await notices.heard()
      } catch (error) {
        throw explained(error, database.target)
      }
    },
    async close() {
      // The process must not end before the connections that keep none alive have ended.
      const hold = setInterval(() => {}, 60_000)
      try {
        await notices.close()
        await database.close()
      } finally {
        clearInterval(hold)
      }
    },
  }
}
