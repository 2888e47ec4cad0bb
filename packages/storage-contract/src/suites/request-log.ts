import { randomUUID } from 'node:crypto'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { later } = fixtures

export const requestLog: Suite = {
  name: 'request log',
  async run(t, { storage, elsewhere }) {
    await t.test("a client's entries come back as they went in, newest first, at most so many", async t => {
      const clientId = randomUUID()
      const entries = [
        fixtures.requestLogEntry({ clientId, userAgent: 'agent “ü”', domainId: 'dom_1' }),
        fixtures.requestLogEntry({ clientId, at: later(1), refusedBy: undefined, facts: {} }),
        fixtures.requestLogEntry({ clientId, at: later(2), status: 500 }),
      ]
      await storage.requestLog.append([...entries, fixtures.requestLogEntry()])
      const newestFirst = [...entries].reverse()
      t.strictSame(await elsewhere.requestLog.list(clientId, 10), newestFirst)
      t.strictSame(await elsewhere.requestLog.list(clientId, 2), newestFirst.slice(0, 2))
      t.strictSame(await storage.requestLog.list('unknown', 10), [])
    })

    await t.test('an entry that is written again is there once', async t => {
      const clientId = randomUUID()
      const entry = fixtures.requestLogEntry({ clientId })
      await storage.requestLog.append([entry, entry])
      await elsewhere.requestLog.append([entry])
      await storage.requestLog.append([])
      t.strictSame(await storage.requestLog.list(clientId, 10), [entry])
    })
  },
}
