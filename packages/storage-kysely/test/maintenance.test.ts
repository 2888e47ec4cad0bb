import { fixtures } from '@xwms/storage-contract'
import t from 'tap'
import { connect, freshDatabase } from '../../../test/support/database.ts'
import { postgres } from '../src/index.ts'

const { later } = fixtures
const HOUR = 3600
const DAY = 24 * HOUR
const RETENTION = { eventDays: 100, requestLogDays: 5, auditDays: 9 }

/** As a process that runs it every ten hours. */
const HOURS_BETWEEN = 10
/** What a day holds of things that are made every hour and live for one, and what may gather between two runs. */
const LEVEL = 24 + 2 + HOURS_BETWEEN

t.test('tables that are fed steadily stay at a level', async t => {
  const database = await freshDatabase()
  const storage = postgres(database.url)
  const admin = await connect(database.url)
  t.teardown(async () => {
    await admin.end()
    await storage.close()
    await database.drop()
  })
  const client = await fixtures.storedClient(storage, {
    metadata: { backchannel_logout_uri: 'https://shop.example/logout' },
  })
  const workspace = await fixtures.storedWorkspace(storage)
  const count = async (table: string) =>
    Number((await admin.query(`select count(*) from xwms.${table}`)).rows[0].count)

  const long = fixtures.grant(client)
  const lasting = { expiresAt: later(1000 * HOUR), familyExpiresAt: later(1000 * HOUR) }
  const refreshToken = fixtures.refreshToken(long, lasting)
  await storage.tokens.issue({ grant: long, accessToken: fixtures.accessToken(long), refreshToken })

  /** Every kind of thing that comes with requests. */
  async function feed(hour: number): Promise<void> {
    const given = { createdAt: later(hour * HOUR), expiresAt: later((hour + 1) * HOUR) }
    const [session, ended] = [fixtures.session(given), fixtures.session(given)]
    await storage.sessions.create(session)
    await storage.sessions.create(ended)
    await storage.interactions.create(fixtures.interaction(client, given))
    await storage.pushedRequests.create(fixtures.pushedRequest(client, given))
    await storage.deviceCodes.create(fixtures.deviceCode(client, given))
    await storage.codes.create(fixtures.code(client, given))
    await storage.codes.create(fixtures.code(client, { ...given, sid: ended.sid, sub: ended.sub }))
    await storage.sessions.logOut(ended.idHash, given.createdAt)
    await storage.replays.remember(fixtures.hash(), given.expiresAt, given.createdAt)
    const grant = fixtures.grant(client)
    await storage.tokens.issue({
      grant,
      accessToken: fixtures.accessToken(grant, given),
      refreshToken: fixtures.refreshToken(grant, given),
    })
    const window = { windowStart: given.createdAt, windowEnd: given.expiresAt }
    await storage.limits.admit([{ key: 'rate', limit: 10, ...window }])
    await storage.requestLog.append([fixtures.requestLogEntry({ at: given.createdAt })])
    const request = fixtures.meteredRequest({ at: later(hour * DAY) })
    await storage.usage.append(fixtures.usageBatch([request]))
    const at = given.createdAt
    await storage.workspaces.update(workspace, workspace, fixtures.audit({ workspaceId: workspace.id, at }))
  }
  for (let hour = 0; hour < 300; hour++) {
    await feed(hour)
    if (hour % HOURS_BETWEEN === 0) await storage.maintenance.run(later(hour * HOUR), RETENTION)
  }

  const levels: Readonly<Record<string, number>> = {
    sessions: LEVEL,
    interactions: LEVEL,
    pushed_requests: LEVEL,
    device_codes: LEVEL,
    codes: 2 * LEVEL,
    access_tokens: LEVEL,
    refresh_tokens: LEVEL + 1,
    grants: LEVEL + 1,
    logout_deliveries: LEVEL,
    session_clients: LEVEL,
    replays: 2 + HOURS_BETWEEN,
    limit_windows: 2 + HOURS_BETWEEN,
    // Whole days.
    request_log: 6 * 24 + HOURS_BETWEEN,
    audit: 9 * 24 + HOURS_BETWEEN,
  }
  for (const [table, level] of Object.entries(levels)) {
    const rows = await count(table)
    t.ok(rows <= level, `${table} holds ${rows} rows, at most ${level}`)
    if (table !== 'session_clients') t.ok(rows > 0, `${table} holds what has yet to go`)
  }
  t.ok(await storage.tokens.findRefreshToken(refreshToken.hash), 'a grant with a token that lives stays')
})

t.test('a backlog goes in one run, in batches', async t => {
  const database = await freshDatabase()
  const storage = postgres(database.url)
  const admin = await connect(database.url)
  t.teardown(async () => {
    await admin.end()
    await storage.close()
    await database.drop()
  })
  const fill = (from: number, to: number, expiresAt: Date) =>
    admin.query(
      `insert into xwms.replays select sha256(n::text::bytea), $3 from generate_series($1::int, $2::int) as n`,
      [from, to, expiresAt],
    )
  await fill(1, 20_000, later(0))
  await fill(20_001, 20_007, later(HOUR))

  // A row that somebody holds is passed over, and holds up nobody.
  await admin.query(`begin; select from xwms.replays where hash = sha256('1'::bytea) for update`)
  const report = await storage.maintenance.run(later(HOUR), RETENTION)
  t.match(
    report?.tables.find(({ table }) => table === 'replays'),
    { removed: 19_999 },
  )
  await admin.query('commit')
  const again = await storage.maintenance.run(later(HOUR), RETENTION)
  t.match(
    again?.tables.find(({ table }) => table === 'replays'),
    { removed: 1 },
  )
  t.equal((await admin.query('select from xwms.replays')).rows.length, 7)
})
