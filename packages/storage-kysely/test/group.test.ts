import { StorageUnavailableError } from '@xwms/core'
import { fixtures } from '@xwms/storage-contract'
import pg from 'pg'
import t from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { postgres } from '../src/index.ts'

const { now } = fixtures

t.test('calls that share a statement', async t => {
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
  const other = await fixtures.storedClient(storage)

  function issueFor(of: typeof client) {
    const grant = fixtures.grant(of)
    return { grant, accessToken: fixtures.accessToken(grant), refreshToken: fixtures.refreshToken(grant) }
  }
  const isStored = async ({ accessToken }: ReturnType<typeof issueFor>) =>
    (await storage.tokens.findAccessToken(accessToken.hash, now)) !== undefined
  /** The transactions that have been committed, once the server has counted them. */
  async function commits(): Promise<number> {
    const { rows } = await admin.query(
      'select pg_stat_force_next_flush(), xact_commit from pg_stat_database where datname = current_database()',
    )
    return Number(rows[0].xact_commit)
  }

  await t.test('are a few transactions', async t => {
    const issues = Array.from({ length: 200 }, () => issueFor(client))
    await Promise.all(issues.map(issue => storage.tokens.issue(issue)))
    const before = await commits()
    await Promise.all(issues.map(() => storage.tokens.issue(issueFor(client))))
    t.ok((await commits()) - before < 50)
    t.equal((await Promise.all(issues.map(isStored))).every(Boolean), true)
  })

  await t.test('do not fail for one that fails', async t => {
    const stranger = fixtures.client(await fixtures.storedWorkspace(storage))
    const issues = Array.from({ length: 50 }, (_, index) => issueFor(index === 20 ? stranger : client))
    const codes = issues.map(({ grant }) => fixtures.code({ ...client, id: grant.clientId }))
    const failed = (results: PromiseSettledResult<unknown>[]) =>
      results.flatMap(({ status }, index) => (status === 'rejected' ? index : []))

    t.strictSame(failed(await Promise.allSettled(issues.map(issue => storage.tokens.issue(issue)))), [20])
    t.strictSame(failed(await Promise.allSettled(codes.map(code => storage.codes.create(code)))), [20])
    const stored = await Promise.all(issues.map(isStored))
    t.strictSame(
      stored.flatMap((found, index) => (found ? [] : index)),
      [20],
    )
  })

  await t.test('each get their own answer when they consume codes', async t => {
    const [good, spent, late, last] = [
      await fixtures.storedCode(storage, client),
      await fixtures.storedCode(storage, client),
      await fixtures.storedCode(storage, client),
      await fixtures.storedCode(storage, client),
    ]
    const takenBack = fixtures.code(client)
    await storage.codes.create(takenBack)
    await storage.codes.consume(spent.hash, now)
    const issues = Array.from({ length: 6 }, () => issueFor(client))
    const results = await Promise.all([
      storage.codes.consume(good.hash, now, issues[0]),
      storage.codes.consume(spent.hash, now, issues[1]),
      storage.codes.consume(late.hash, late.expiresAt, issues[2]),
      storage.codes.consume('unknown', now, issues[3]),
      storage.codes.consume(last.hash, now, issues[4]),
      storage.codes.consume(takenBack.hash, now, issues[5]),
    ])
    t.strictSame(
      results.map(({ outcome }) => outcome),
      ['consumed', 'replayed', 'expired', 'unknown', 'consumed', 'taken_back'],
    )
    t.strictSame(await Promise.all(issues.map(isStored)), [true, false, false, false, true, false])
  })

  await t.test('each get their own row when they look for one', async t => {
    const issues = Array.from({ length: 50 }, () => issueFor(client))
    await Promise.all(issues.map(issue => storage.tokens.issue(issue)))
    const asked = issues.flatMap(({ accessToken: { hash } }, index) => [hash, `unknown "${index}\\`, hash])
    const found = await Promise.all(asked.map(hash => storage.tokens.findAccessToken(hash, now)))
    t.strictSame(
      found.map(row => row?.token),
      issues.flatMap(({ accessToken }) => [accessToken, undefined, accessToken]),
    )
    t.not(found[0]?.token.scopes, found[2]?.token.scopes, 'and share nothing that could be changed')
  })

  await t.test('each get their own answer when they rotate refresh tokens', async t => {
    const families = Array.from({ length: 4 }, () => issueFor(client))
    for (const family of families) await storage.tokens.issue(family)
    const attempts = families.map(({ grant }) => ({
      successor: { refreshToken: fixtures.refreshToken(grant), sealedValue: fixtures.hash() },
      accessToken: fixtures.accessToken(grant),
    }))
    const rotate = (index: number, attempt = attempts[index]) =>
      storage.tokens.rotateRefreshToken(
        families[index]?.refreshToken.hash ?? '',
        attempt?.successor as (typeof attempts)[number]['successor'],
        attempt?.accessToken as (typeof attempts)[number]['accessToken'],
        10,
        now,
      )
    await storage.tokens.revokeGrant(families[2]?.grant.id ?? '', now)
    const results = await Promise.all([rotate(0), rotate(1), rotate(2), rotate(3)])
    t.strictSame(
      results.map(({ outcome }) => outcome),
      ['rotated', 'rotated', 'revoked', 'rotated'],
    )
    for (const [index, { successor }] of attempts.entries()) {
      const found = await storage.tokens.findRefreshToken(successor.refreshToken.hash)
      t.strictSame(found?.token, index === 2 ? undefined : successor.refreshToken)
    }
  })

  await t.test('wait for a lock only where it concerns them', async t => {
    await admin.query('begin')
    await admin.query('select from xwms.clients where id = $1 for update', [other.id])
    let held = true
    const waiting: Promise<boolean>[] = []
    for (let call = 0; call < 4; call++) {
      waiting.push(storage.tokens.issue(issueFor(other)).then(() => held))
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    const issues = Array.from({ length: 20 }, () => issueFor(client))
    await Promise.all(issues.map(issue => storage.tokens.issue(issue)))
    await storage.tokens.issue(issueFor(client))
    t.equal((await Promise.all(issues.map(isStored))).every(Boolean), true)
    held = false
    await admin.query('rollback')
    t.strictSame(
      await Promise.all(waiting),
      [false, false, false, false],
      'and those whom it concerns are served in the end',
    )
  })

  await t.test('all hear of it when the database cannot be reached', async t => {
    const closed = postgres(database.url)
    await closed.close()
    const results = await Promise.allSettled([1, 2, 3].map(() => closed.tokens.issue(issueFor(client))))
    for (const result of results)
      t.ok(result.status === 'rejected' && result.reason instanceof StorageUnavailableError)
  })
})
