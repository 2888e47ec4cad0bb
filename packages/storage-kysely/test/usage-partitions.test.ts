import { fixtures } from '@xwms/storage-contract'
import pg from 'pg'
import t from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { postgres } from '../src/index.ts'

t.test('usage events are kept in a table for each month, the request log in one for each day', async t => {
  const database = await freshDatabase()
  const storage = postgres(database.url)
  const admin = new pg.Client(database.url)
  await admin.connect()
  t.teardown(async () => {
    await admin.end()
    await storage.close()
    await database.drop()
  })
  const tableOf = async (parent: string, requestId: string) =>
    (
      await admin.query(`select tableoid::regclass::text as name from xwms.${parent} where request_id = $1`, [
        requestId,
      ])
    ).rows[0]?.name
  const partitions = async (parent: string) =>
    (
      await admin.query(
        `select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by 1`,
        [`xwms.${parent}`],
      )
    ).rows.map(({ name }) => name)
  const caller = { ip: '192.0.2.1', userAgent: undefined }

  await t.test('the first event of a period makes its table and the next', async t => {
    t.strictSame(await partitions('usage_events'), ['xwms.usage_events_other'])
    t.strictSame(await partitions('request_log'), ['xwms.request_log_other'])
    const at = new Date('2026-12-31T23:59:59.999Z')
    const request = fixtures.meteredRequest({ at, caller })
    await storage.usage.append(fixtures.usageBatch([request]))
    t.equal(await tableOf('usage_events', request.requestId), 'xwms.usage_events_2026_12')
    t.equal(await tableOf('request_log', request.requestId), 'xwms.request_log_2026_12_31')
    t.strictSame(await partitions('usage_events'), [
      'xwms.usage_events_2026_12',
      'xwms.usage_events_2027_01',
      'xwms.usage_events_other',
    ])
    t.strictSame(await partitions('request_log'), [
      'xwms.request_log_2026_12_31',
      'xwms.request_log_2027_01_01',
      'xwms.request_log_other',
    ])
    const refused = fixtures.requestLogEntry({ at: new Date('2027-01-02T00:00:00Z') })
    await storage.requestLog.append([refused])
    t.equal(await tableOf('request_log', refused.requestId), 'xwms.request_log_2027_01_02')
  })

  await t.test('many processes that come upon a new period at once make one table', async t => {
    const storages = Array.from({ length: 6 }, () => postgres(database.url))
    const requests = storages.map(() =>
      fixtures.meteredRequest({ at: new Date('2028-02-29T12:00:00Z'), caller }),
    )
    await Promise.all(
      storages.map((each, index) => each.usage.append(fixtures.usageBatch(requests.slice(index, index + 1)))),
    )
    await Promise.all(storages.map(each => each.close()))
    for (const { requestId } of requests) {
      t.equal(await tableOf('usage_events', requestId), 'xwms.usage_events_2028_02')
      t.equal(await tableOf('request_log', requestId), 'xwms.request_log_2028_02_29')
    }
  })

  await t.test('a month whose events came before its table stays where it is', async t => {
    const early = new Date('2030-05-05T00:00:00Z')
    await admin.query(
      `insert into xwms.usage_events values
        (gen_random_uuid(), $1, 'w', 'c', 'd', 'r', 'live', null, 200, 1, 0, 'early', '2030-05-01T00:00:00Z')`,
      [early],
    )
    const request = fixtures.meteredRequest({ at: new Date('2030-05-06T00:00:00Z') })
    await storage.usage.append(fixtures.usageBatch([request]))
    t.equal(await tableOf('usage_events', request.requestId), 'xwms.usage_events_other')
    t.ok((await partitions('usage_events')).includes('xwms.usage_events_2030_06'))
    const found = await storage.usage.events({ from: early, to: new Date('2030-06-01T00:00:00Z') }, 10)
    t.strictSame(
      found.map(({ requestId }) => requestId),
      ['early', request.requestId],
    )
  })

  await t.test('there are no partitions of other tables', async t => {
    await t.rejects(admin.query(`select xwms.prepare_partitions('users', now())`), /no partitions of users/)
  })
})
