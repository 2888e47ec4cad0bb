import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later, audit } = fixtures

export const keys: Suite = {
  name: 'signing keys',
  async run(t, { storage, elsewhere, race }) {
    await t.test('processes that start together end with the same keys', async t => {
      const answers = await race(20, storage =>
        storage.keys.ensure([fixtures.signingKey(), fixtures.signingKey({ alg: 'RS256' })], now),
      )
      t.equal(new Set(answers.map(keys => keys.map(({ kid }) => kid).join())).size, 1)
      t.strictSame(answers[0]?.map(({ alg }) => alg).sort(), ['ES256', 'RS256'])
      t.strictSame(await elsewhere.keys.list(now), answers[0])
    })

    await t.test('a key comes back as it went in, and only algorithms without a key get one', async t => {
      const before = await storage.keys.list(now)
      const eddsa = fixtures.signingKey({ alg: 'EdDSA', createdAt: later(1), activeAt: later(60) })
      const next = fixtures.signingKey({ alg: 'EdDSA', createdAt: later(2), retiredAt: later(3600) })
      const answer = await storage.keys.ensure([fixtures.signingKey(), next, eddsa], now)
      t.strictSame(answer, [...before, eddsa, next], 'oldest first')
      t.strictSame(await elsewhere.keys.list(now), answer)
    })

    await t.test('a retired key is listed no more, and its algorithm may get another', async t => {
      const old = fixtures.signingKey({ alg: 'PS256', retiredAt: later(60) })
      await storage.keys.ensure([old], now)
      const listed = async (at: Date) => (await storage.keys.list(at)).some(({ kid }) => kid === old.kid)
      t.equal(await listed(later(59)), true)
      t.equal(await listed(later(60)), false)
      const fresh = fixtures.signingKey({ alg: 'PS256', createdAt: later(60) })
      const standing = await storage.keys.ensure([fresh], later(60))
      t.ok(standing.some(({ kid }) => kid === fresh.kid))
      t.notOk(standing.some(({ kid }) => kid === old.kid))
    })

    await t.test('a key has one successor, however many processes rotate at once', async t => {
      const [old] = await storage.keys.ensure([], now)
      const kid = old?.kid ?? ''
      const successors = Array.from({ length: 20 }, () =>
        fixtures.signingKey({ alg: 'ES256', createdAt: later(10), activeAt: later(60) }),
      )
      const { id: workspaceId } = await fixtures.storedWorkspace(storage)
      const entries = successors.map(({ kid }) => ({
        ...audit(),
        workspaceId,
        action: 'signing_key.rotated',
        target: kid,
      }))
      const results = await race(20, (storage, racer) =>
        storage.keys.succeed(
          kid,
          later(3600),
          successors[racer] as (typeof successors)[number],
          entries[racer] as (typeof entries)[number],
        ),
      )
      t.strictSame(results.filter(Boolean), [true])
      const winner = successors[results.indexOf(true)]
      const listed = await elsewhere.keys.list(now)
      t.strictSame(
        listed.filter(key => successors.some(({ kid }) => kid === key.kid)),
        [winner],
      )
      t.strictSame(listed.find(key => key.kid === kid)?.retiredAt, later(3600))
      const audited = await elsewhere.audit.list(workspaceId, 100)
      t.strictSame(
        audited.filter(({ action }) => action === 'signing_key.rotated'),
        [entries[results.indexOf(true)]],
        'audited with it, once',
      )
      t.equal(
        (await elsewhere.keys.list(later(3600))).some(key => key.kid === kid),
        false,
      )
    })

    await t.test('an end that was set before is no successor, and an unknown key has none', async t => {
      const key = fixtures.signingKey({ alg: 'PS256', createdAt: later(90), retiredAt: later(7200) })
      await storage.keys.ensure([key], later(7000))
      const standing = (await storage.keys.list(later(7000))).find(({ alg }) => alg === 'PS256')
      t.equal(await storage.keys.succeed('unknown', later(7100), fixtures.signingKey(), audit()), false)
      const next = fixtures.signingKey({ alg: 'PS256', createdAt: later(91) })
      t.equal(await storage.keys.succeed(standing?.kid ?? '', later(7100), next, audit()), true)
      t.equal(
        await storage.keys.succeed(standing?.kid ?? '', later(9999), fixtures.signingKey(), audit()),
        false,
      )
      const found = (await elsewhere.keys.list(now)).find(({ kid }) => kid === standing?.kid)
      t.strictSame(found?.retiredAt, later(7100), 'and the first stays as it was')
    })

    await t.test('a key can be retired sooner than it would have been, and never later', async t => {
      const key = fixtures.signingKey({ alg: 'EdDSA', createdAt: later(100), retiredAt: undefined })
      const last = await storage.keys.list(now)
      const kid = last.find(({ retiredAt }) => retiredAt === undefined)?.kid ?? ''
      await storage.keys.succeed(kid, later(9000), key, audit())
      t.equal(await storage.keys.retire(key.kid, later(8000), audit()), true, 'one that had no end')
      t.equal(await elsewhere.keys.retire(key.kid, later(7500), audit()), true, 'one that had')
      t.equal(await storage.keys.retire(key.kid, later(7500), audit()), false)
      t.equal(await storage.keys.retire(key.kid, later(8000), audit()), false)
      t.equal(await storage.keys.retire('unknown', later(1), audit()), false)
      const found = (await elsewhere.keys.list(now)).find(candidate => candidate.kid === key.kid)
      t.strictSame(found?.retiredAt, later(7500))
    })

    await t.test('a private key is kept in another way by whoever knows how it is kept', async t => {
      const [key] = await storage.keys.list(now)
      const kid = key?.kid ?? ''
      const before = key?.privateJwk ?? { jwe: '' }
      const results = await race(10, (storage, racer) =>
        storage.keys.reseal(kid, before, { jwe: `sealed ${racer}` }),
      )
      t.strictSame(results.filter(Boolean), [true])
      const sealed = { jwe: `sealed ${results.indexOf(true)}` }
      t.strictSame((await elsewhere.keys.list(now))[0], { ...key, privateJwk: sealed })
      t.equal(await storage.keys.reseal(kid, before, { jwe: 'other' }), false)
      t.equal(await elsewhere.keys.reseal(kid, sealed, before), true)
      t.equal(await storage.keys.reseal('unknown', before, before), false)
    })

    await t.test('processes that start together share a secret', async t => {
      const secrets = await race(20, storage => storage.keys.secret('nonces', fixtures.hash()))
      t.equal(new Set(secrets).size, 1)
      t.equal(await elsewhere.keys.secret('nonces', 'another'), secrets[0])
      t.equal(await storage.keys.secret('pairwise', 'its own ü'), 'its own ü')
      t.equal(await elsewhere.keys.secret('nonces', 'another'), secrets[0])
    })

    await t.test('a shared secret is sealed anew by whoever knows how it is sealed', async t => {
      const before = await storage.keys.secret('resealed', 'plain')
      const results = await race(10, (storage, racer) =>
        storage.keys.resealSecret('resealed', before, `sealed ${racer}`),
      )
      t.strictSame(results.filter(Boolean), [true])
      t.equal(await elsewhere.keys.secret('resealed', 'new'), `sealed ${results.indexOf(true)}`)
      t.equal(await storage.keys.resealSecret('resealed', before, 'other'), false)
      t.equal(await storage.keys.resealSecret('unknown', '', 'other'), false)
    })
  },
}
