import { fixtures } from '@xwms/storage-contract'
import pg from 'pg'
import t from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { postgres } from '../src/index.ts'

t.test('usage events are kept in a table for each month', async t => {
  const database = await freshDatabase()
  const storage = postgres(database.url)
  const admin = new pg.Client(database.url)
  await admin.connect()
  t.teardown(async () => {
    await admin.end()
    await storage.close()
    await database.drop()
  })
  const tableOf = async (id: string) =>
    (await admin.query('select tableoid::regclass::text as name from xwms.usage_events where id = $1', [id]))
      .rows[0]?.name
  const partitions = async () =>
    (
      await admin.query(`select inhrelid::regclass::text as name from pg_inherits
        where inhparent = 'xwms.usage_events'::regclass order by 1`)
    ).rows.map(({ name }) => name)

  await t.test('the first event of a month makes its table and the next', async t => {
    t.strictSame(await partitions(), ['xwms.usage_events_other'])
    const event = fixtures.usageEvent({ at: new Date('2026-12-31T23:59:59.999Z') })
    await storage.usage.append([event])
    t.equal(await tableOf(event.id), 'xwms.usage_events_2026_12')
    t.strictSame(await partitions(), [
      'xwms.usage_events_2026_12',
      'xwms.usage_events_2027_01',
      'xwms.usage_events_other',
    ])
  })

  await t.test('many processes that come upon a new month at once make one table', async t => {
    const storages = Array.from({ length: 6 }, () => postgres(database.url))
    const events = storages.map(() => fixtures.usageEvent({ at: new Date('2028-02-29T12:00:00Z') }))
    await Promise.all(storages.map((each, index) => each.usage.append(events.slice(index, index + 1))))
    await Promise.all(storages.map(each => each.close()))
    for (const { id } of events) t.equal(await tableOf(id), 'xwms.usage_events_2028_02')
  })

  await t.test('a month whose events came before its table stays where it is', async t => {
    const early = fixtures.usageEvent({ at: new Date('2030-05-05T00:00:00Z') })
    await admin.query(
      `insert into xwms.usage_events values ($1, $2, 'w', 'c', 'd', 'r', 'live', null, 200, 1, 0)`,
      [early.id, early.at],
    )
    const event = fixtures.usageEvent({ at: new Date('2030-05-06T00:00:00Z') })
    await storage.usage.append([event, early])
    t.equal(await tableOf(event.id), 'xwms.usage_events_other')
    t.ok((await partitions()).includes('xwms.usage_events_2030_06'))
    const found = await storage.usage.events({ from: early.at, to: new Date('2030-06-01T00:00:00Z') }, 10)
    t.strictSame(
      found.map(({ id }) => id),
      [early.id, event.id],
    )
  })
})
