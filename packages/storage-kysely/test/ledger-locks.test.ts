import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Storage } from '@xwms/core'
import { fixtures } from '@xwms/storage-contract'
import pg from 'pg'
import t from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { sampleInvoice } from '../../../test/support/invoices.ts'
import { postgres } from '../src/index.ts'
import { together } from './programs/together.ts'

const MARCH = new Date('2026-03-01T00:00:00Z')
const ALL = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2027-01-01T00:00:00Z') }

async function opened(t: { teardown(end: () => Promise<void>): void }) {
  const database = await freshDatabase()
  const storage = postgres(database.url)
  const admin = new pg.Client(database.url)
  await admin.connect()
  t.teardown(async () => {
    await admin.end()
    await storage.close()
    await database.drop()
  })
  return { url: database.url, storage, admin }
}

async function counted(storage: Storage): Promise<number> {
  const [all] = await storage.usage.series({ ...ALL, interval: 'none', by: [] })
  return Number(all?.requests ?? 0n)
}

t.test('processes whose batches meet everywhere, while months close, never wait in a circle', async t => {
  const { url, storage, admin } = await opened(t)
  const createdAt = new Date('2026-01-05T00:00:00Z')
  const workspaces = await Promise.all(
    Array.from({ length: 5 }, () => fixtures.storedWorkspace(storage, { createdAt })),
  )
  const ids = workspaces.map(({ id }) => id)

  async function closeMonths(): Promise<void> {
    for (const [index, { id: workspaceId }] of workspaces.entries()) {
      await wait(150)
      const { outcome } = await storage.invoices.close(workspaceId, MARCH, fixtures.now, () => ({
        invoice: { ...sampleInvoice(), number: `2026-${index}`, workspaceId, month: MARCH },
        audit: fixtures.audit({ workspaceId }),
      }))
      t.equal(outcome, 'closed')
    }
  }
  const appending = together<{ batches: number; events: number }>('appender.ts', 3, [
    `${url}?application_name=appender`,
    MARCH.toISOString(),
    ids.join(','),
    '25',
  ])
  const [told] = await Promise.all([appending, closeMonths()])
  const written = told.reduce((sum, { events }) => sum + events, 0)
  const batches = told.reduce((sum, { batches }) => sum + batches, 0)
  t.equal(written, 3 * 3 * 25 * 60)

  t.equal((await storage.usage.events(ALL, 100_000)).length, written)
  t.equal(await counted(storage), written)
  const totals = await storage.usage.totals(
    ['a', 'b', 'c', 'd'].map(key => ({ key, since: fixtures.now })),
    ids.flatMap(workspaceId =>
      [MARCH, new Date('2026-04-01T00:00:00Z')].map(month => ({ workspaceId, month })),
    ),
  )
  t.strictSame(totals.windows, [batches, batches, batches, batches])
  const lines = totals.months.flatMap(({ lines }) => lines)
  t.equal(
    lines.reduce((sum, { requests }) => sum + requests, 0),
    written,
  )

  // What a connection met with is told when it ends, at the latest.
  const appenders = `select from pg_stat_activity where application_name = 'appender'`
  while ((await admin.query(appenders)).rowCount !== 0) await wait(50)
  const { rows } = await admin.query(
    'select deadlocks::integer from pg_stat_database where datname = current_database()',
  )
  t.strictSame(rows, [{ deadlocks: 0 }])
})

t.test('a batch whose answer is lost after the commit counts once', async t => {
  const { url, storage } = await opened(t)
  const { port, hostname } = new URL(url)
  let isArmed = false
  const proxy = createServer(near => {
    const far = connect(Number(port), hostname)
    near.on('error', () => far.destroy()).pipe(far)
    far.on('error', () => near.destroy())
    far.on('data', answer => {
      if (isArmed) {
        isArmed = false
        near.destroy()
        far.destroy()
      } else near.write(answer)
    })
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const around = new URL(url)
  around.hostname = '127.0.0.1'
  around.port = String((proxy.address() as AddressInfo).port)
  const cut = postgres({ connectionString: around.href, maxConnections: 1 })
  t.teardown(async () => {
    await cut.close()
    proxy.close()
  })

  const first = fixtures.usageBatch([fixtures.meteredRequest()])
  await cut.usage.append(first)
  const batch = fixtures.usageBatch(
    [fixtures.meteredRequest(), fixtures.meteredRequest()],
    [fixtures.windowUse()],
  )
  isArmed = true
  await t.rejects(cut.usage.append(batch), { code: 'storage_unavailable' })
  t.equal(await counted(storage), 3, 'it was committed')
  t.match(await cut.usage.append(batch), { windows: [1], months: [{ lines: [{ requests: 3 }] }] })
  t.equal(await counted(storage), 3)
})

t.test('connections that are cut at any moment lose nothing and double nothing', async t => {
  const { url, storage, admin } = await opened(t)
  const writer = postgres({ connectionString: `${url}?application_name=cut`, maxConnections: 1 })
  t.teardown(() => writer.close())
  let cuts = 0
  for (let round = 1; round <= 40; round++) {
    const batch = fixtures.usageBatch(Array.from({ length: 500 }, () => fixtures.meteredRequest()))
    const attempt = writer.usage.append(batch).then(
      () => true,
      () => false,
    )
    await wait(round % 8)
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut'`)
    if (!(await attempt)) cuts++
    for (let tries = 0; ; tries++) {
      try {
        await writer.usage.append(batch)
        break
      } catch (error) {
        if (tries === 5) throw error
      }
    }
    const written = round * 500
    t.equal(await counted(storage), written)
    t.equal((await storage.usage.events(ALL, 100_000)).length, written)
  }
  t.ok(cuts > 0, `${cuts} of 40 attempts were cut`)
})
