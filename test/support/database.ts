import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { migrate } from '@xwms/storage-kysely'
import pg from 'pg'

/** A database of one test file's own. */
export interface TestDatabase {
  readonly url: string
  /** Removes it, whoever may still be connected. */
  drop(): Promise<void>
}

/** The server that the test runner started, or the one that DATABASE_URL names. */
function serverUrl(): string {
  const url = process.env.XWMS_TEST_DATABASE_URL ?? process.env.DATABASE_URL
  if (!url) throw new Error('These tests need PostgreSQL: run them through `npm test`, or set DATABASE_URL.')
  return url
}

function urlOf(database: string): string {
  const url = new URL(serverUrl())
  url.pathname = `/${database}`
  return url.href
}

async function onServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(serverUrl())
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const migrations = new URL('../../packages/storage-kysely/src/migrations/', import.meta.url)

/** Named for what the migrations say, so that a template of other migrations is never taken for this one. */
function templateName(): string {
  const digest = createHash('sha256')
  for (const file of readdirSync(migrations).sort())
    digest.update(file).update(readFileSync(new URL(file, migrations)))
  return `xwms_template_${digest.digest('hex').slice(0, 12)}`
}

async function create(template: string): Promise<TestDatabase> {
  const name = `xwms_test_${randomBytes(6).toString('hex')}`
  await onServer(client => client.query(`create database ${name} template ${template}`))
  return {
    url: urlOf(name),
    async drop() {
      await onServer(client => client.query(`drop database if exists ${name} with (force)`))
    },
  }
}

/** An empty database, without any table. */
export async function emptyDatabase(): Promise<TestDatabase> {
  return await create('template0')
}

/** Makes the migrated template once for all test processes; whoever comes second waits for it. */
async function ensureTemplate(): Promise<string> {
  const name = templateName()
  await onServer(async client => {
    // The session's end gives the lock back.
    await client.query(`select pg_advisory_lock(hashtextextended($1, 0))`, [name])
    const { rows } = await client.query('select from pg_database where datname = $1', [name])
    if (rows.length > 0) return
    // Under another name until it is complete, so that a run that was interrupted leaves no half template.
    await client.query(`drop database if exists ${name}_unfinished with (force)`)
    await client.query(`create database ${name}_unfinished template template0`)
    await migrate(urlOf(`${name}_unfinished`))
    await client.query(`alter database ${name}_unfinished rename to ${name}`)
  })
  return name
}

let template: Promise<string> | undefined

/** A connection of a test's own, beside what it tests. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  return client
}

/** A database with every table and no row: a clone of a template, in some milliseconds. */
export async function freshDatabase(): Promise<TestDatabase> {
  template ??= ensureTemplate()
  return await create(await template)
}
