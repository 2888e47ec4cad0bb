import pg from 'pg'
import t from 'tap'
import { emptyDatabase } from '../../../test/support/database.ts'
import { logged } from '../../../test/support/logged.ts'
import { postgres } from '../src/index.ts'
import { applyMigrations } from '../src/migrate.ts'
import { migrations } from '../src/migrations/index.ts'

t.test('the ledger begins with what was metered before it', async t => {
  const database = await emptyDatabase()
  const client = new pg.Client(database.url)
  await client.connect()
  const storage = postgres(database.url)
  t.teardown(async () => {
    await storage.close()
    await client.end()
    await database.drop()
  })
  const before = migrations.findIndex(({ name }) => name === '0006-ledger')
  await applyMigrations(client, 'xwms', migrations.slice(0, before))
  const id = '019ac8a4-0000-7000-8000-000000000001'
  await client.query(
    `insert into xwms.usage_events values
      ($1, '2026-11-30T23:30:00Z', 'ws', 'cl', 'dom', 'GET /', 'live', null, 200, 1.5, 10),
      ('no uuid', '2026-11-30T23:59:00Z', 'ws', 'cl', null, 'GET /', 'live', '7', 404, 2, 10),
      ('another', '2026-12-01T00:00:00Z', 'ws', 'cl', 'dom', 'GET /', 'test', null, 200, 1, 0)`,
    [id],
  )
  await client.query(
    `insert into xwms.request_log values
      ('refusal', '2026-11-30T23:30:00Z', 'request', 'ws', 'cl', null, 'GET /', 403, 1, '192.0.2.1', null, 'scope_not_granted', '{"scope":"a"}')`,
  )
  await applyMigrations(client, 'xwms')

  const all = { workspaceId: 'ws', from: new Date('2026-01-01'), to: new Date('2027-01-01') }
  const [november, december] = [new Date('2026-11-01T00:00:00Z'), new Date('2026-12-01T00:00:00Z')]
  t.match(await storage.usage.events(all, 10), [
    { id, requestId: id, month: november, durationMs: 1.5, domainId: 'dom' },
    { requestId: 'no uuid', month: november, sub: '7', domainId: undefined },
    { requestId: 'another', month: december, mode: 'test' },
  ])
  t.match(await storage.usage.series({ ...all, interval: 'month', by: ['price'] }), [
    { start: november, unitPriceNanoEuro: 10, requests: 2n, costNanoEuro: 20n },
    { start: december, unitPriceNanoEuro: 0, requests: 1n },
  ])
  t.strictSame(await storage.usage.totals([], [{ workspaceId: 'ws', month: november }]), {
    windows: [],
    months: [{ workspaceId: 'ws', month: november, lines: [{ unitPriceNanoEuro: 10, requests: 2 }] }],
  })
  t.match(await logged(storage, { workspaceId: 'ws', id: 'cl' }), [
    { requestId: 'request', facts: { scope: 'a' } },
  ])
  const { rows } = await client.query(
    `select tableoid::regclass::text as name from xwms.usage_events union
     select tableoid::regclass::text from xwms.request_log order by 1`,
  )
  t.strictSame(
    rows.map(({ name }) => name),
    ['xwms.request_log_2026_11_30', 'xwms.usage_events_2026_11', 'xwms.usage_events_2026_12'],
  )
})
