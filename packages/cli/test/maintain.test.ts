import { join } from 'node:path'
import t from 'tap'
import { connect, freshDatabase } from '../../../test/support/database.ts'
import { json, xwms } from './command.ts'

t.test('maintain removes what is old, and says what', async t => {
  const database = await freshDatabase()
  const admin = await connect(database.url)
  t.teardown(async () => {
    await admin.end()
    await database.drop()
  })
  const env = { DATABASE_URL: database.url }
  const fill = () =>
    admin.query(`insert into xwms.audit (id, at, actor, action, target)
      select n, now() - make_interval(days => n), 'test', 'thing.changed', 'thing' from generate_series(1, 1000) as n`)
  const removed = ({ tables }: { tables: { table: string; removed: number }[] }) =>
    tables.find(({ table }) => table === 'audit')?.removed

  await t.test('by the defaults', async t => {
    await fill()
    const report = await json(['maintain'], env)
    t.match(report, { done: true })
    t.equal(removed(report), 271)
    const { code, stdout, stderr } = await xwms(['maintain'], env)
    t.match({ code, stderr }, { code: 0, stderr: '' })
    t.match(stdout, /^table +removed +parts made +parts dropped +parts postponed +milliseconds\n/)
    t.match(stdout, /^audit +0 /m)
  })

  await t.test("by the application's retention", async t => {
    const directory = t.testdir({ 'options.mjs': `export default { retention: { auditDays: 100 } }` })
    const configured = { ...env, XWMS_CONFIG: join(directory, 'options.mjs') }
    t.equal(removed(await json(['maintain'], configured)), 630)
  })

  await t.test('not while another process does', async t => {
    await admin.query(`select pg_advisory_lock(hashtextextended('xwms maintenance', 0))`)
    t.same(await json(['maintain'], env), { done: false, tables: [] })
    t.match(await xwms(['maintain'], env), {
      code: 0,
      stdout: 'Nothing was done.\n',
      stderr: /Another process/,
    })
  })

  await t.test('a retention that cannot be is refused', async t => {
    const directory = t.testdir({ 'options.mjs': `export default { retention: { eventDays: 30 } }` })
    const { code, stderr } = await xwms(['maintain'], {
      ...env,
      XWMS_CONFIG: join(directory, 'options.mjs'),
    })
    t.match(
      { code, stderr },
      { code: 2, stderr: /^error: retention\.eventDays: must be at least 62[^\n]*\n$/ },
    )
  })
})
