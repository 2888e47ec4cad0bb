import { fixtures } from '@xwms/storage-contract'
import pg from 'pg'
import t from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { postgres } from '../src/index.ts'

const { later } = fixtures
const HOUR = 3600

/** What a day's retention holds of things that are made every hour, and what may gather between two sweeps. */
const LEVEL = 24 + 2 + 100

t.test('tables do not grow for ever', async t => {
  const database = await freshDatabase()
  const storage = postgres(database.url)
  const admin = new pg.Client(database.url)
  await admin.connect()
  t.teardown(async () => {
    await admin.end()
    await storage.close()
    await database.drop()
  })
  const client = await fixtures.storedClient(storage)
  const count = async (table: string) =>
    Number((await admin.query(`select count(*) from xwms.${table}`)).rows[0].count)
  const levels = async (t: { ok(value: unknown, message: string): void }, table: string, most = LEVEL) => {
    let rows = await count(table)
    // The last sweep may have begun a moment ago, and nobody waits for it but this.
    for (const end = Date.now() + 1000; rows > most && Date.now() < end; ) rows = await count(table)
    t.ok(rows > 0 && rows <= most, `${table} holds ${rows} rows, at most ${most}`)
  }

  await t.test('sessions, interactions and codes', async t => {
    for (let hour = 0; hour < 400; hour++) {
      const given = { createdAt: later(hour * HOUR), expiresAt: later((hour + 1) * HOUR) }
      await storage.sessions.create(fixtures.session(given))
      await storage.interactions.create(fixtures.interaction(client, given))
      await storage.codes.create(fixtures.code(client, given))
    }
    for (const table of ['sessions', 'interactions', 'codes']) await levels(t, table)
  })

  await t.test('tokens, and with the last of them their grants', async t => {
    const long = fixtures.grant(client)
    const refreshToken = fixtures.refreshToken(long, {
      expiresAt: later(1000 * HOUR),
      familyExpiresAt: later(1000 * HOUR),
    })
    await storage.tokens.issue({ grant: long, accessToken: fixtures.accessToken(long), refreshToken })
    for (let hour = 0; hour < 400; hour++) {
      const grant = fixtures.grant(client)
      const given = { createdAt: later(hour * HOUR), expiresAt: later((hour + 1) * HOUR) }
      const accessToken = fixtures.accessToken(grant, given)
      await storage.tokens.issue({
        grant,
        accessToken,
        refreshToken: fixtures.refreshToken(grant, given),
      })
    }
    for (const table of ['access_tokens', 'refresh_tokens', 'grants']) await levels(t, table, LEVEL + 1)
    t.ok(await storage.tokens.findRefreshToken(refreshToken.hash), 'a grant with a token that lives stays')
  })

  await t.test('the windows of limits', async t => {
    for (let hour = 0; hour < 400; hour++) {
      const window = { windowStart: later(hour * HOUR), windowEnd: later((hour + 1) * HOUR) }
      await storage.limits.admit([{ key: 'rate', limit: 10, ...window }])
    }
    await levels(t, 'limit_windows')
  })
})
