import t from 'tap'
import { arenaOf, type Opened } from './arena.ts'
import { addresses } from './suites/addresses.ts'
import { audit } from './suites/audit.ts'
import { billedMonths } from './suites/billed-months.ts'
import { blocks } from './suites/blocks.ts'
import { changes } from './suites/changes.ts'
import { clientUsers } from './suites/client-users.ts'
import { clients } from './suites/clients.ts'
import { codes } from './suites/codes.ts'
import { deviceCodes } from './suites/device-codes.ts'
import { domains } from './suites/domains.ts'
import { failures } from './suites/failures.ts'
import { interactions } from './suites/interactions.ts'
import { invoices } from './suites/invoices.ts'
import { keys } from './suites/keys.ts'
import { knownOrigins } from './suites/known-origins.ts'
import { limits } from './suites/limits.ts'
import { logoutDeliveries } from './suites/logout-deliveries.ts'
import { maintenance } from './suites/maintenance.ts'
import { pushedRequests } from './suites/pushed-requests.ts'
import { reconciler } from './suites/reconciler.ts'
import { refreshTokens } from './suites/refresh-tokens.ts'
import { replays } from './suites/replays.ts'
import { requestLog } from './suites/request-log.ts'
import { secrets } from './suites/secrets.ts'
import { sessions } from './suites/sessions.ts'
import { takingBack } from './suites/taking-back.ts'
import { tokens } from './suites/tokens.ts'
import { updates } from './suites/updates.ts'
import { usage } from './suites/usage.ts'
import { usageSeries } from './suites/usage-series.ts'
import { usageTotals } from './suites/usage-totals.ts'
import { users } from './suites/users.ts'
import { workspaceEvents } from './suites/workspace-events.ts'
import { workspaces } from './suites/workspaces.ts'

const suites = [
  users,
  addresses,
  sessions,
  workspaces,
  clients,
  secrets,
  domains,
  updates,
  clientUsers,
  interactions,
  pushedRequests,
  deviceCodes,
  codes,
  tokens,
  refreshTokens,
  takingBack,
  keys,
  replays,
  logoutDeliveries,
  usage,
  usageTotals,
  usageSeries,
  billedMonths,
  invoices,
  reconciler,
  limits,
  requestLog,
  audit,
  blocks,
  failures,
  knownOrigins,
  workspaceEvents,
  maintenance,
  changes,
]

/**
 * The suite that every storage passes: what the interfaces in `@xwms/core` promise, races included.
 * @param name the storage's name, for the report
 * @param open opens an empty storage; called once for each aggregate
 *
 * @example
 * storageContract('memory', async () => ({ storage: memory(), close: async () => {} }))
 */
export function storageContract(name: string, open: () => Promise<Opened>): void {
  t.test(name, async t => {
    for (const suite of suites)
      await t.test(suite.name, async t => {
        const opened = await open()
        t.teardown(() => opened.close())
        await suite.run(t, arenaOf(opened))
      })
  })
}
