import type { AddressInfo } from 'node:net'
import type { UsageEvent } from '@xwms/core'
import express, { type Express } from 'express'
import type { Test } from 'tap'
import { type Seeded, seed } from '../../../test/support/seed.ts'
import { type Xwms, type XwmsOptions, xwms } from '../src/index.ts'

/** XWMS in an Express application of the test's own making, listening. */
export interface Mounted extends Seeded {
  readonly auth: Xwms
  /** Without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Every usage event so far. */
  events(): Promise<UsageEvent[]>
}

/** Builds and starts an application; everything ends with the test. */
export async function mounted(
  t: Test,
  build: (app: Express, auth: Xwms) => unknown,
  options: XwmsOptions = {},
): Promise<Mounted> {
  const auth = xwms({
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    scopes: { 'orders:read': 'Read your orders' },
    prices: { orders: 50_000 },
    ...options,
  })
  const app = express()
  // Express's own error handler writes to standard error in every other environment.
  app.set('env', 'test')
  build(app, auth)
  const server = app.listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
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
