import type { Issue, Successor } from '@xwms/core'
import { type Suite, tally } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures
const GRACE_SECONDS = 10

function successorOf({ grant }: Issue): Successor {
  return { refreshToken: fixtures.refreshToken(grant), sealedValue: fixtures.hash() }
}

/** Refresh tokens that are rotated, and those that stay. */
export const refreshTokens: Suite = {
  name: 'refresh tokens',
  async run(t, { storage, elsewhere, race }) {
    const issued = () => fixtures.storedIssue(storage)

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
  },
}
