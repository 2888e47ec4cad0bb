// A router or a machine between this program and PostgreSQL can go without telling either: nothing comes any more, and no
// connection is refused.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { StorageUnavailableError } from '@xwms/core'
import t, { type Test } from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { postgres } from '../src/index.ts'

const STATEMENT_TIMEOUT_MS = 200

interface Relay {
  readonly url: string
  /** How many connections there have been. */
  connections(): number
  /** From now on the connections that are open pass nothing on. New ones do. */
  silence(): void
}

/** Passes everything on between a storage and PostgreSQL. */
async function startRelay(t: Test, databaseUrl: string): Promise<Relay> {
  const open = new Set<Socket>()
  let connections = 0
  const to = new URL(databaseUrl)
  const listener = createServer({ allowHalfOpen: true }, near => {
    const far = connect({ host: to.hostname, port: Number(to.port), allowHalfOpen: true })
    connections++
    for (const socket of [near, far]) open.add(socket.on('error', () => {}))
    near.pipe(far)
    far.pipe(near)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.teardown(() => {
    for (const socket of open) socket.destroy()
    listener.close()
  })
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((listener.address() as AddressInfo).port)
  return {
    url: url.href,
    connections: () => connections,
    silence() {
      for (const socket of open) socket.unpipe().resume()
    },
  }
}

t.test('a connection that has gone silent is given up', async t => {
  const database = await freshDatabase()
  t.teardown(() => database.drop())
  const relay = await startRelay(t, database.url)
  const storage = postgres({
    connectionString: relay.url,
    maxConnections: 1,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  })
  const now = new Date()
  const questions: Readonly<Record<string, () => Promise<unknown>>> = {
    'of a prepared statement': () => storage.codes.consume('none', now),
    'of any other': () => storage.users.find('1'),
  }
  for (const [name, ask] of Object.entries(questions)) {
    await ask()
    relay.silence()
    const failed = await ask().then(
      () => undefined,
      (error: unknown) => error,
    )
    t.ok(failed instanceof StorageUnavailableError, name)
    t.match((failed as Error).message, /did not answer in time/, name)
    await t.resolves(ask(), `${name}, and the next one takes another connection`)
  }
  relay.silence()
  await t.resolves(storage.close(), 'and closing does not wait for a goodbye')
})

t.test('a connection that nobody asks anything is left alone', async t => {
  const database = await freshDatabase()
  t.teardown(() => database.drop())
  const relay = await startRelay(t, database.url)
  const storage = postgres({
    connectionString: relay.url,
    maxConnections: 1,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  })
  await storage.users.find('1')
  await sleep(STATEMENT_TIMEOUT_MS + 2500)
  await storage.users.find('1')
  t.equal(relay.connections(), 1)
  await storage.close()
})
