import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fixtures } from '@xwms/storage-contract'
import t, { type Test } from 'tap'
import { connect, freshDatabase } from '../../../test/support/database.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { postgres } from '../src/index.ts'

const SESSIONS = 6000
const RETENTION = { eventDays: 400, requestLogDays: 30, auditDays: 730 }
const DAYS_LATER = fixtures.later(10 * 86_400)

t.test('of several processes one maintains the database', async t => {
  const database = await freshDatabase()
  const storage = postgres(database.url)
  const admin = await connect(database.url)
  const holder = await connect(database.url)
  t.teardown(async () => {
    await admin.end()
    await holder.end()
    await storage.close()
    await database.drop()
  })
  const fill = () =>
    admin.query(
      `insert into xwms.sessions (id_hash, sid, sub, authenticated_at, amr, created_at, expires_at, ip, user_agent)
      select n, n, '1', $1, '{}', $1, $1, '::1', '' from generate_series(1, $2::int) as n`,
      [fixtures.now, SESSIONS],
    )
  const left = async () => Number((await admin.query('select count(*) from xwms.sessions')).rows[0].count)
  /** Whoever maintains comes to a stop at this, holding the lock of the maintenance. */
  const hold = () => holder.query('begin; lock table xwms.sessions in access exclusive mode')
  const held = () =>
    eventually(
      async () =>
        (
          await admin.query(`select from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock' and query like 'delete%sessions%'`)
        ).rows.length,
      waiting => waiting === 1,
    )
  async function maintainer(t: Test): Promise<ChildProcess> {
    const program = new URL('programs/maintainer.ts', import.meta.url)
    const child = fork(program, [database.url, DAYS_LATER.toISOString()])
    t.teardown(() => child.kill('SIGKILL'))
    await once(child, 'message')
    return child
  }
  const told = async (child: ChildProcess): Promise<unknown> => (await once(child, 'message'))[0]

  await t.test('the others leave it alone meanwhile', async t => {
    await fill()
    await hold()
    const children = await Promise.all([maintainer(t), maintainer(t), maintainer(t)])
    const answers: unknown[] = []
    const all = Promise.all(children.map(async child => void answers.push(await told(child))))
    for (const child of children) child.send('go')
    await held()
    await eventually(
      async () => answers.length,
      count => count === 2,
    )
    t.strictSame(answers, ['another', 'another'])
    await holder.query('commit')
    await all
    t.equal(answers[2], SESSIONS)
    t.equal(await left(), 0)
  })

  await t.test('one that is killed at it is followed by another', async t => {
    await fill()
    await hold()
    const child = await maintainer(t)
    child.send('go')
    await held()
    t.equal(await storage.maintenance.run(DAYS_LATER, RETENTION), undefined)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await holder.query('commit')
    await eventually(
      () => storage.maintenance.run(DAYS_LATER, RETENTION),
      report => report !== undefined,
    )
    t.equal(await left(), 0)
  })
})
