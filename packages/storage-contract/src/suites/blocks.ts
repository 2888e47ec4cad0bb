import { randomUUID } from 'node:crypto'
import { type Suite, tally } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const blocks: Suite = {
  name: 'blocks',
  async run(t, { storage, elsewhere, race }) {
    await t.test('a block comes back as it went in, and is in force until it expires', async t => {
      const block = fixtures.block({ exempt: ['192.0.2.0/24', '2001:db8::/48'], workspaceId: undefined })
      t.strictSame(await storage.blocks.add(block), { outcome: 'added' })
      t.strictSame(await elsewhere.blocks.get([block.id, 'unknown']), [block])
      const inForce = async (at: Date) => (await elsewhere.blocks.active(at)).map(({ id }) => id)
      t.ok((await inForce(now)).includes(block.id))
      t.notOk((await inForce(block.expiresAt)).includes(block.id), 'the end is not in it')
      t.strictSame(await storage.blocks.get([]), [])
    })

    await t.test('a subject is blocked anew only by what lasts longer', async t => {
      const block = fixtures.block()
      await storage.blocks.add(block)
      const again = fixtures.block({ subject: block.subject })
      t.strictSame(await elsewhere.blocks.add(again), { outcome: 'known' })
      const longer = fixtures.block({ subject: block.subject, expiresAt: later(120) })
      t.strictSame(await elsewhere.blocks.add(longer), { outcome: 'added' })
      t.equal(await storage.blocks.count(block.subject, now), 2)
      t.equal(await storage.blocks.count(block.subject, later(1)), 0, 'those since a time are counted')
      t.equal(await storage.blocks.count('nobody', now), 0)
    })

    await t.test('of those who block one subject at once, one adds', async t => {
      const subject = `ip:secret ${randomUUID()}`
      const results = await race(20, storage => storage.blocks.add(fixtures.block({ subject })))
      t.strictSame(tally(results), { added: 1, known: 19 })
      t.equal(await storage.blocks.count(subject, now), 1)
    })

    await t.test('a block is lifted once, with its audit entry, and counts no more', async t => {
      const workspaceId = randomUUID()
      const block = fixtures.block({ workspaceId })
      await storage.blocks.add(block)
      const results = await race(10, storage =>
        storage.blocks.lift(block.id, later(1), fixtures.audit({ workspaceId, action: 'block.lifted' })),
      )
      t.strictSame(tally(results), { lifted: 1, already_over: 9 })
      t.equal((await elsewhere.audit.list(workspaceId, 10)).length, 1)
      t.strictSame(await elsewhere.blocks.get([block.id]), [{ ...block, liftedAt: later(1) }])
      t.notOk((await elsewhere.blocks.active(later(2))).some(({ id }) => id === block.id))
      t.equal(await elsewhere.blocks.count(block.subject, now), 0)
      const next = fixtures.block({ subject: block.subject })
      t.strictSame(await elsewhere.blocks.add(next), { outcome: 'added' }, 'the subject can be blocked again')
    })

    await t.test('one that has expired, and one that never was, cannot be lifted', async t => {
      const workspaceId = randomUUID()
      const block = fixtures.block({ workspaceId })
      await storage.blocks.add(block)
      const lift = (id: string) => storage.blocks.lift(id, block.expiresAt, fixtures.audit({ workspaceId }))
      t.strictSame(await lift(block.id), { outcome: 'already_over' })
      t.strictSame(await lift('unknown'), { outcome: 'not_found' })
      t.strictSame(await storage.audit.list(workspaceId, 10), [])
    })

    await t.test("a workspace's blocks are listed page by page, newest first", async t => {
      const workspaceId = randomUUID()
      const made = [0, 1, 1, 2].map(seconds => fixtures.block({ workspaceId, createdAt: later(seconds) }))
      for (const block of [...made, fixtures.block()]) await storage.blocks.add(block)
      const newestFirst = made.toSorted(
        (a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1),
      )
      const first = await elsewhere.blocks.list({ workspaceId, limit: 2 })
      t.strictSame(first, newestFirst.slice(0, 2))
      const last = first[1] ?? made[0]
      const before = { at: last?.createdAt ?? now, id: last?.id ?? '' }
      t.strictSame(await elsewhere.blocks.list({ workspaceId, before, limit: 10 }), newestFirst.slice(2))
    })
  },
}
