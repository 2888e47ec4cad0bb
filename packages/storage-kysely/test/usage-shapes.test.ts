import { fixtures } from '@xwms/storage-contract'
import pg from 'pg'
import t from 'tap'
import { emptyDatabase, freshDatabase } from '../../../test/support/database.ts'
import { postgres } from '../src/index.ts'
import { applyMigrations } from '../src/migrate.ts'
import { migrations } from '../src/migrations/index.ts'

const MARCH = new Date('2026-03-01T00:00:00Z')
const MAY = new Date('2026-05-01T00:00:00Z')
const ALL = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2027-01-01T00:00:00Z') }

async function opened(t: { teardown(end: () => Promise<void>): void }, create = freshDatabase) {
  const database = await create()
  const storage = postgres(database.url)
  const client = new pg.Client(database.url)
  await client.connect()
  t.teardown(async () => {
    await client.end()
    await storage.close()
    await database.drop()
  })
  return { url: database.url, storage, client }
}

t.test('counters go on from what they were before their shapes had names', async t => {
  const { storage, client } = await opened(t, emptyDatabase)
  const before = migrations.findIndex(({ name }) => name === '0020-usage-shapes')
  await applyMigrations(client, 'xwms', migrations.slice(0, before))
  await client.query(`insert into xwms.usage_counters
    (hour, workspace_id, client_id, domain_id, route, mode, status_class, unit_price_nano_euro, month, requests) values
    ('2026-03-01T10:00Z', 'ws', 'cl', 'dom', 'GET /', 'live', 2, 10, '2026-03-01Z', 5),
    ('2026-03-01T10:00Z', 'ws', 'cl', 'dom', 'GET /', 'live', 4, 10, '2026-03-01Z', 3),
    ('2026-02-28T23:00Z', 'ws', 'cl', 'dom', 'GET /', 'live', 2, 10, '2026-05-01Z', 2),
    ('2026-03-01T10:00Z', 'ws', 'cl', null, 'GET /', 'live', 2, 10, '2026-03-01Z', 7)`)
  const read = 'select * from xwms.usage_counters order by hour, domain_id, status_class'
  const { rows } = await client.query(read)
  await applyMigrations(client, 'xwms')
  t.strictSame((await client.query(read)).rows, rows)
  t.equal((await client.query('select from xwms.usage_shapes')).rowCount, 2)

  const request = fixtures.meteredRequest({
    at: new Date('2026-03-01T10:59:59Z'),
    workspaceId: 'ws',
    clientId: 'cl',
    domainId: 'dom',
    route: 'GET /',
    priceNanoEuro: 10,
  })
  await storage.usage.append(fixtures.usageBatch([request, { ...request, domainId: undefined }]))
  const counters = await storage.usage.counters({ ...ALL, workspaceId: 'ws' })
  t.strictSame(
    counters.map(({ requests }) => requests).sort(),
    [2n, 3n, 6n, 8n],
    'they are the same counters, not others beside them',
  )
  t.equal((await client.query('select from xwms.usage_shapes')).rowCount, 2)

  await t.test('late ones and the first hour are found among them', async t => {
    await fixtures.storedWorkspace(storage, { id: 'ws', createdAt: new Date('2026-01-05Z') })
    const facts = await storage.invoices.facts('ws', MAY)
    t.strictSame(facts?.firstUsedAt, new Date('2026-02-28T23:00:00Z'))
    t.match(facts?.earlierMonths, [{ month: new Date('2026-02-01T00:00:00Z'), requests: 2n }])
    t.match(await storage.invoices.facts('ws', MARCH), { earlierMonths: [], usage: { length: 2 } })
  })
})

t.test('processes that meet with a shape for the first time give it one name', async t => {
  const { url, storage, client } = await opened(t)
  const others = Array.from({ length: 4 }, () => postgres({ connectionString: url, maxConnections: 1 }))
  t.teardown(() => Promise.all(others.map(other => other.close())).then(() => {}))
  const requests = Array.from({ length: 60 }, (_, index) =>
    fixtures.meteredRequest({
      route: `GET /${index % 30}`,
      domainId: index % 3 === 0 ? undefined : 'dom',
    }),
  )
  await Promise.all(
    others.map((other, index) =>
      other.usage.append(fixtures.usageBatch(index % 2 === 0 ? requests : [...requests].reverse())),
    ),
  )
  const { rows } = await client.query('select count(*)::integer as shapes from xwms.usage_shapes')
  t.strictSame(rows, [{ shapes: 30 }])
  const counters = await storage.usage.counters(ALL)
  t.equal(counters.length, 30)
  t.ok(counters.every(({ requests }) => requests === 8n))
})

t.test('a database that was set back to a moment before a shape was named gets it again', async t => {
  const { storage, client } = await opened(t)
  const first = fixtures.usageBatch([fixtures.meteredRequest()], [fixtures.windowUse()])
  await storage.usage.append(first)
  const { rows: before } = await client.query('select id from xwms.usage_shapes')
  await client.query(`truncate xwms.usage_shapes, xwms.usage_counts, xwms.usage_events, xwms.usage_batches,
    xwms.month_totals, xwms.workspace_months, xwms.limit_windows`)
  const second = fixtures.usageBatch([fixtures.meteredRequest()], [fixtures.windowUse()])
  t.match(await storage.usage.append(second), { windows: [1], months: [{ lines: [{ requests: 1 }] }] })
  t.match(await storage.usage.counters(ALL), [{ requests: 1n }])
  t.equal((await storage.usage.events(ALL, 10)).length, 1)
  const { rows: after } = await client.query('select id from xwms.usage_shapes')
  t.notSame(after, before, 'a name that was forgotten is never given to another')
})

t.test('a batch that was written answers again, whatever the database knows of its shapes', async t => {
  const { url, storage, client } = await opened(t)
  const batch = fixtures.usageBatch([fixtures.meteredRequest()])
  const answer = await storage.usage.append(batch)
  const restarted = postgres(url)
  t.teardown(() => restarted.close())
  t.strictSame(await restarted.usage.append(batch), answer)
  t.match(await storage.usage.counters(ALL), [{ requests: 1n }])
  t.equal((await client.query('select from xwms.usage_shapes')).rowCount, 1)
})
