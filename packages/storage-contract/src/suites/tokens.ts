import type { Issue } from '@xwms/core'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const tokens: Suite = {
  name: 'tokens',
  async run(t, { storage, elsewhere, race }) {
    const issued = () => fixtures.storedIssue(storage)

    await t.test('a grant and its tokens come back as they went in', async t => {
      const { grant, accessToken, refreshToken } = await issued()
      t.strictSame(await elsewhere.tokens.findAccessToken(accessToken.hash, now), {
        token: accessToken,
        grant,
      })
      t.strictSame(await elsewhere.tokens.findRefreshToken(refreshToken.hash), {
        token: refreshToken,
        grant,
        spent: false,
      })
      const authorizationDetails = '[{"type":"payment","to":"Zoë\\u0000"}]'
      const narrowed = fixtures.accessToken(grant, { authorizationDetails })
      const refreshed = await storage.tokens.useRefreshToken(refreshToken.hash, narrowed, later(60), now)
      t.equal(refreshed.outcome, 'used')
      t.strictSame((await elsewhere.tokens.findAccessToken(narrowed.hash, now))?.token, narrowed)
      t.equal(await storage.tokens.findAccessToken('unknown', now), undefined)
      t.equal(await storage.tokens.findRefreshToken('unknown'), undefined)
    })

    await t.test('a grant may be for nobody: client credentials', async t => {
      const client = await fixtures.storedClient(storage)
      const grant = fixtures.grant(client, {
        sub: undefined,
        sid: undefined,
        authenticatedAt: undefined,
        amr: [],
      })
      const accessToken = fixtures.accessToken(grant, { confirmation: { 'x5t#S256': 'x' }, audience: [] })
      await storage.tokens.issue({ grant, accessToken, refreshToken: undefined })
      t.strictSame(await elsewhere.tokens.findAccessToken(accessToken.hash, now), {
        token: accessToken,
        grant,
      })
    })

    await t.test('an access token is found until the moment it expires', async t => {
      const { accessToken } = await issued()
      t.ok(await storage.tokens.findAccessToken(accessToken.hash, later(3599)))
      t.equal(await storage.tokens.findAccessToken(accessToken.hash, accessToken.expiresAt), undefined)
    })

    await t.test('a grant is revoked once, with all its tokens', async t => {
      const { grant, accessToken, refreshToken } = await issued()
      t.equal(await elsewhere.tokens.isGrantLive(grant.id, ['openid']), true)
      t.equal(await elsewhere.tokens.isGrantLive(grant.id, ['openid', 'email']), false)
      const results = await race(10, storage => storage.tokens.revokeGrant(grant.id, later(1)))
      t.strictSame(results.filter(Boolean), [true])
      t.equal(await elsewhere.tokens.findAccessToken(accessToken.hash, now), undefined)
      t.strictSame((await elsewhere.tokens.findRefreshToken(refreshToken.hash))?.grant.revokedAt, later(1))
      t.equal(await storage.tokens.revokeGrant('unknown', now), false)
      t.equal(await elsewhere.tokens.isGrantLive(grant.id, []), false)
      t.equal(await elsewhere.tokens.isGrantLive('unknown', []), false)
    })

    await t.test('an access token is revoked once, and nothing with it', async t => {
      const { grant, accessToken, refreshToken } = await issued()
      const other = fixtures.accessToken(grant)
      await storage.tokens.useRefreshToken(refreshToken.hash, other, refreshToken.expiresAt, now)
      const results = await race(10, storage => storage.tokens.revokeAccessToken(accessToken.hash, later(1)))
      t.strictSame(results.filter(Boolean), [true])
      t.equal(await elsewhere.tokens.findAccessToken(accessToken.hash, now), undefined)
      t.ok(await elsewhere.tokens.findAccessToken(other.hash, now))
      const left = await elsewhere.tokens.findRefreshToken(refreshToken.hash)
      t.equal(left?.grant.revokedAt, undefined)
      t.equal(await storage.tokens.revokeAccessToken('unknown', now), false)
      await storage.tokens.revokeGrant(grant.id, now)
      t.equal(await storage.tokens.revokeAccessToken(other.hash, now), false, 'it went with its grant')
    })

    await t.test(
      'many grants at once are stored, and one that cannot be spoils none of the others',
      async t => {
        const client = await fixtures.storedClient(storage)
        const issues = Array.from({ length: 100 }, () => fixtures.issue(client))
        const [taken] = issues as [Issue]
        await storage.tokens.issue(taken)
        const results = await race(100, (storage, racer) =>
          storage.tokens.issue(issues[racer] as Issue).then(
            () => 'stored',
            () => 'failed',
          ),
        )
        t.equal(results.filter(result => result === 'stored').length >= 99, true)
        for (const { accessToken, grant } of issues.slice(1))
          t.strictSame(await elsewhere.tokens.findAccessToken(accessToken.hash, now), {
            token: accessToken,
            grant,
          })
      },
    )
  },
}
