import type { Storage } from '@xwms/core'
import { addresses } from './addresses.ts'
import { audit } from './audit.ts'
import { blocks } from './blocks.ts'
import { clientUsers } from './client-users.ts'
import { clients } from './clients.ts'
import { codes } from './codes.ts'
import { type Data, emptyData } from './data.ts'
import { deviceCodes } from './device-codes.ts'
import { failures } from './failures.ts'
import { interactions } from './interactions.ts'
import { invoices } from './invoices.ts'
import { keys } from './keys.ts'
import { knownOrigins } from './known-origins.ts'
import { limits } from './limits.ts'
import { logoutDeliveries } from './logout-deliveries.ts'
import { maintenance } from './maintenance.ts'
import { notices } from './notices.ts'
import { pushedRequests } from './pushed-requests.ts'
import { reconciler } from './reconciler.ts'
import { replays } from './replays.ts'
import { requestLog } from './request-log.ts'
import { sessions } from './sessions.ts'
import { tokens } from './tokens.ts'
import { usage } from './usage.ts'
import { users } from './users.ts'
import { workspaceEvents } from './workspace-events.ts'
import { workspaces } from './workspaces.ts'

/**
 * Storage in the memory of this process, for development and tests: nothing to install, everything forgotten at the
 * end. Each method is atomic because it never waits between looking and writing.
 *
 * @example
 * app.use(xwms({ issuer: 'http://localhost:3000', storage: memory() }))
 */
export function memory(): Storage {
  return storageOver(emptyData())
}

/** The storage that keeps everything in `data`. */
export function storageOver(data: Data): Storage {
  const changes = notices()
  return {
    users: users(data),
    addresses: addresses(data, changes),
    sessions: sessions(data, changes),
    workspaces: workspaces(data, changes),
    clients: clients(data, changes),
    clientUsers: clientUsers(data, changes),
    interactions: interactions(data),
    pushedRequests: pushedRequests(data),
    deviceCodes: deviceCodes(data),
    codes: codes(data, changes),
    tokens: tokens(data, changes),
    keys: keys(data, changes),
    replays: replays(data),
    logoutDeliveries: logoutDeliveries(data),
    usage: usage(data),
    limits: limits(data),
    requestLog: requestLog(data),
    audit: audit(data),
    blocks: blocks(data, changes),
    failures: failures(data),
    knownOrigins: knownOrigins(data),
    workspaceEvents: workspaceEvents(data),
    maintenance: maintenance(data),
    invoices: invoices(data),
    reconciler: reconciler(data),
    changes,
    durable: false,
    async ready() {},
    async close() {},
  }
}
