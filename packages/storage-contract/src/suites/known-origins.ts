import { randomUUID } from 'node:crypto'
import { type Suite, tally } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const knownOrigins: Suite = {
  name: 'known origins',
  async run(t, { storage, elsewhere, race }) {
    await t.test('tells the first origin of a subject from a new one and from one that is known', async t => {
      const subject = `secret ${randomUUID()}`
      const see = (origin: string) => storage.knownOrigins.see(subject, origin, now)
      t.strictSame(await see('192.0.2.0/24'), { outcome: 'first' })
      t.strictSame(await see('192.0.2.0/24'), { outcome: 'known' })
      t.strictSame(await see('2001:db8::/48'), { outcome: 'new' })
      t.strictSame(await elsewhere.knownOrigins.see(subject, '2001:db8::/48', now), { outcome: 'known' })
    })

    await t.test('of those who come from one new origin at once, one is told so', async t => {
      const subject = `secret ${randomUUID()}`
      await storage.knownOrigins.see(subject, 'old', now)
      const results = await race(20, storage => storage.knownOrigins.see(subject, 'new', now))
      t.strictSame(tally(results), { new: 1, known: 19 })
    })

    await t.test('lists where a subject was seen since, latest first, at most so many', async t => {
      const subject = `login ${randomUUID()}`
      const origins = ['a', 'b', 'c']
      for (const [index, origin] of origins.entries()) {
        await storage.knownOrigins.see(subject, origin, later(index))
      }
      await storage.knownOrigins.see(subject, 'a', later(5))
      await storage.knownOrigins.see(subject, 'a', now)
      t.strictSame(await elsewhere.knownOrigins.list(subject, now, 10), ['a', 'c', 'b'], 'never backwards')
      t.strictSame(await elsewhere.knownOrigins.list(subject, later(2), 10), ['a', 'c'])
      t.strictSame(await elsewhere.knownOrigins.list(subject, now, 1), ['a'])
      t.strictSame(await elsewhere.knownOrigins.list('nobody', now, 10), [])
    })
  },
}
