import type { Client, Issue, Successor } from '@xwms/core'
import { type Suite, tally } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures
const GRACE_SECONDS = 10

/** A refresh token's family in its first state. */
function family(client: Client): Issue & { refreshToken: NonNullable<Issue['refreshToken']> } {
  const grant = fixtures.grant(client)
  return {
    grant,
    accessToken: fixtures.accessToken(grant),
    refreshToken: fixtures.refreshToken(grant),
  }
}

function successorOf({ grant }: Issue): Successor {
  return { refreshToken: fixtures.refreshToken(grant), sealedValue: fixtures.hash() }
}

export const tokens: Suite = {
  name: 'tokens',
  async run(t, { storage, elsewhere, race }) {
    async function issued() {
      const issue = family(await fixtures.storedClient(storage))
      await storage.tokens.issue(issue)
      return issue
    }

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

    await t.test('a rotation spends the token and stores what follows it', async t => {
      const issue = await issued()
      const successor = successorOf(issue)
      const accessToken = fixtures.accessToken(issue.grant)
      t.strictSame(
        await storage.tokens.rotateRefreshToken(
          issue.refreshToken.hash,
          successor,
          accessToken,
          GRACE_SECONDS,
          later(1),
        ),
        { outcome: 'rotated' },
      )
      t.strictSame(
        (await elsewhere.tokens.findRefreshToken(successor.refreshToken.hash))?.token,
        successor.refreshToken,
      )
      t.strictSame((await elsewhere.tokens.findAccessToken(accessToken.hash, now))?.token, accessToken)
      t.ok(await storage.tokens.findAccessToken(issue.accessToken.hash, now), 'the old access token stays')
    })

    await t.test('an unknown, an expired and a revoked token change nothing', async t => {
      const issue = await issued()
      const attempt = async (hash: string, at: Date) => {
        const accessToken = fixtures.accessToken(issue.grant)
        const successor = successorOf(issue)
        const { outcome } = await storage.tokens.rotateRefreshToken(
          hash,
          successor,
          accessToken,
          GRACE_SECONDS,
          at,
        )
        t.equal(await storage.tokens.findAccessToken(accessToken.hash, now), undefined)
        t.equal(await storage.tokens.findRefreshToken(successor.refreshToken.hash), undefined)
        return outcome
      }
      const { hash, expiresAt } = issue.refreshToken
      t.equal(await attempt('unknown', now), 'unknown')
      t.equal(await attempt(hash, expiresAt), 'expired')
      await storage.tokens.revokeGrant(issue.grant.id, now)
      t.equal(await attempt(hash, now), 'revoked')
      t.equal(await attempt(hash, expiresAt), 'revoked')
    })

    await t.test(
      '50 refreshes at once: one rotates, the others get its successor, the family lives',
      async t => {
        const issue = await issued()
        const attempts = Array.from({ length: 50 }, () => ({
          successor: successorOf(issue),
          accessToken: fixtures.accessToken(issue.grant),
        }))
        const results = await race(50, async (storage, racer) => {
          const { successor, accessToken } = attempts[racer] as (typeof attempts)[number]
          const result = await storage.tokens.rotateRefreshToken(
            issue.refreshToken.hash,
            successor,
            accessToken,
            GRACE_SECONDS,
            now,
          )
          return { ...result, successor }
        })
        t.strictSame(tally(results), { rotated: 1, repeated: 49 })
        const winner = results.find(({ outcome }) => outcome === 'rotated')?.successor
        for (const result of results)
          if (result.outcome === 'repeated') t.equal(result.sealedValue, winner?.sealedValue)
        const stored = await Promise.all(
          attempts.map(({ successor }) => storage.tokens.findRefreshToken(successor.refreshToken.hash)),
        )
        t.equal(stored.filter(Boolean).length, 1, 'one successor was stored')
        const found = await Promise.all(
          attempts.map(({ accessToken }) => elsewhere.tokens.findAccessToken(accessToken.hash, now)),
        )
        t.equal(found.filter(Boolean).length, 50, 'every caller got an access token that works')
      },
    )

    await t.test('a repeat after the grace period revokes the family, successors included', async t => {
      const issue = await issued()
      const successor = successorOf(issue)
      const rotate = (at: Date, next = successorOf(issue)) =>
        storage.tokens.rotateRefreshToken(
          issue.refreshToken.hash,
          next,
          fixtures.accessToken(issue.grant),
          GRACE_SECONDS,
          at,
        )
      t.strictSame(await rotate(now, successor), { outcome: 'rotated' })
      t.strictSame(await rotate(later(GRACE_SECONDS - 0.001)), {
        outcome: 'repeated',
        sealedValue: successor.sealedValue,
      })
      t.strictSame(await rotate(later(-1)), {
        outcome: 'repeated',
        sealedValue: successor.sealedValue,
      })
      t.strictSame(await rotate(later(GRACE_SECONDS)), { outcome: 'reused' })
      t.equal(await elsewhere.tokens.findAccessToken(issue.accessToken.hash, now), undefined)
      const left = await elsewhere.tokens.findRefreshToken(successor.refreshToken.hash)
      t.strictSame(left?.grant.revokedAt, later(GRACE_SECONDS))
      t.strictSame(await rotate(later(GRACE_SECONDS)), { outcome: 'revoked' })
    })

    await t.test('reuse that is found many times at once revokes once and says so to somebody', async t => {
      const issue = await issued()
      const rotate = (on: typeof storage, at: Date) =>
        on.tokens.rotateRefreshToken(
          issue.refreshToken.hash,
          successorOf(issue),
          fixtures.accessToken(issue.grant),
          0,
          at,
        )
      await rotate(storage, now)
      const results = await race(20, on => rotate(on, now))
      const { reused = 0, revoked = 0 } = tally(results)
      t.ok(reused >= 1, 'without grace even the same moment is too late')
      t.equal(reused + revoked, 20)
      const left = await storage.tokens.findRefreshToken(issue.refreshToken.hash)
      t.strictSame(left?.grant.revokedAt, now)
    })

    await t.test('a chain of rotations goes on from successor to successor', async t => {
      const issue = await issued()
      let { hash } = issue.refreshToken
      for (let step = 1; step <= 5; step++) {
        const successor = successorOf(issue)
        const accessToken = fixtures.accessToken(issue.grant)
        t.strictSame(
          await (step % 2 ? storage : elsewhere).tokens.rotateRefreshToken(
            hash,
            successor,
            accessToken,
            GRACE_SECONDS,
            later(step * 60),
          ),
          { outcome: 'rotated' },
        )
        hash = successor.refreshToken.hash
      }
    })

    await t.test('a refresh token says whether it is spent', async t => {
      const issue = await issued()
      const successor = successorOf(issue)
      const accessToken = fixtures.accessToken(issue.grant)
      await storage.tokens.rotateRefreshToken(
        issue.refreshToken.hash,
        successor,
        accessToken,
        GRACE_SECONDS,
        now,
      )
      const spent = async (hash: string) => (await elsewhere.tokens.findRefreshToken(hash))?.spent
      t.equal(await spent(issue.refreshToken.hash), true)
      t.equal(await spent(successor.refreshToken.hash), false)
    })

    await t.test(
      'a refresh token that is used moves its idle end, at most to the end of its family',
      async t => {
        const issue = await issued()
        const { hash, familyExpiresAt } = issue.refreshToken
        const use = async (expiresAt: Date, at: Date) => {
          const accessToken = fixtures.accessToken(issue.grant)
          const { outcome } = await storage.tokens.useRefreshToken(hash, accessToken, expiresAt, at)
          t.equal(outcome, 'used')
          t.strictSame((await elsewhere.tokens.findAccessToken(accessToken.hash, now))?.token, accessToken)
          return (await elsewhere.tokens.findRefreshToken(hash))?.token
        }
        t.strictSame(await use(later(100_000), later(1)), {
          ...issue.refreshToken,
          expiresAt: later(100_000),
        })
        t.strictSame((await use(later(10 ** 9), later(99_999)))?.expiresAt, familyExpiresAt)
      },
    )

    await t.test('a refresh token that is not rotated is used by all who ask at once', async t => {
      const issue = await issued()
      const tokens = Array.from({ length: 50 }, () => fixtures.accessToken(issue.grant))
      const results = await race(50, (storage, racer) =>
        storage.tokens.useRefreshToken(
          issue.refreshToken.hash,
          tokens[racer] as (typeof tokens)[number],
          later(100_000),
          now,
        ),
      )
      t.strictSame(tally(results), { used: 50 })
      const found = await Promise.all(tokens.map(({ hash }) => elsewhere.tokens.findAccessToken(hash, now)))
      t.equal(found.filter(Boolean).length, 50)
    })

    await t.test('a use that is refused changes nothing', async t => {
      const issue = await issued()
      const { hash, expiresAt } = issue.refreshToken
      const attempt = async (hash: string, at: Date) => {
        const before = await storage.tokens.findRefreshToken(hash)
        const accessToken = fixtures.accessToken(issue.grant)
        const result = await storage.tokens.useRefreshToken(hash, accessToken, later(200_000), at)
        t.equal(await elsewhere.tokens.findAccessToken(accessToken.hash, now), undefined)
        t.strictSame(await elsewhere.tokens.findRefreshToken(hash), before)
        return result.outcome
      }
      t.equal(await attempt('unknown', now), 'unknown')
      t.equal(await attempt(hash, expiresAt), 'expired')
      const accessToken = fixtures.accessToken(issue.grant)
      await storage.tokens.rotateRefreshToken(hash, successorOf(issue), accessToken, GRACE_SECONDS, now)
      t.equal(await attempt(hash, now), 'spent')
      await storage.tokens.revokeGrant(issue.grant.id, now)
      t.equal(await attempt(hash, now), 'revoked')
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
        const issues = Array.from({ length: 100 }, () => family(client))
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
