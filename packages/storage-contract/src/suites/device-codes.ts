import type { Client, Issue } from '@xwms/core'
import { type Suite, tally } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const deviceCodes: Suite = {
  name: 'device codes',
  async run(t, { storage, elsewhere, race }) {
    async function waiting(given: Parameters<typeof fixtures.deviceCode>[1] = {}) {
      const client = await fixtures.storedClient(storage)
      const code = fixtures.deviceCode(client, given)
      t.strictSame(await storage.deviceCodes.create(code), { outcome: 'created' })
      return { client, code }
    }

    async function approve(client: Client, hash: string) {
      const approval = fixtures.deviceApproval()
      await fixtures.approve(storage, client, approval.sub)
      t.equal(await storage.deviceCodes.decide(hash, approval, now), true)
    }

    await t.test('a device code comes back as it went in, by its user code only while it waits', async t => {
      const { code } = await waiting()
      t.strictSame(await elsewhere.deviceCodes.find(code.hash), code)
      t.strictSame(await elsewhere.deviceCodes.findByUserCode(code.userCodeHash, later(599)), code)
      t.equal(await storage.deviceCodes.findByUserCode(code.userCodeHash, code.expiresAt), undefined)
      t.equal(await storage.deviceCodes.findByUserCode(code.hash, now), undefined)
      t.equal(await storage.deviceCodes.find('unknown'), undefined)
    })

    await t.test('a decision is recorded once and comes back as it went in', async t => {
      const { code } = await waiting()
      const approval = fixtures.deviceApproval({ authenticatedAt: later(-5) })
      t.equal(await storage.deviceCodes.decide(code.hash, approval, later(1)), true)
      const decision = { denied: false, ...approval }
      t.strictSame(await elsewhere.deviceCodes.find(code.hash), { ...code, decision })
      t.equal(await elsewhere.deviceCodes.findByUserCode(code.userCodeHash, later(1)), undefined)
      t.equal(await storage.deviceCodes.decide(code.hash, 'denied', later(1)), false)
      t.equal(await storage.deviceCodes.decide('unknown', 'denied', later(1)), false)

      const { code: late } = await waiting()
      t.equal(await storage.deviceCodes.decide(late.hash, approval, late.expiresAt), false)
      t.equal(await storage.deviceCodes.decide(late.hash, 'denied', later(1)), true)
      t.strictSame((await elsewhere.deviceCodes.find(late.hash))?.decision, { denied: true })
    })

    await t.test('of users who decide at once, one does', async t => {
      const { code } = await waiting()
      const approvals = Array.from({ length: 20 }, () => fixtures.deviceApproval())
      const results = await race(20, (storage, racer) =>
        storage.deviceCodes.decide(code.hash, approvals[racer] ?? 'denied', now),
      )
      t.strictSame(results.filter(Boolean), [true])
      const decision = (await elsewhere.deviceCodes.find(code.hash))?.decision
      t.strictSame(decision, { denied: false, ...approvals[results.indexOf(true)] })
    })

    await t.test('a user code belongs to one device at a time', async t => {
      const client = await fixtures.storedClient(storage)
      const userCodeHash = fixtures.hash()
      const codes = Array.from({ length: 10 }, () => fixtures.deviceCode(client, { userCodeHash }))
      const results = await race(10, (storage, racer) =>
        storage.deviceCodes.create(codes[racer] as (typeof codes)[number]),
      )
      t.strictSame(tally(results), { created: 1, user_code_taken: 9 })
      const holder = codes[results.findIndex(({ outcome }) => outcome === 'created')]
      t.strictSame(await elsewhere.deviceCodes.findByUserCode(userCodeHash, now), holder)

      const early = fixtures.deviceCode(client, { userCodeHash, createdAt: later(599) })
      t.strictSame(await storage.deviceCodes.create(early), { outcome: 'user_code_taken' })
      const next = fixtures.deviceCode(client, {
        userCodeHash,
        createdAt: later(600),
        expiresAt: later(1200),
      })
      t.strictSame(await storage.deviceCodes.create(next), { outcome: 'created' }, 'once it has expired')
      t.strictSame(await elsewhere.deviceCodes.findByUserCode(userCodeHash, later(600)), next)
      t.strictSame(await storage.deviceCodes.poll(next.hash, later(600)), { outcome: 'pending' })
    })

    await t.test('each decision and each end has its outcome', async t => {
      const approved = await waiting()
      const denied = await waiting()
      const { code } = await waiting()
      await storage.deviceCodes.decide(approved.code.hash, fixtures.deviceApproval(), now)
      await storage.deviceCodes.decide(denied.code.hash, 'denied', now)
      const poll = async (hash: string, at: Date) => (await elsewhere.deviceCodes.poll(hash, at)).outcome
      t.equal(await poll(code.hash, now), 'pending')
      t.equal(await poll(approved.code.hash, now), 'approved')
      t.equal(await poll(approved.code.hash, now), 'approved', 'however soon')
      t.equal(await poll(denied.code.hash, now), 'denied')
      t.equal(await poll(code.hash, code.expiresAt), 'expired')
      t.equal(await poll(approved.code.hash, code.expiresAt), 'expired')
      t.equal(await poll('unknown', now), 'unknown')
    })

    await t.test('who asks too soon waits five seconds longer from then on', async t => {
      const { code } = await waiting()
      const poll = async (seconds: number) =>
        (await storage.deviceCodes.poll(code.hash, later(seconds))).outcome
      t.equal(await poll(0), 'pending')
      t.equal(await poll(5), 'pending')
      t.equal(await poll(9.999), 'slow_down')
      t.equal((await elsewhere.deviceCodes.find(code.hash))?.intervalSeconds, 10)
      t.equal(await poll(15), 'slow_down')
      t.equal(await poll(30), 'pending')
      t.equal(await poll(45), 'pending')
      t.equal((await elsewhere.deviceCodes.find(code.hash))?.intervalSeconds, 15)
    })

    await t.test('of questions at the same moment one is in time', async t => {
      const { code } = await waiting()
      const results = await race(20, storage => storage.deviceCodes.poll(code.hash, now))
      t.strictSame(tally(results), { pending: 1, slow_down: 19 })
      t.equal((await elsewhere.deviceCodes.find(code.hash))?.intervalSeconds, 5 + 19 * 5)
    })

    await t.test('only what was approved is redeemed, and only in time', async t => {
      const { client, code } = await waiting()
      const issue = fixtures.issue(client)
      const consume = async (hash: string, at: Date) =>
        (await storage.deviceCodes.consume(hash, at, issue)).outcome
      t.equal(await consume(code.hash, now), 'unknown', 'nobody has decided')
      await approve(client, code.hash)
      t.equal(await consume(code.hash, code.expiresAt), 'unknown', 'expired')
      t.equal(await consume('unknown', now), 'unknown')
      t.equal(await elsewhere.tokens.findAccessToken(issue.accessToken.hash, now), undefined)
      t.equal(await consume(code.hash, later(599)), 'consumed', 'the last moment counts')
      t.strictSame(await elsewhere.tokens.findAccessToken(issue.accessToken.hash, now), {
        token: issue.accessToken,
        grant: issue.grant,
      })
      t.ok(await elsewhere.tokens.findRefreshToken(issue.refreshToken?.hash ?? ''))

      const denied = await waiting()
      await storage.deviceCodes.decide(denied.code.hash, 'denied', now)
      t.equal(await consume(denied.code.hash, now), 'unknown')
    })

    await t.test('of 100 that redeem it at once, one does, and one grant is stored', async t => {
      const { client, code } = await waiting()
      await approve(client, code.hash)
      const issues = Array.from({ length: 100 }, () => ({
        ...fixtures.issue(client),
        refreshToken: undefined,
      }))
      const results = await race(100, (storage, racer) =>
        storage.deviceCodes.consume(code.hash, now, issues[racer] as Issue),
      )
      t.strictSame(tally(results), { consumed: 1, unknown: 99 })
      const found = await Promise.all(
        issues.map(({ accessToken }) => elsewhere.tokens.findAccessToken(accessToken.hash, now)),
      )
      t.strictSame(
        found.map(token => token !== undefined),
        results.map(({ outcome }) => outcome === 'consumed'),
      )
      t.equal(await storage.deviceCodes.findByUserCode(code.userCodeHash, now), undefined)
    })
  },
}
