import { ConfigurationError } from '@xwms/core'
import pg from 'pg'
import t from 'tap'
import { type PostgresOptions, postgres } from '../src/index.ts'

function problems(options: PostgresOptions | string | undefined): readonly string[] {
  try {
    postgres(options)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
  }
  return []
}

t.test('no database at all names the variable that people forget', async t => {
  for (const nothing of [undefined, '', {}]) t.match(problems(nothing), [/DATABASE_URL/])
})

t.test('every problem is reported at once', async t => {
  const pool = new pg.Pool()
  t.teardown(() => pool.end())
  const options = {
    connectionString: 'postgres://localhost/x',
    pool,
    schema: 'No; drop',
    maxConnections: 0,
    statementTimeoutMs: -1,
    conectionString: 'x',
  }
  t.match(problems(options), [
    /no option "conectionString"/,
    /exclude each other/,
    /Give your own/,
    /"schema"/,
    /"maxConnections"/,
    /"statementTimeoutMs"/,
  ])
})

t.test('a pool and whether to migrate are what they say', async t => {
  const connectionString = 'postgres://localhost/x'
  const table: [options: object, problem: RegExp][] = [
    [{ pool: 5 }, /"pool" must be a pool of pg/],
    [{ pool: { connect: () => {} } }, /"pool" must be a pool of pg/],
    [{ connectionString, migrate: 'x' }, /"migrate" must be true or false/],
    [{ connectionString, migrate: 1 }, /"migrate" must be true or false/],
  ]
  for (const [options, problem] of table) {
    const found = problems(options)
    t.equal(found.length, 1, JSON.stringify(options))
    t.match(found, [problem])
  }
})

t.test('a connection string that cannot be read is refused without being quoted', async t => {
  const [problem = ''] = problems('postgres://user:secret word@host:notaport/db')
  t.match(problem, /cannot be read/)
  t.notMatch(problem, /secret/)
})

t.test('a URL of another database is refused, without being quoted', t => {
  for (const scheme of ['mysql', 'http', 'mongodb+srv', 'postgress'])
    t.strictSame(problems(`${scheme}://user:secret@host/db`), [
      'storage: the connection string (DATABASE_URL) must begin with postgres:// or postgresql://.',
    ])
  for (const url of [
    'postgres://host/db',
    'postgresql://host/db',
    'POSTGRES://host/db',
    'socket:///run?db=x',
  ])
    t.strictSame(problems(url), [], url)
  t.end()
})

t.test('good options connect to nothing yet', async t => {
  const storage = postgres({ connectionString: 'postgres://user:p%40ss@192.0.2.1/db', schema: 'sso' })
  t.equal(storage.durable, true)
  t.equal(storage.changes.isListening(), false)
  await storage.close()
})
