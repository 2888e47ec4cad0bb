import { once } from 'node:events'
import type { Change } from '@xwms/core'
import { fixtures } from '@xwms/storage-contract'
import pg from 'pg'
import t from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { postgres } from '../src/index.ts'

/** Ends every connection that waits for notices, as a restart or a failover would. */
const END_LISTENERS = `select pg_terminate_backend(pid) from pg_stat_activity
  where query like 'listen%' and datname = current_database() and pid <> pg_backend_pid()`

t.test('change notices over LISTEN', async t => {
  const database = await freshDatabase()
  const admin = new pg.Client(database.url)
  await admin.connect()
  const storage = postgres(database.url)
  const elsewhere = postgres(database.url)
  t.teardown(async () => {
    await admin.end()
    await storage.close()
    await elsewhere.close()
    await database.drop()
  })

  t.equal(storage.changes.isListening(), false, 'nothing connects before somebody wants to hear')
  await storage.ready()
  t.equal(storage.changes.isListening(), false)

  const heard: Change[] = []
  const news = new EventTarget()
  storage.changes.subscribe(change => {
    heard.push(change)
    news.dispatchEvent(new Event(change.kind))
  })
  await storage.ready()
  t.equal(storage.changes.isListening(), true)

  await t.test('after a lost connection it reconnects and says that everything may have changed', async t => {
    const stored = once(news, 'client')
    const client = await fixtures.storedClient(elsewhere)
    await stored
    heard.length = 0
    const everything = once(news, 'everything')
    await admin.query(END_LISTENERS)
    // The end of a connection comes a moment after the order to end it.
    while (storage.changes.isListening()) await new Promise(setImmediate)
    t.equal(storage.changes.isListening(), false, 'and says so meanwhile')

    await storage.clients.update(client, { ...client, name: 'own' }, fixtures.audit())
    await Promise.resolve()
    t.strictSame(heard, [{ kind: 'client', clientId: client.id }], 'its own changes reach it all the same')

    await everything
    t.equal(storage.changes.isListening(), true)
    heard.length = 0
    const notice = once(news, 'client')
    await elsewhere.clients.update({ ...client, name: 'own' }, { ...client, name: 'other' }, fixtures.audit())
    await notice
    t.strictSame(heard, [{ kind: 'client', clientId: client.id }])
  })

  await t.test("a change made by a person's own SQL is heard too", async t => {
    const client = await fixtures.storedClient(storage)
    await storage.clients.addSecret(fixtures.secret(client), undefined, fixtures.audit())
    // Notices of the lines above have yet to come; the one of the deletion is the last.
    const last = new Promise<void>(resolve => {
      const stop = storage.changes.subscribe(change => {
        if (change.kind !== 'client' || change.clientId !== 'sql') return
        stop()
        resolve()
      })
    })
    await admin.query('update xwms.secrets set revoked_at = now() where client_id = $1', [client.id])
    await admin.query(`insert into xwms.clients select (jsonb_populate_record(client, '{"id": "sql"}')).*
      from xwms.clients as client where id = '${client.id}'`)
    await t.resolves(last)
    t.ok(heard.some(change => change.kind === 'client' && change.clientId === client.id))
  })

  await t.test('a change that is rolled back is not told of', async t => {
    const client = await fixtures.storedClient(elsewhere)
    const marker = await fixtures.storedClient(elsewhere)
    const told = new Promise<string[]>(resolve => {
      const names: string[] = []
      const stop = storage.changes.subscribe(change => {
        if (change.kind === 'client') names.push(change.clientId)
        if (names.filter(name => name === marker.id).length < 2) return
        stop()
        resolve(names)
      })
    })
    await admin.query('begin')
    await admin.query('update xwms.clients set enabled = false where id = $1', [client.id])
    await admin.query('rollback')
    await elsewhere.clients.update(marker, marker, fixtures.audit())
    await elsewhere.clients.update(marker, marker, fixtures.audit())
    t.equal((await told).filter(name => name === client.id).length <= 1, true, 'only its creation')
  })

  await t.test('with the last subscription the connection goes', async t => {
    const { rows: before } = await admin.query(`select from pg_stat_activity where query like 'listen%'
      and datname = current_database()`)
    const other = postgres(database.url)
    const stop = other.changes.subscribe(() => {})
    await other.ready()
    t.equal(other.changes.isListening(), true)
    stop()
    t.equal(other.changes.isListening(), false)
    await other.close()
    const count = async () =>
      (
        await admin.query(`select from pg_stat_activity where query like 'listen%'
          and datname = current_database()`)
      ).rows.length
    while ((await count()) > before.length) await new Promise(setImmediate)
    t.pass('gone')
  })
})
