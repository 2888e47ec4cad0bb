import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { createConfig } from '../../src/config/config.ts'
import type { KitOptions, MeterOptions } from '../../src/config/options.ts'
import type { MeteredAdmission } from '../../src/context/context.ts'
import { createEventRecorder } from '../../src/context/workspace-events.ts'
import { StorageUnavailableError } from '../../src/errors.ts'
import type { MeteredRequest, RequestLogEntry } from '../../src/model/usage.ts'
import type { Workspace } from '../../src/model/workspace.ts'
import { createMeter } from '../../src/usage/meter.ts'
import { ISSUER, type LogLine, NOW, PLAIN_PAGES } from '../installation.ts'
import { watched } from '../watched-storage.ts'

const ALL = { from: new Date(0), to: new Date('2100-01-01') }

export const WORKSPACE: Workspace = {
  id: 'ws_1',
  name: 'Acme',
  plan: 'basic',
  planStatus: 'active',
  monthlyRequestCap: undefined,
  monthlySpendCapNanoEuro: undefined,
  billing: undefined,
  createdAt: NOW,
}

export function event(number: number, over: Partial<MeteredRequest> = {}): MeteredRequest {
  return {
    at: NOW,
    workspaceId: 'ws_1',
    clientId: 'cl_1',
    domainId: 'dom_1',
    route: 'GET /orders',
    mode: 'live',
    sub: undefined,
    status: 200,
    durationMs: 1,
    priceNanoEuro: 10,
    requestId: `event-${number}`,
    caller: undefined,
    ...over,
  }
}

/** Whose the log's entries are. */
export const WHOSE = { workspaceId: 'ws_1', id: 'cl_1' }

/** A refusal, for the request log. */
export function entry(number: number): RequestLogEntry {
  return {
    id: `entry-${number}`,
    at: new Date(NOW.getTime() + number),
    requestId: 'request-1',
    workspaceId: 'ws_1',
    clientId: 'cl_1',
    domainId: undefined,
    route: 'GET /orders',
    status: 403,
    durationMs: 1,
    ip: '203.0.113.10',
    userAgent: undefined,
    refusedBy: 'domain_inactive',
    facts: {},
  }
}

/** A meter over memory storage that can be watched and broken. */
export function metering(meterOptions: MeterOptions = {}, options: Partial<KitOptions> = {}) {
  const { storage, calls, replace, restore } = watched(memory())
  const log: LogLine[] = []
  const write = (level: LogLine['level']) => (fields: object, message: string) => {
    log.push({ level, fields: { ...fields }, message })
  }
  const logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  let time = NOW.getTime()
  const config = createConfig({
    issuer: ISSUER,
    storage,
    pages: PLAIN_PAGES,
    logger,
    now: () => new Date(time),
    meter: meterOptions,
    ...options,
  })
  const { meter, limiter, outage, close } = createMeter(config, createEventRecorder(config))
  t.teardown(close)

  /** Resolves when the event is committed, or need not be waited for. */
  const record = (given: MeteredRequest, workspace = WORKSPACE, month?: MeteredAdmission['place']['month']) =>
    new Promise<void>((committed, failed) => {
      const place = { month, priceNanoEuro: given.priceNanoEuro, turn: 0 }
      meter.record(given, { workspace, place }, { committed, failed })
    })

  return {
    meter: { ...meter, record, close },
    /** With whoever waits told in the same turn, as a response is. */
    recordFor: meter.record,
    limiter,
    outage,
    config,
    storage,
    calls,
    replace,
    restore,
    log,
    now: () => new Date(time),
    pass(seconds: number) {
      time += seconds * 1000
    },
    /** From now on, as when the database is away. */
    unplug() {
      for (const name of ['usage.append', 'usage.totals', 'clients.facts'])
        replace(name, () => Promise.reject(new StorageUnavailableError('No PostgreSQL answers.')))
    },
    plugIn() {
      for (const name of ['usage.append', 'usage.totals', 'clients.facts']) restore(name)
    },
    appends: () => calls.filter(call => call === 'usage.append').length,
    events: async () => (await storage.usage.events(ALL, 100_000)).map(({ requestId }) => requestId),
    counted: async () => {
      const counters = await storage.usage.counters(ALL)
      return counters.reduce((sum, { requests }) => sum + requests, 0n)
    },
  }
}
