import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const sessions: Suite = {
  name: 'sessions',
  async run(t, { storage, elsewhere }) {
    await t.test('a session comes back as it went in, until the moment it expires', async t => {
      const session = fixtures.session({ userAgent: undefined })
      await storage.sessions.create(session)
      t.strictSame(await elsewhere.sessions.find(session.idHash, now), session)
      t.strictSame(await elsewhere.sessions.find(session.idHash, later(3599)), session)
      t.equal(await elsewhere.sessions.find(session.idHash, session.expiresAt), undefined)
    })

    await t.test('a session that has ended is gone everywhere, and can be ended again', async t => {
      const session = fixtures.session()
      await storage.sessions.create(session)
      await storage.sessions.end(session.idHash)
      t.equal(await elsewhere.sessions.find(session.idHash, now), undefined)
      await t.resolves(storage.sessions.end(session.idHash))
      await t.resolves(storage.sessions.end('unknown'))
    })

    await t.test('nothing is found under an unknown hash', async t => {
      t.equal(await storage.sessions.find('unknown', now), undefined)
    })
  },
}
