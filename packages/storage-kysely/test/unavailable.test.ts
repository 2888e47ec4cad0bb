import { createServer } from 'node:net'
import { StorageUnavailableError } from '@xwms/core'
import { fixtures } from '@xwms/storage-contract'
import pg from 'pg'
import t, { type Test } from 'tap'
import { emptyDatabase, freshDatabase } from '../../../test/support/database.ts'
import { migrate, postgres } from '../src/index.ts'
import { explained } from '../src/unavailable.ts'

const PASSWORD = 'a-very-secret-password'

/** All that an error says, its causes included. */
function everyWord(error: unknown): string {
  return error instanceof Error
    ? `${error.message}\n${error.stack}\n${everyWord(error.cause)}`
    : String(error)
}

/** The sentence that every way to use the storage answers with; fails when the password is in it. */
async function sentence(t: Test, url: string): Promise<string> {
  const storage = postgres(url)
  const stop = storage.changes.subscribe(() => {})
  const errors = await Promise.all(
    [storage.ready(), storage.users.find('1'), storage.codes.consume('x', new Date()), migrate(url)].map(
      use =>
        use.then(
          () => t.fail('the storage could be used'),
          (error: unknown) => error,
        ),
    ),
  )
  stop()
  await storage.close()
  for (const error of errors) {
    t.ok(error instanceof StorageUnavailableError)
    t.notMatch(everyWord(error), PASSWORD)
  }
  return errors[0] instanceof Error ? errors[0].message : ''
}

t.test('a server that is not there', async t => {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => probe.once('listening', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise(resolve => probe.close(resolve))
  t.equal(
    await sentence(t, `postgres://somebody:${PASSWORD}@127.0.0.1:${port}/shop`),
    `No PostgreSQL answers at 127.0.0.1:${port}. Start it, or correct the connection string (DATABASE_URL).`,
  )
})

t.test('a database that is not there', async t => {
  const database = await emptyDatabase()
  await database.drop()
  const name = new URL(database.url).pathname.slice(1)
  t.match(await sentence(t, database.url), `has no database "${name}". Create it: createdb ${name}`)
})

t.test('a user whom the server refuses', async t => {
  const database = await emptyDatabase()
  t.teardown(() => database.drop())
  const url = new URL(database.url)
  url.username = 'nobody_of_that_name'
  url.password = PASSWORD
  t.match(await sentence(t, url.href), 'refused the user "nobody_of_that_name"')
})

t.test('what PostgreSQL and pg say is turned into what to do', async t => {
  const target = { user: 'u', host: 'h', port: 5432, database: 'd' }
  const cases: [string, string, RegExp][] = [
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND h', /host "h" .* not known/],
    ['ETIMEDOUT', 'connect ETIMEDOUT', /did not answer in time/],
    ['ECONNRESET', 'read ECONNRESET', /broke/],
    ['53300', 'too many clients', /maxConnections/],
    ['53100', 'could not extend file: No space left on device', /no room left on its disk: could not extend/],
    ['53200', 'out of memory', /cannot go on: out of memory/],
    ['58030', 'could not read block 7', /cannot go on: could not read block 7/],
    ['25006', 'read-only transaction', /primary/],
    ['42501', 'permission denied for table users', /Grant them/],
    ['42P01', 'relation "xwms.users" does not exist', /Run `xwms migrate`/],
    ['57014', 'canceling statement due to statement timeout', /statementTimeoutMs/],
    ['57P01', 'terminating connection', /ended: terminating connection/],
    ['08006', 'connection failure', /ended: connection failure/],
    ['', 'timeout exceeded when trying to connect', /maxConnections/],
    ['', 'Connection terminated unexpectedly', /broke/],
    ['', 'Cannot use a pool after calling end on the pool', /closed/],
  ]
  for (const [code, message, expected] of cases) {
    const error = explained(Object.assign(new Error(message), code ? { code } : {}), target)
    t.ok(error instanceof StorageUnavailableError, `${code} ${message}`)
    t.match(everyWord(error), expected)
  }
  const mistake = Object.assign(new Error('duplicate key'), { code: '23505' })
  t.equal(explained(mistake, target), mistake, 'a mistake of ours stays what it is')
})

t.test('connections that die', async t => {
  const database = await freshDatabase()
  const storage = postgres(database.url)
  const admin = new pg.Client(database.url)
  await admin.connect()
  t.teardown(async () => {
    await admin.end()
    await storage.close()
    await database.drop()
  })
  const endAll = () =>
    admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`)

  await t.test('while nobody uses them cost nothing', async t => {
    const user = fixtures.user()
    await storage.users.create(user, fixtures.audit())
    await endAll()
    // The pool hears of it in its own time; a query that comes sooner is told to try again.
    const find = (): Promise<unknown> =>
      storage.users.find(user.sub).catch(error => {
        t.ok(error instanceof StorageUnavailableError)
        return find()
      })
    t.strictSame(await find(), user)
  })

  await t.test('in the middle of a change undo it, and say so', async t => {
    const workspace = await fixtures.storedWorkspace(storage)
    await admin.query('begin')
    await admin.query('select from xwms.workspaces where id = $1 for update', [workspace.id])
    const client = fixtures.client(workspace)
    const waiting = storage.clients.create(client, 1, fixtures.audit())
    const rejected = t.rejects(waiting, { constructor: StorageUnavailableError, message: /Try again/ })
    const blocked = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
    while ((await admin.query(blocked)).rows.length === 0) await new Promise(setImmediate)
    await endAll()
    await rejected
    await admin.query('rollback')
    t.equal(await storage.clients.find(client.id), undefined)
    t.strictSame(await storage.clients.create(client, 1, fixtures.audit()), { outcome: 'created' })
  })

  await t.test('a pool that belongs to the application stays open', async t => {
    const pool = new pg.Pool({ connectionString: database.url, max: 2 })
    t.teardown(() => pool.end())
    const guest = postgres({ pool })
    const stop = guest.changes.subscribe(() => {})
    await guest.ready()
    t.equal(guest.changes.isListening(), true)
    stop()
    await guest.close()
    t.equal((await pool.query('select 1 as one')).rows[0].one, 1)
  })

  await t.test('a storage that was closed says so', async t => {
    const closed = postgres(database.url)
    await closed.close()
    await closed.close()
    await t.rejects(closed.users.find('1'), { constructor: StorageUnavailableError, message: /closed/ })
  })
})

t.test(
  'a database with settings that cannot be worked with says each, and the statement that mends it',
  async t => {
    const database = await freshDatabase()
    t.teardown(database.drop)
    const name = new URL(database.url).pathname.slice(1)
    const admin = new pg.Client(database.url)
    await admin.connect()
    t.teardown(() => admin.end())
    const table: [setting: string, value: string, says: string][] = [
      ['datestyle', "'German, DMY'", 'datestyle is "German, DMY", and has to be "ISO"'],
      ['datestyle', "'SQL, MDY'", 'datestyle is "SQL, MDY", and has to be "ISO"'],
      [
        'default_transaction_isolation',
        "'serializable'",
        'isolation is "serializable", and has to be "read committed"',
      ],
      ['default_transaction_isolation', "'repeatable read'", 'isolation is "repeatable read", and has to be'],
    ]
    const error = async () => {
      const storage = postgres(database.url)
      const problem = await storage.ready().then(
        () => undefined,
        (problem: unknown) => problem,
      )
      await storage.close()
      return problem
    }
    for (const [setting, value, says] of table) {
      await admin.query(`alter database ${name} set ${setting} = ${value}`)
      const problem = await error()
      t.ok(problem instanceof StorageUnavailableError)
      const { message } = problem as Error
      t.match(message, says)
      t.equal(message.split('\n').length, 2, message)
      await admin.query(message.split('Run: ')[1] ?? '')
      t.equal(await error(), undefined, `${setting} is mended`)
      await admin.query(`alter role current_user in database ${name} reset all`)
      await admin.query(`alter database ${name} reset all`)
    }
    for (const [setting, value] of [table[0], table[2]] as typeof table)
      await admin.query(`alter database ${name} set ${setting} = ${value}`)
    t.match(String(await error()), /datestyle is[\s\S]*isolation is/, 'all at once')
  },
)

t.test('what an application makes of types for its whole process is none of this storage', async t => {
  const database = await freshDatabase()
  t.teardown(database.drop)
  const types = [1184, 1114, 114, 3802, 20, 16, 23, 1185, 1009]
  const before = types.map(type => pg.types.getTypeParser(type))
  t.teardown(() => {
    for (const [index, type] of types.entries()) pg.types.setTypeParser(type, before[index] as never)
  })
  for (const type of types) pg.types.setTypeParser(type, text => `text: ${text}`)
  const storage = postgres(database.url)
  t.teardown(() => storage.close())
  await storage.ready()
  const now = new Date('2026-11-28T12:00:00Z')
  const user = fixtures.user({ createdAt: now })
  await storage.users.create(user, fixtures.audit())
  t.same(await storage.users.find(user.sub), user)
  const query = { from: new Date('2026-11-01T00:00:00Z'), to: new Date('2026-12-01T00:00:00Z') }
  t.same(await storage.usage.counters(query), [])

  const pool = new pg.Pool({ connectionString: database.url })
  t.teardown(() => pool.end())
  const withPool = postgres({ pool })
  t.teardown(() => withPool.close())
  await t.rejects(withPool.ready(), { message: /the pool that was given makes something else of timestamps/ })
})
