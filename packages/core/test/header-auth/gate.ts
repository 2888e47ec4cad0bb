import { memory } from '@xwms/storage-memory'
import { logged } from '../../../../test/support/logged.ts'
import type { KitOptions } from '../../src/config/options.ts'
import type { Context } from '../../src/context/context.ts'
import type { GuardRule } from '../../src/context/endpoint.ts'
import { Sampler } from '../../src/context/metering/sampler.ts'
import { createAbuseProtection } from '../../src/context/protection/abuse-protection.ts'
import { createCallerCache } from '../../src/header-auth/caller-cache.ts'
import { type Admission, createGuard, type GuardRequest, type Refusal } from '../../src/header-auth/guard.ts'
import { type ClientInput, createClient, updateClient } from '../../src/manage/clients.ts'
import { addDomain, type DomainInput } from '../../src/manage/domains.ts'
import type { ManageEnvironment } from '../../src/manage/environment.ts'
import { createWorkspace } from '../../src/manage/workspaces.ts'
import type { RequestLogEntry } from '../../src/model/usage.ts'
import { createMeter } from '../../src/usage/meter.ts'
import { surroundings } from '../context/surroundings.ts'
import { type LogLine, NOW, type Registered } from '../installation.ts'
import { type WatchedStorage, watched } from '../watched-storage.ts'

/** A guard with everything it works with, over a storage that is watched, and a clock that only the test moves. */
export interface Gate extends WatchedStorage {
  readonly log: readonly LogLine[]
  readonly context: Context
  readonly environment: ManageEnvironment
  now(): Date
  pass(seconds: number): void
  client(input?: Partial<ClientInput>, domain?: Partial<DomainInput>): Promise<Registered>
  /** Tells the caches that something about a client changed, by changing something. */
  change(clientId: string): Promise<void>
  /** Comes through the gate with these headers. */
  come(
    headers: GuardRequest['headers'],
    over?: Partial<GuardRequest>,
    rule?: Partial<GuardRule>,
  ): Promise<Admission | Refusal>
  /** The code that somebody is refused with, or `admitted`. */
  verdict(...asked: Parameters<Gate['come']>): Promise<string>
  requestLog(clientId: string): Promise<RequestLogEntry[]>
}

export function gate(
  t: { teardown(ending: () => unknown): unknown },
  options: Partial<KitOptions> = {},
): Gate {
  let time = NOW.getTime()
  const now = () => new Date(time)
  const watch = watched(memory())
  const { storage } = watch
  const base = surroundings({
    storage,
    now,
    scopes: { 'orders:read': 'Read your orders' },
    prices: { orders: 25 },
    ...options,
  })
  const { close, ...metering } = createMeter(base.config, base.events)
  const { meter } = metering
  const { outageSeconds } = base.config.meter
  const callers = createCallerCache(storage, { ...base.config.credentialCache, outageSeconds })
  const sampler = new Sampler(base.config.requestLog.successes)
  const protection = base.config.protection
    ? createAbuseProtection({ ...base, ...metering, options: base.config.protection })
    : base.protection
  const context: Context = { ...base, ...metering, sampler, callers, protection }
  const environment: ManageEnvironment = {
    storage,
    plans: context.config.plans,
    scopes: context.config.scopes,
    get now() {
      return now()
    },
    actor: 'test',
    ip: undefined,
  }
  t.teardown(async () => {
    callers.close()
    await protection.close()
    await close()
  })

  const self: Gate = {
    ...watch,
    log: base.log,
    context,
    environment,
    now,
    pass(seconds) {
      time += seconds * 1000
    },
    async client(input, domain) {
      const plan = Object.keys(environment.plans).at(-1) as string
      const workspace = await createWorkspace(environment, { name: 'Acme', plan, owner: '4711' })
      const { client, secret } = await createClient(environment, {
        workspaceId: workspace.id,
        name: 'Shop',
        scopes: ['orders:read'],
        ...input,
      })
      const host = 'shop.example.com'
      const added = await addDomain(environment, { clientId: client.id, host, mode: 'live', ...domain })
      const value = secret?.value ?? ''
      return {
        client,
        secret: secret?.secret as Registered['secret'],
        value,
        domain: added,
        headers: { 'x-client-id': client.id, 'x-client-secret': value, 'x-client-domain': added.host },
      }
    },
    async change(clientId) {
      await updateClient(environment, clientId, { name: `Renamed at ${time}` })
    },
    async come(headers, over, rule) {
      const guard = createGuard(context, { purpose: 'api', price: 'orders', ...rule })
      return guard({
        ip: () => '203.0.113.10',
        secure: () => true,
        hasLeft: () => false,
        route: 'GET /orders',
        ...over,
        headers: { 'x-request-id': 'request-1', ...headers },
      })
    },
    async verdict(...asked) {
      const outcome = await self.come(...asked)
      return outcome.admitted ? 'admitted' : JSON.parse(outcome.response.body).error.code
    },
    async requestLog(clientId) {
      await meter.flush()
      const client = await storage.clients.find(clientId)
      return client === undefined ? [] : logged(storage, client)
    },
  }
  return self
}
