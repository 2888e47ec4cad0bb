import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const replays: Suite = {
  name: 'replays',
  async run(t, { storage, elsewhere, race }) {
    await t.test('of 100 that use a key at once, one is first', async t => {
      const key = `dpop ${fixtures.hash()} ${fixtures.hash()}`
      const results = await race(100, storage => storage.replays.remember(key, later(60), now))
      t.strictSame(results.filter(Boolean), [true])
    })

    await t.test('a key is remembered until it expires, then it is new', async t => {
      const key = fixtures.hash()
      t.equal(await storage.replays.remember(key, later(60), now), true)
      t.equal(await elsewhere.replays.remember(key, later(120), later(59.999)), false)
      t.equal(await elsewhere.replays.remember(key, later(120), later(60)), true, 'a replay prolongs nothing')
      t.equal(await storage.replays.remember(key, later(120), later(119)), false)
      const results = await race(20, storage => storage.replays.remember(key, later(180), later(120)))
      t.strictSame(results.filter(Boolean), [true])
    })

    await t.test('keys may be long and differ in their last character', async t => {
      const key = `assertion ${'ü'.repeat(100_000)}`
      t.equal(await storage.replays.remember(`${key}a`, later(60), now), true)
      t.equal(await storage.replays.remember(`${key}b`, later(60), now), true)
      t.equal(await elsewhere.replays.remember(`${key}a`, later(60), now), false)
      t.equal(await storage.replays.remember('', later(60), now), true)
    })
  },
}
