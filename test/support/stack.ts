import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Kit, ProtectOptions, Storage, UsageEvent } from '@xwms/core'
import { postgres } from '@xwms/storage-kysely'
import { memory } from '@xwms/storage-memory'
import t, { type Test } from 'tap'
import { freshDatabase } from './database.ts'
import { FRAMEWORKS, type HostOptions } from './host.ts'
import { type Seeded, type SeedOptions, seed } from './seed.ts'

/** One host application with XWMS in it, listening, on a storage of its own. */
export interface Stack extends Seeded {
  readonly kit: Kit
  /** The address of XWMS: what its issuer is, or would be. */
  readonly url: string
  /** The address of the host application. */
  readonly origin: string
  /** Where the framework mounts the kit. */
  readonly prefix: string
  /** Moves the kit's clock on. */
  passes(seconds: number): void
  /** Posts JSON to XWMS with the client's credentials, or with others. */
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** Every usage event so far, oldest first. */
  events(): Promise<UsageEvent[]>
}

/** What came back, its body read as JSON. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever an answer holds.
  readonly body: any
}

export interface StackOptions
  extends Partial<Omit<HostOptions, 'prefix' | 'kit'>>,
    Pick<SeedOptions, 'redirectUris'> {
  /** Options of the kit, further ones or other ones. */
  readonly kit?: Partial<HostOptions['kit']>
  /** Default: `/` and `/auth`. */
  readonly prefixes?: readonly string[]
}

/** What every host asks of callers of `/orders`. */
const PROTECT: ProtectOptions = { scope: 'orders:read', price: 'orders', route: 'GET /orders' }

/** A storage for one stack, and what removes it afterwards. */
const STORAGES: Readonly<Record<string, () => Promise<{ storage: Storage; remove: () => Promise<void> }>>> = {
  memory: async () => ({ storage: memory(), remove: async () => {} }),
  PostgreSQL: async () => {
    const database = await freshDatabase()
    return {
      storage: postgres({ connectionString: database.url, maxConnections: 4 }),
      remove: () => database.drop(),
    }
  },
}

// Eight stacks, each with a database of its own, on whatever else the machine does.
t.setTimeout(300_000)

/** Runs a journey on every storage, framework and mount path, as one test each. */
export function onEveryStack(
  name: string,
  journey: (t: Test, stack: Stack) => Promise<void>,
  options: StackOptions = {},
): void {
  for (const storage of Object.keys(STORAGES)) {
    for (const framework of Object.keys(FRAMEWORKS)) {
      for (const prefix of options.prefixes ?? ['', '/auth']) {
        t.test(`${name} (${storage}, ${framework}, ${prefix || '/'})`, async t => {
          await journey(t, await startStack(t, storage, framework, prefix, options))
        })
      }
    }
  }
}

async function startStack(
  t: Test,
  storageName: string,
  framework: string,
  prefix: string,
  options: StackOptions,
): Promise<Stack> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const url = origin + prefix
  let passed = 0
  const { storage, remove } = await (STORAGES[storageName] as (typeof STORAGES)[string])()
  const { kit, listener } = (FRAMEWORKS[framework] as (typeof FRAMEWORKS)[string])({
    protect: PROTECT,
    ...options,
    prefix,
    kit: {
      issuer: url,
      storage,
      scopes: { 'orders:read': 'Read your orders' },
      prices: { orders: 50_000 },
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      now: () => new Date(Date.now() + passed * 1000),
      ...options.kit,
    },
  })
  server.on('request', listener)
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
    await kit.close()
    await remove()
  })
  await kit.ready()
  const seeded = await seed(kit, options)
  return {
    ...seeded,
    kit,
    url,
    origin,
    prefix,
    passes(seconds) {
      passed += seconds
    },
    async post(path, body = {}, headers = seeded.headers) {
      const response = await fetch(url + path, {
        method: 'POST',
        headers: { ...headers, accept: 'application/json', 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return { status: response.status, headers: response.headers, body: await response.json() }
    },
    events() {
      const query = { workspaceId: seeded.workspace.id, from: new Date(0), to: new Date('2999-01-01') }
      return storage.usage.events(query, 1000)
    },
  }
}
