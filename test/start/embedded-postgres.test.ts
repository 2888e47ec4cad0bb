import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import t from 'tap'
import { startEmbeddedPostgres } from '../../examples/embedded-postgres/server.ts'
import { dataDirectory } from './data-directory.ts'

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

t.test('what was written is there after a stop and a start', async t => {
  const directory = await dataDirectory(t)
  const first = await startEmbeddedPostgres({ directory, settings: { max_connections: '7' } })
  t.teardown(() => first.stop())
  t.same(await ask(first.url, 'show max_connections'), [{ max_connections: '7' }])
  t.same(await ask(first.url, 'show listen_addresses'), [{ listen_addresses: '127.0.0.1' }])
  await t.rejects(ask(first.url.replace(/:[^:@]+@/, ':guess@'), 'select'), { code: '28P01' })
  await ask(first.url, 'create table kept as select 1 as one')
  await Promise.all([first.stop(), first.stop(), first.ended])

  // As after a power cut: the file is still there, and its number belongs to somebody else now.
  const lock = join(directory, 'postgres', 'data', 'postmaster.pid')
  await writeFile(lock, `${process.pid}\n${directory}\n1700000000\n1\n\n127.0.0.1\n`)
  const second = await startEmbeddedPostgres({ directory })
  t.teardown(() => second.stop())
  t.same(await ask(second.url, 'select one from kept'), [{ one: 1 }])
})

t.test('a start that is called off leaves nothing behind', async t => {
  const directory = await dataDirectory(t)
  const controller = new AbortController()
  const start = startEmbeddedPostgres({
    directory,
    signal: controller.signal,
    onInitialise: () => setTimeout(() => controller.abort(), 100),
  })
  await t.rejects(start, { name: 'AbortError' })
  t.same(await readdir(directory), [])
})
