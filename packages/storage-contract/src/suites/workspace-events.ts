import { randomUUID } from 'node:crypto'
import { type Suite, tally } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const workspaceEvents: Suite = {
  name: 'workspace events',
  async run(t, { storage, elsewhere, race }) {
    await t.test('an event comes back as it went in, and its key is recorded once', async t => {
      const workspaceId = randomUUID()
      const event = fixtures.workspaceEvent({ workspaceId, data: { deep: [1, { ü: null }] } })
      t.strictSame(await storage.workspaceEvents.record(event), { outcome: 'recorded' })
      const again = fixtures.workspaceEvent({ workspaceId, key: event.key })
      t.strictSame(await elsewhere.workspaceEvents.record(again), { outcome: 'known' })
      t.strictSame(await elsewhere.workspaceEvents.list({ workspaceId, limit: 10 }), [event])
      const other = fixtures.workspaceEvent({ workspaceId: randomUUID(), key: event.key })
      t.strictSame(await storage.workspaceEvents.record(other), { outcome: 'recorded' }, 'per workspace')
    })

    await t.test('of those who record one key at once, one does', async t => {
      const [workspaceId, key] = [randomUUID(), randomUUID()]
      const results = await race(20, storage =>
        storage.workspaceEvents.record(fixtures.workspaceEvent({ workspaceId, key })),
      )
      t.strictSame(tally(results), { recorded: 1, known: 19 })
    })

    await t.test('they are listed page by page, newest first, of the types asked for', async t => {
      const workspaceId = randomUUID()
      const made = [0, 1, 1, 2].map((seconds, index) =>
        fixtures.workspaceEvent({ workspaceId, at: later(seconds), type: index % 2 ? 'odd' : 'even' }),
      )
      for (const event of made) await storage.workspaceEvents.record(event)
      const newestFirst = made.toSorted((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1))
      const list = elsewhere.workspaceEvents.list
      const first = await list({ workspaceId, limit: 2 })
      t.strictSame(first, newestFirst.slice(0, 2))
      const before = { at: first[1]?.at ?? now, id: first[1]?.id ?? '' }
      t.strictSame(await list({ workspaceId, before, limit: 10 }), newestFirst.slice(2))
      const odd = newestFirst.filter(({ type }) => type === 'odd')
      t.strictSame(await list({ workspaceId, types: ['odd', 'none'], limit: 10 }), odd)
      t.strictSame(await list({ workspaceId, types: [], limit: 10 }), [])
    })
  },
}
