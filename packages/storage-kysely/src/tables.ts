import type { AuthorizationTables } from './tables/authorization.ts'
import type { ClientTables } from './tables/clients.ts'
import type { MeteringTables } from './tables/metering.ts'
import type { PeopleTables } from './tables/people.ts'
import type { ProtectionTables } from './tables/protection.ts'

export {
  accessTokens,
  codes,
  deviceCodes,
  grants,
  interactions,
  logoutDeliveries,
  pushedRequests,
  refreshTokens,
  signingKeys,
} from './tables/authorization.ts'
export { clients, clientUsers, domains, members, secrets, workspaces } from './tables/clients.ts'
export { audit, requestLog, usageCounters, usageEvents } from './tables/metering.ts'
export { addresses, sessions, users } from './tables/people.ts'
export { blocks, workspaceEvents } from './tables/protection.ts'

/** The tables as Kysely knows them; those that only prepared statements touch are not among them. */
export interface Tables
  extends PeopleTables,
    ClientTables,
    AuthorizationTables,
    MeteringTables,
    ProtectionTables {
  invoice_years: { year: number; last: number }
  invoices: {
    number: string
    year: number
    sequence: number
    workspace_id: string
    month: Date
    document: unknown
  }
  migrations: { name: string; applied_at: Date }
}
