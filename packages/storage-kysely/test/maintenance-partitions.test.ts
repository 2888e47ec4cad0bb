import type { MaintenanceReport } from '@xwms/core'
import { fixtures } from '@xwms/storage-contract'
import t, { type Test } from 'tap'
import { connect, freshDatabase } from '../../../test/support/database.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { postgres } from '../src/index.ts'

const RETENTION = { eventDays: 62, requestLogDays: 3, auditDays: 10 }
const caller = { ip: '192.0.2.1', userAgent: undefined }

async function setting(t: Test) {
  const database = await freshDatabase()
  const storage = postgres(database.url)
  const [admin, reader] = [await connect(database.url), await connect(database.url)]
  t.teardown(async () => {
    await admin.end()
    await reader.end()
    await storage.close()
    await database.drop()
  })
  const partitions = async (parent: string): Promise<string[]> =>
    (
      await admin.query(
        `select relname from pg_inherits join pg_class on pg_class.oid = inhrelid
        where inhparent = $1::regclass and relname not like '%other' order by 1`,
        [`xwms.${parent}`],
      )
    ).rows.map(({ relname }) => relname)
  const count = async (table: string) =>
    Number((await admin.query(`select count(*) from xwms.${table}`)).rows[0].count)
  const append = (...times: string[]) =>
    storage.usage.append(
      fixtures.usageBatch(times.map(at => fixtures.meteredRequest({ at: new Date(at), caller }))),
    )
  /** Rows of the default partition, as they come where nobody has made a partition in time. */
  const catchIn = (times: readonly string[]) =>
    admin.query(
      `insert into xwms.usage_events_other
      select gen_random_uuid(), at, 'w', 'c', 'd', 'r', 'live', null, 200, 1, 0, 'caught', date_trunc('month', at, 'UTC')
      from unnest($1::timestamptz[]) as at`,
      [times],
    )
  const run = (now: string) => storage.maintenance.run(new Date(now), RETENTION)
  return { storage, admin, reader, partitions, count, append, catchIn, run }
}

function of(report: MaintenanceReport | undefined, table: string) {
  return report?.tables.find(one => one.table === table)?.partitions
}

t.test('partitions are made ahead, and dropped when their retention is over', async t => {
  const { partitions, count, append, run } = await setting(t)
  const report = await run('2026-01-31T12:00:00Z')
  t.strictSame(await partitions('usage_events'), [
    'usage_events_2026_01',
    'usage_events_2026_02',
    'usage_events_2026_03',
  ])
  t.strictSame(await partitions('request_log'), [
    'request_log_2026_01_31',
    'request_log_2026_02_01',
    'request_log_2026_02_02',
    'request_log_2026_02_03',
  ])
  t.strictSame(of(report, 'usage_events'), {
    made: ['usage_events_2026_01', 'usage_events_2026_02', 'usage_events_2026_03'],
    dropped: [],
    postponed: [],
  })
  await append('2026-01-31T23:59:59.999Z', '2026-02-01T00:00:00Z')

  await run('2026-04-03T23:59:59.999Z')
  t.ok(
    (await partitions('usage_events')).includes('usage_events_2026_01'),
    'its last event is not old enough',
  )
  const dropping = await run('2026-04-04T00:00:00Z')
  t.strictSame(of(dropping, 'usage_events')?.dropped, ['usage_events_2026_01'])
  t.equal(await count('usage_events'), 1)
  t.equal(await count('request_log'), 0)
  t.strictSame(of(await run('2026-04-04T00:00:00Z'), 'usage_events'), {
    made: [],
    dropped: [],
    postponed: [],
  })
})

t.test('what invoices are made from is never touched', async t => {
  const { storage, count, append, run } = await setting(t)
  const everything = { from: new Date(0), to: new Date('2100-01-01') }
  await append('2020-05-05T05:05:05Z', '2021-06-06T06:06:06Z', '2026-01-01T00:00:00Z')
  const [counters, months] = [await storage.usage.counters(everything), await count('workspace_months')]
  const asked = counters.map(({ workspaceId, month }) => ({ workspaceId, month }))
  const totals = await storage.usage.totals([], asked)
  t.equal(totals.months.flatMap(({ lines }) => lines).length, 3)
  await run('2040-01-01T00:00:00Z')
  t.equal(await count('usage_events'), 0)
  t.strictSame(await storage.usage.counters(everything), counters)
  t.strictSame(await storage.usage.totals([], asked), totals)
  t.equal(await count('workspace_months'), months)
})

t.test('the tables stay at a level, and so does the number of their parts', async t => {
  const { partitions, count, append, run } = await setting(t)
  const start = Date.UTC(2026, 0, 1)
  const iso = (day: number) => new Date(start + day * 86_400_000).toISOString()
  let [most, mostParts] = [0, 0]
  for (let day = 0; day < 140; day++) {
    await append(iso(day), iso(day))
    await run(iso(day))
    if (day % 10 > 0) continue
    most = Math.max(most, await count('usage_events'))
    mostParts = Math.max(mostParts, (await partitions('usage_events')).length)
    t.ok((await partitions('request_log')).length <= 3 + 1 + 1 + 3)
    t.ok((await count('request_log')) <= 2 * 5)
  }
  t.ok(most <= 2 * (62 + 31 + 1), `it never held more than ${most}`)
  t.ok(mostParts <= 3 + 1 + 2, `in ${mostParts} parts`)
  t.equal(await count('usage_events_other'), 0)
})

t.test('writers are not stopped while somebody who reads keeps a partition from being dropped', async t => {
  const { partitions, reader, append, count, run } = await setting(t)
  await append('2026-01-01T00:00:00Z', '2026-06-01T00:00:00Z')
  // As a dump does, or a report over everything.
  await reader.query('begin; select count(*) from xwms.usage_events; select count(*) from xwms.request_log')
  const maintained = run('2026-06-01T00:00:00Z')
  let ended = false
  void maintained.then(() => {
    ended = true
  })
  let written = 0
  for (; !ended; written++) await append('2026-06-01T00:00:01Z')
  t.ok(written > 0, `${written} batches were written meanwhile`)
  const report = await maintained
  t.ok(of(report, 'usage_events')?.postponed.includes('usage_events_2026_01'))
  t.strictSame(of(report, 'usage_events')?.dropped, [])
  t.ok((await partitions('usage_events')).includes('usage_events_2026_01'))
  t.equal(await count('usage_events'), written + 2)

  await reader.query('commit')
  const again = await run('2026-06-01T00:00:00Z')
  t.strictSame(of(again, 'usage_events')?.dropped, ['usage_events_2026_01', 'usage_events_2026_02'])
  t.equal(await count('usage_events'), written + 1)
})

t.test('and none fails while partitions come and go', async t => {
  const { storage, append, count, run } = await setting(t)
  async function maintain(): Promise<number> {
    let changes = 0
    for (let month = 0; month < 12; month++) {
      const changed = of(await run(new Date(Date.UTC(2026, month, 15)).toISOString()), 'usage_events')
      changes += (changed?.made.length ?? 0) + (changed?.dropped.length ?? 0)
    }
    return changes
  }
  let changes = 0
  const maintained = maintain().then(count => {
    changes = count
  })
  let written = 0
  for (; changes === 0; written++) await append('2030-01-01T00:00:00Z')
  await maintained
  t.equal(changes, 3 + 11 + 9)
  t.equal(await count('usage_events'), written)
  const [counter] = await storage.usage.counters({ from: new Date(0), to: new Date('2100-01-01') })
  t.equal(counter?.requests, BigInt(written))
})

t.test('what the default partition caught gets a partition of its own', async t => {
  const { admin, partitions, catchIn, count, append, run } = await setting(t)
  await catchIn([
    '2025-01-01T00:00:00Z',
    '2026-05-05T00:00:00Z',
    '2026-06-05T00:00:00Z',
    '2027-01-31T00:00:00Z',
  ])
  const report = await run('2026-06-15T00:00:00Z')
  t.equal(report?.tables.find(({ table }) => table === 'usage_events')?.removed, 1, 'one was too old')
  t.equal(await count('usage_events_other'), 0)
  t.equal(await count('usage_events'), 3)
  t.strictSame(await partitions('usage_events'), [
    'usage_events_2026_05',
    'usage_events_2026_06',
    'usage_events_2026_07',
    'usage_events_2026_08',
    'usage_events_2027_01',
  ])
  await append('2026-06-15T00:00:00Z')
  t.equal(await count('usage_events_2026_06'), 2)

  await t.test('but not while that would keep writers waiting', async t => {
    await admin.query(`insert into xwms.usage_events_other
      select gen_random_uuid(), '2026-09-09Z', 'w', 'c', 'd', 'r', 'live', null, 200, 1, 0, 'caught', '2026-09-01Z'
      from generate_series(1, 10001)`)
    t.ok(of(await run('2026-07-15T00:00:00Z'), 'usage_events')?.postponed.includes('usage_events_2026_09'))
    t.equal(await count('usage_events_other'), 10_001)
    const over = await run('2026-10-01T00:00:00Z')
    t.ok(of(over, 'usage_events')?.made.includes('usage_events_2026_09'))
    t.equal(await count('usage_events_other'), 0)
    t.equal(await count('usage_events_2026_09'), 10_001)
  })
})

t.test('a table that somebody attached under another name is left alone', async t => {
  const { admin, partitions, run } = await setting(t)
  await admin.query(`create table xwms.usage_events_archive partition of xwms.usage_events
    for values from ('2000-01-01Z') to ('2001-01-01Z')`)
  await run('2026-06-15T00:00:00Z')
  t.ok((await partitions('usage_events')).includes('usage_events_archive'))
})

t.test('a program without the rights of the owner maintains the tables all the same', async t => {
  const { admin, append, partitions, run } = await setting(t)
  await append('2026-01-01T00:00:00Z')
  const role = `xwms_program_${process.pid}`
  await admin.query(`create role ${role} login password 'secret'; grant usage on schema xwms to ${role};
    grant select, insert, update, delete on all tables in schema xwms to ${role};
    revoke all on xwms.removals from ${role}`)
  t.teardown(() => admin.query(`drop owned by ${role}; drop role ${role}`))
  const { rows } = await admin.query('select current_database() as name, inet_server_port() as port')
  const url = `postgres://${role}:secret@127.0.0.1:${rows[0].port}/${rows[0].name}`
  const program = postgres(url)
  t.teardown(() => program.close())
  const report = await program.maintenance.run(new Date('2026-06-01T00:00:00Z'), RETENTION)
  t.strictSame(of(report, 'usage_events')?.dropped, ['usage_events_2026_01', 'usage_events_2026_02'])
  t.ok((await partitions('usage_events')).includes('usage_events_2026_06'))
  const march = new Date('2026-03-01T00:00:00Z')
  const compared = { from: new Date('2026-01-01Z'), to: march, eventsSince: new Date(0) }
  t.match(await program.reconciler.compare(compared, 10), { eventsSince: march, differing: 0 })

  await admin.query(`revoke delete on xwms.usage_events from ${role}`)
  await append('2026-03-01T00:00:00Z')
  const direct = await connect(url)
  t.teardown(() => direct.end())
  await t.rejects(
    direct.query(`select xwms.drop_partition('usage_events', '2026-03-01Z')`),
    /right to delete/,
  )
  await t.rejects(
    direct.query(`select xwms.drop_partition('users', '2026-03-01Z')`),
    /no partitions of users/,
  )
  await t.rejects(
    direct.query(`select xwms.record_removal('usage_events', '2026-06-01Z')`),
    /right to delete/,
  )
  await run('2026-06-01T00:00:00Z')
})

t.test('the lock of one database is none of another', async t => {
  const [one, other] = [await setting(t), await setting(t)]
  await one.admin.query(`select pg_advisory_lock(hashtextextended('xwms maintenance', 0))`)
  t.equal(await one.run('2026-06-01T00:00:00Z'), undefined)
  t.ok(await other.run('2026-06-01T00:00:00Z'))
  await one.admin.query(`select pg_advisory_unlock_all()`)
  await eventually(
    () => one.run('2026-06-01T00:00:00Z'),
    report => report !== undefined,
  )
})
