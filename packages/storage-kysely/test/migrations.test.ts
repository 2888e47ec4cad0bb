import { StorageUnavailableError } from '@xwms/core'
import { fixtures } from '@xwms/storage-contract'
import pg from 'pg'
import t from 'tap'
import { emptyDatabase } from '../../../test/support/database.ts'
import { migrate, postgres } from '../src/index.ts'
import { applyMigrations, pending } from '../src/migrate.ts'
import { migrations } from '../src/migrations/index.ts'
import { together } from './programs/together.ts'

const names = migrations.map(({ name }) => name)

/** An empty database and a connection to it, both gone when the test is over. */
async function opened(t: { teardown(end: () => Promise<void>): void }) {
  const database = await emptyDatabase()
  const client = new pg.Client(database.url)
  await client.connect()
  t.teardown(async () => {
    await client.end()
    await database.drop()
  })
  return { url: database.url, client }
}

t.test('every migration is listed under a number of its own, in order', async t => {
  t.strictSame(
    names.map(name => name.slice(0, 4)),
    [...new Set(names.map(name => name.slice(0, 4)))].sort(),
  )
})

t.test('migrating applies what is pending and names it; again, there is nothing left', async t => {
  const { url, client } = await opened(t)
  t.strictSame(await pending(client, 'xwms'), names)
  t.strictSame(await migrate(url), names)
  t.strictSame(await migrate({ connectionString: url }), [])
  t.strictSame(await pending(client, 'xwms'), [])
  const { rows } = await client.query('select name from xwms.migrations order by name')
  t.strictSame(
    rows.map(({ name }) => name),
    names,
  )
})

t.test('processes that migrate at once do it once', async t => {
  const { url } = await opened(t)
  const told = await together<string[]>('migrator.ts', 3, [url])
  t.strictSame(told.flat().sort(), names)
  const storage = postgres(url)
  t.teardown(() => storage.close())
  await t.resolves(storage.ready())
})

t.test('a migration that fails leaves nothing, and those before it stay', async t => {
  const { client } = await opened(t)
  const good = { name: '0001-good', sql: (schema: string) => `create table ${schema}.good (id int)` }
  const bad = {
    name: '0002-bad',
    sql: (schema: string) => `create table ${schema}.half (id int); select nonsense from nowhere`,
  }
  await t.rejects(applyMigrations(client, 'xwms', [good, bad]), {
    constructor: StorageUnavailableError,
    message: /0002-bad failed and left nothing behind: .*nowhere/,
  })
  const { rows } = await client.query(
    `select to_regclass('xwms.good') is not null as good, to_regclass('xwms.half') is not null as half`,
  )
  t.strictSame(rows, [{ good: true, half: false }])
  t.strictSame(await pending(client, 'xwms', [good, bad]), ['0002-bad'])
  const mended = { ...bad, sql: good.sql.bind(null, 'pg_temp') }
  t.strictSame(await applyMigrations(client, 'xwms', [good, mended]), ['0002-bad'])
})

t.test('a database that is newer than the program is fine', async t => {
  const { url, client } = await opened(t)
  await migrate(url)
  await client.query(`insert into xwms.migrations (name) values ('9999-from-the-future')`)
  await client.query('alter table xwms.users add column shoe_size integer default 42')
  t.strictSame(await migrate(url), [])
  const storage = postgres(url)
  t.teardown(() => storage.close())
  await storage.ready()
  const user = fixtures.user()
  await storage.users.create(user, fixtures.audit())
  t.strictSame(await storage.users.find(user.sub), user)
})

t.test('of tables that are older the steps that are missing are named, with what to do', async t => {
  const { url, client } = await opened(t)
  await applyMigrations(client, 'xwms', migrations.slice(0, -2))
  const storage = postgres(url)
  t.teardown(() => storage.close())
  const missing = names.slice(-2).join(', ')
  await t.rejects(storage.ready(), {
    constructor: StorageUnavailableError,
    message: new RegExp(`older than this program: ${missing} are missing\\. Run \`xwms migrate\``),
  })
})

t.test('of an empty database it is said that it has no tables, with what to do', async t => {
  const { url, client } = await opened(t)
  const storage = postgres(url)
  t.teardown(() => storage.close())
  await t.rejects(storage.ready(), {
    constructor: StorageUnavailableError,
    message: /^The database "[^"]+" has no tables yet\. Run `xwms migrate`, or pass `migrate: true`\./,
  })
  await t.rejects(storage.users.find('1'), {
    constructor: StorageUnavailableError,
    message: /Run `xwms migrate`/,
  })
  await migrate(url)
  await client.query(`delete from xwms.migrations where name = $1`, [names.at(-1)])
  await t.rejects(storage.ready(), { message: new RegExp(`: ${names.at(-1)} is missing`) })
})

t.test('with migrate: true, ready() migrates; a schema of another name holds its own tables', async t => {
  const { url } = await opened(t)
  const storages = ['xwms', 'other'].map(schema => postgres({ connectionString: url, schema, migrate: true }))
  t.teardown(() => Promise.all(storages.map(storage => storage.close())).then(() => {}))
  for (const storage of storages) await storage.ready()
  const [one, two] = storages as [(typeof storages)[0], (typeof storages)[0]]
  const client = await fixtures.storedClient(one)
  t.strictSame(await one.clients.find(client.id), client)
  t.equal(await two.clients.find(client.id), undefined)
  await one.usage.append(fixtures.usageBatch([fixtures.meteredRequest()]))
  t.strictSame((await two.usage.events({ from: new Date(0), to: new Date() }, 10)).length, 0)
})

t.test('limits that were set on the command line are known to be the operator’s', async t => {
  const { url, client } = await opened(t)
  const position = migrations.findIndex(({ name }) => name === '0022-operator-limits')
  await applyMigrations(client, 'xwms', migrations.slice(0, position))
  await client.query(`
    insert into xwms.workspaces (id, name, plan, plan_status, created_at)
      values ('ws_old', 'Old', 'basic', 'active', now());
    insert into xwms.clients (id, workspace_id, name, type, profile, source, enabled, links_secrets_to_domains, require_pkce,
        grant_types, scopes, redirect_uris, metadata, created_at, updated_at, rate_limit, rate_limit_set_by, rate_limit_set_at)
      select id, 'ws_old', id, 'public', 'openid', 'managed', true, false, true, '{}', '{}', '{}', '{}', now(), now(),
        rate_limit, set_by, '2026-03-01Z'
      from (values ('of_cli', '{"requests":5,"windowSeconds":60}'::json, 'cli'), ('of_owner', '{"requests":5,"windowSeconds":60}', '4711'),
        ('unknown', '{"requests":5,"windowSeconds":60}', null), ('none', null, null)) as old (id, rate_limit, set_by)`)
  await migrate(url)
  const storage = postgres(url)
  t.teardown(() => storage.close())
  const rateLimit = { requests: 5, windowSeconds: 60 }
  t.match(await storage.clients.find('of_cli'), {
    rateLimit,
    operatorRateLimit: rateLimit,
    operatorRateLimitSetBy: 'cli',
    operatorRateLimitSetAt: new Date('2026-03-01Z'),
  })
  const nobodys = { operatorRateLimit: undefined, operatorRateLimitSetBy: undefined }
  for (const id of ['of_owner', 'unknown'])
    t.match(await storage.clients.find(id), { rateLimit, ...nobodys }, id)
  t.match(await storage.clients.find('none'), { rateLimit: undefined, ...nobodys })
})
