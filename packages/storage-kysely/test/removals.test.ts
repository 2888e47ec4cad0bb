import { monthAfter, type RetentionDays } from '@xwms/core'
import { fixtures } from '@xwms/storage-contract'
import pg from 'pg'
import t, { type Test } from 'tap'
import { emptyDatabase } from '../../../test/support/database.ts'
import { migrate, postgres } from '../src/index.ts'
import { applyMigrations } from '../src/migrate.ts'
import { migrations } from '../src/migrations/index.ts'

const RETENTION: RetentionDays = { eventDays: 62, requestLogDays: 3, auditDays: 10 }
const EVER = new Date(0)
const [JANUARY, JUNE] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-06-01T00:00:00Z')]
const FEBRUARY = monthAfter(JANUARY)

/** @param steps so many of the migrations were applied; by default all */
async function setting(t: Pick<Test, 'teardown'>, steps?: number) {
  const database = await emptyDatabase()
  const admin = new pg.Client(database.url)
  await admin.connect()
  await applyMigrations(admin, 'xwms', migrations.slice(0, steps))
  const storage = postgres(database.url)
  t.teardown(async () => {
    await admin.end()
    await storage.close()
    await database.drop()
  })
  return {
    admin,
    url: database.url,
    append: (...times: string[]) =>
      storage.usage.append(
        fixtures.usageBatch(times.map(at => fixtures.meteredRequest({ at: new Date(at) }))),
      ),
    /** Moves every event to the default partition, where those are of which nobody has made a partition in time. */
    catchAll: async () => {
      await admin.query('create table kept as select * from xwms.usage_events')
      const { rows } = await admin.query(
        `select inhrelid::regclass::text as name from pg_inherits
         where inhparent = 'xwms.usage_events'::regclass and inhrelid <> 'xwms.usage_events_other'::regclass`,
      )
      for (const { name } of rows) await admin.query(`drop table ${name}`)
      await admin.query('insert into xwms.usage_events_other select * from kept; drop table kept')
    },
    maintain: (now: Date) => storage.maintenance.run(now, RETENTION),
    compare: () =>
      storage.reconciler.compare({ from: JANUARY, to: new Date('2026-12-01Z'), eventsSince: EVER }, 10),
  }
}

t.test(
  'events of dropped partitions are known to be gone, and one that comes late brings none back',
  async t => {
    const { append, maintain, compare } = await setting(t)
    await append('2026-01-31T23:59:59.999Z', '2026-02-01T00:00:00Z')
    t.match(await compare(), { eventsSince: EVER, events: 2n, counted: 2n, differing: 0 })
    await maintain(new Date('2026-04-04T00:00:00Z'))
    const since = { eventsSince: FEBRUARY, events: 1n, counted: 1n, differing: 0, differences: [] }
    t.match(await compare(), since)
    await append('2026-01-31T00:00:00Z')
    t.match(await compare(), since)
    await maintain(new Date('2026-04-04T00:00:00Z'))
    t.match(await compare(), since)
  },
)

t.test('so are single ones that the default partition had caught', async t => {
  const { append, catchAll, maintain, compare } = await setting(t)
  await append('2026-03-30T22:59:59Z', '2026-03-30T23:30:00Z', '2026-03-31T00:00:00Z')
  await catchAll()
  await maintain(new Date('2026-05-31T23:30:00Z'))
  const hour = new Date('2026-03-30T23:00:00Z')
  t.match(await compare(), { eventsSince: hour, events: 2n, counted: 2n, differing: 0 })
})

t.test('what could not be dropped is not said to be gone', async t => {
  const { url, append, maintain, compare } = await setting(t)
  await append('2026-01-01T00:00:00Z')
  const reader = new pg.Client(url)
  await reader.connect()
  t.teardown(() => reader.end())
  await reader.query('begin; select count(*) from xwms.usage_events')
  await maintain(JUNE)
  t.match(await compare(), { eventsSince: EVER, events: 1n, counted: 1n, differing: 0 })
  await reader.query('commit')
  await maintain(JUNE)
  t.match(await compare(), { eventsSince: new Date('2026-03-01T00:00:00Z'), events: 0n, differing: 0 })
})

t.test('a comparison sees the events of before a removal, or knows of it', async t => {
  const { append, maintain, compare } = await setting(t)
  for (let month = 0; month < 9; month++) {
    await append(new Date(Date.UTC(2026, month, 5)).toISOString())
    const maintained = maintain(new Date(Date.UTC(2026, month + 4, 1)))
    const compared = await Promise.all([compare(), compare(), compare()])
    await maintained
    for (const { differences } of compared) t.strictSame(differences, [])
  }
  t.match(await compare(), { eventsSince: new Date('2026-11-01T00:00:00Z'), events: 0n, differing: 0 })
})

t.test('databases of before', async t => {
  const steps = migrations.findIndex(({ name }) => name.endsWith('-removals'))

  await t.test('say that events from before their oldest partition are gone', async t => {
    const { admin, url, append, compare } = await setting(t, steps)
    await append('2026-01-05T00:00:00Z', '2026-02-05T00:00:00Z')
    await admin.query(`select xwms.drop_partition('usage_events', '2026-01-05Z')`)
    await migrate(url)
    t.match(await compare(), { eventsSince: FEBRUARY, events: 1n, counted: 1n, differing: 0 })
  })

  await t.test('and nothing where there never were any', async t => {
    const { url, append, compare } = await setting(t, steps)
    await append('2026-02-05T00:00:00Z')
    await migrate(url)
    await append('2026-01-05T00:00:00Z')
    t.match(await compare(), { eventsSince: EVER, events: 2n, counted: 2n, differing: 0 })
  })

  await t.test('or no events at all', async t => {
    const { url, compare } = await setting(t, steps)
    await migrate(url)
    t.match(await compare(), { eventsSince: EVER, events: 0n, differing: 0 })
  })
})
