import { type Suite, tally } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const codes: Suite = {
  name: 'codes',
  async run(t, { storage, elsewhere, race }) {
    await t.test('a code comes back as it went in, also after it was consumed', async t => {
      const client = await fixtures.storedClient(storage)
      const code = fixtures.code(client, { flow: 'sign_token' })
      await storage.codes.create(code)
      t.strictSame(await elsewhere.codes.find(code.hash), code)
      t.strictSame(await storage.codes.consume(code.hash, now), { outcome: 'consumed' })
      t.strictSame(await elsewhere.codes.find(code.hash), code)
      t.equal(await storage.codes.find('unknown'), undefined)
    })

    await t.test('an unknown code and an expired one change nothing', async t => {
      const client = await fixtures.storedClient(storage)
      const code = await fixtures.storedCode(storage, client)
      const issue = fixtures.issue(client)
      t.strictSame(await storage.codes.consume('unknown', now, issue), { outcome: 'unknown' })
      t.strictSame(await storage.codes.consume(code.hash, code.expiresAt, issue), { outcome: 'expired' })
      t.strictSame(await storage.codes.consume(code.hash, later(61)), { outcome: 'expired' })
      t.equal(await storage.tokens.findAccessToken(issue.accessToken.hash, now), undefined)
      t.strictSame(
        await storage.codes.consume(code.hash, later(59)),
        { outcome: 'consumed' },
        'the last moment counts',
      )
    })

    await t.test('what a code gives is stored with its consumption', async t => {
      const client = await fixtures.storedClient(storage)
      const code = await fixtures.storedCode(storage, client)
      const issue = fixtures.issue(client)
      t.strictSame(await storage.codes.consume(code.hash, now, issue), { outcome: 'consumed' })
      t.strictSame(await elsewhere.tokens.findAccessToken(issue.accessToken.hash, now), {
        token: issue.accessToken,
        grant: issue.grant,
      })
      t.strictSame(await elsewhere.tokens.findRefreshToken(issue.refreshToken.hash), {
        token: issue.refreshToken,
        grant: issue.grant,
        spent: false,
      })
    })

    await t.test('a code may give an access token alone', async t => {
      const client = await fixtures.storedClient(storage)
      const code = await fixtures.storedCode(storage, client)
      const issue = { ...fixtures.issue(client), refreshToken: undefined }
      t.strictSame(await storage.codes.consume(code.hash, now, issue), { outcome: 'consumed' })
      t.ok(await storage.tokens.findAccessToken(issue.accessToken.hash, now))
    })

    await t.test('a replay revokes what the code gave, even after the code expired', async t => {
      const client = await fixtures.storedClient(storage)
      const code = await fixtures.storedCode(storage, client)
      const issue = fixtures.issue(client)
      await storage.codes.consume(code.hash, now, issue)
      const replay = fixtures.issue(client)
      t.strictSame(await elsewhere.codes.consume(code.hash, later(3600), replay), { outcome: 'replayed' })
      t.equal(await storage.tokens.findAccessToken(issue.accessToken.hash, now), undefined)
      t.equal(await storage.tokens.findAccessToken(replay.accessToken.hash, now), undefined)
      const { grant } = (await storage.tokens.findRefreshToken(issue.refreshToken?.hash ?? '')) ?? {}
      t.strictSame(grant?.revokedAt, later(3600))
      t.strictSame(await storage.codes.consume(code.hash, later(7200)), { outcome: 'replayed' })
      const after = await storage.tokens.findRefreshToken(issue.refreshToken?.hash ?? '')
      t.strictSame(after?.grant.revokedAt, later(3600), 'the first revocation stands')
    })

    await t.test('of 1000 that redeem a code at once, one does', async t => {
      const client = await fixtures.storedClient(storage)
      const code = await fixtures.storedCode(storage, client)
      const results = await race(1000, storage => storage.codes.consume(code.hash, now))
      t.strictSame(tally(results), { consumed: 1, replayed: 999 })
    })

    await t.test('of redemptions that race, the one that wins issues, and the replays revoke it', async t => {
      const client = await fixtures.storedClient(storage)
      const code = await fixtures.storedCode(storage, client)
      const issues = Array.from({ length: 50 }, () => fixtures.issue(client))
      const results = await race(50, (storage, racer) => storage.codes.consume(code.hash, now, issues[racer]))
      t.strictSame(tally(results), { consumed: 1, replayed: 49 })
      const stored = await Promise.all(
        issues.map(({ refreshToken }) => storage.tokens.findRefreshToken(refreshToken?.hash ?? '')),
      )
      const left = stored.filter(found => found !== undefined)
      t.equal(left.length, 1, 'one grant was stored')
      t.strictSame(left[0]?.grant.revokedAt, now, 'and it is revoked')
    })
  },
}
