import type { Change, Changes } from '@xwms/core'
import type pg from 'pg'
import type { Database } from './database.ts'
import { dedicatedClient } from './dedicated-client.ts'
import { endWhenSilent } from './silence.ts'

/** Both ends of change notices. */
export interface Notices extends Changes {
  /** Tells this process's own listeners at once; every process, this one included, also hears it from PostgreSQL. */
  tell(change: Change): void
  /** Resolves when changes are being heard, or when nobody wants to hear any; rejects when connecting fails. */
  heard(): Promise<void>
  close(): Promise<void>
}

/** A notice as the triggers write it: a kind and what it is about, or a client's bare id. */
function changeOf(payload: string): Change {
  const [, kind, subject = ''] = /^(grant|access_token|user|block|signing_key) (.*)$/s.exec(payload) ?? []
  switch (kind) {
    case 'grant':
      return { kind, grantId: subject }
    case 'access_token':
      return { kind, hash: subject }
    case 'user':
      return { kind, sub: subject }
    case 'block':
      return { kind, id: subject }
    case 'signing_key':
      return { kind, kid: subject }
    default:
      return { kind: 'client', clientId: payload }
  }
}

/** Waits between attempts to connect: 100 ms, then twice as long each time, at most this. */
const LONGEST_WAIT_MS = 5000

/** How often the connection is asked whether it still lives; a network can lose one without telling. */
const HEARTBEAT_MS = 5000

/**
 * Change notices over LISTEN, on a connection of its own that opens with the first subscription and reconnects for as
 * long as there is one. Neither the connection nor its timers keep a process alive.
 */
export function changeNotices({ pool, schemaName }: Database): Notices {
  const listeners = new Set<(change: Change) => void>()
  let connecting: Promise<void> | undefined
  let connection: pg.Client | undefined
  let listening = false
  let failures = 0
  let retry: NodeJS.Timeout | undefined
  let heartbeat: NodeJS.Timeout | undefined
  let closed = false

  function tell(change: Change): void {
    // In a microtask, so that a failing listener fails by itself and not the change that it was told of.
    for (const listener of listeners) queueMicrotask(() => listener(change))
  }

  function lost(client: pg.Client): void {
    if (client !== connection) return
    connection = undefined
    listening = false
    clearInterval(heartbeat)
    client.end().catch(() => {})
    if (closed || listeners.size === 0) return
    const wait = Math.min(100 * 2 ** failures, LONGEST_WAIT_MS)
    failures += 1
    // Up to half of it more or less, so that many processes do not all come back at the same moment.
    retry = setTimeout(start, wait * (0.5 + Math.random())).unref()
  }

  async function connect(): Promise<void> {
    const client = dedicatedClient(pool, { query_timeout: HEARTBEAT_MS })
    connection = client
    client.on('error', () => lost(client))
    client.on('end', () => lost(client))
    client.on('notification', ({ payload = '' }) => tell(changeOf(payload)))
    try {
      await client.connect()
      endWhenSilent(client, pool)
      await client.query(`listen "${schemaName}_changes"`)
    } catch (error) {
      lost(client)
      throw error
    }
    if (client !== connection) return // The types of pg leave out what its documentation names.
    ;(client as pg.Client & { unref(): void }).unref()
    heartbeat = setInterval(() => client.query('select').catch(() => lost(client)), HEARTBEAT_MS).unref()
    failures = 0
    // Before anything is served from a cache again: whatever happened until now may have been missed.
    tell({ kind: 'everything' })
    listening = true
  }

  function start(): void {
    if (closed || connection) return
    clearTimeout(retry)
    connecting = connect()
    // Whoever waits for it hears of a failure; otherwise the next attempt is all that can be done.
    connecting.catch(() => {})
  }

  return {
    subscribe(listener) {
      const subscription = (change: Change) => listener(change)
      listeners.add(subscription)
      start()
      return () => {
        listeners.delete(subscription)
        if (listeners.size > 0) return
        clearTimeout(retry)
        if (connection) lost(connection)
      }
    },
    isListening: () => listening,
    tell,
    async heard() {
      if (listeners.size === 0) return
      start()
      await connecting
    },
    async close() {
      closed = true
      listeners.clear()
      clearTimeout(retry)
      const last = connection
      connection = undefined
      listening = false
      clearInterval(heartbeat)
      await last?.end().catch(() => {})
    },
  }
}
