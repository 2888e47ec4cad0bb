import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

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
  },
}
