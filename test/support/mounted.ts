import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DEFAULT_PLANS, type MountedKit, type Plan, type UsageEvent, type XwmsOptions } from '@xwms/core'
import type { Test } from 'tap'
import { type Seeded, seed } from './seed.ts'

/** What an adapter's tests give to `xwms()`, unless they are about something else. */
export const OPTIONS: XwmsOptions = {
  logger: { debug() {}, info() {}, warn() {}, error() {} },
  scopes: { 'orders:read': 'Read your orders' },
  prices: { orders: 50_000 },
}

/** For tests that make more requests than the limit of the plan that they are on. */
export const UNLIMITED: XwmsOptions = {
  plans: { basic: { ...(DEFAULT_PLANS.basic as Plan), rateLimit: undefined } },
}

/** XWMS in an application of the test's own making, listening. */
export interface MountedOn<Auth extends MountedKit> extends Seeded {
  readonly auth: Auth
  /** Without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Every usage event so far. */
  events(): Promise<UsageEvent[]>
}

/**
 * Waits until the application listens, and fills its storage; everything ends with the test.
 * @param server of the application, already on its way to listening
 */
export async function mountedOn<Auth extends MountedKit>(
  t: Test,
  auth: Auth,
  server: Server,
): Promise<MountedOn<Auth>> {
  await new Promise<void>(resolve => server.once('listening', () => resolve()))
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
    await auth.close()
  })
  const seeded = await seed(auth.kit)
  const { port } = server.address() as AddressInfo
  return {
    ...seeded,
    auth,
    url: `http://127.0.0.1:${port}`,
    port,
    events() {
      const query = { workspaceId: seeded.workspace.id, from: new Date(0), to: new Date(8.64e15) }
      return auth.kit.config.storage.usage.events(query, 100)
    },
  }
}
