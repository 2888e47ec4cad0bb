import { randomUUID } from 'node:crypto'
import type { Block, Storage } from '@xwms/core'
import { type Suite, tally } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

const NO_FAILURES = { purpose: 'none', origin: undefined, subject: undefined }

/** Adds a block whatever stands, as it comes to be where the clocks of processes differ. */
const addAnyway = (storage: Storage, block: Block) => storage.blocks.add(block, block.expiresAt)

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

    await t.test('a subject that is blocked is blocked anew only when that is over', async t => {
      const block = fixtures.block({ exempt: ['192.0.2.0/24'] })
      const { subject } = block
      await storage.blocks.add(block)
      const known = { outcome: 'known', standing: block }
      const during = { subject, reason: 'secret_flood', createdAt: later(59), expiresAt: later(600) }
      t.strictSame(
        await elsewhere.blocks.add(fixtures.block(during)),
        known,
        'for no other reason, and no longer',
      )
      const next = fixtures.block({ subject, createdAt: block.expiresAt, expiresAt: later(180) })
      t.strictSame(
        await elsewhere.blocks.add(next, later(59)),
        known,
        'nor for what was tried before its end',
      )
      t.strictSame(await storage.blocks.get([next.id]), [])
      t.strictSame(await elsewhere.blocks.add(next), { outcome: 'added' })
      t.equal(await storage.blocks.count(subject, now), 2)
      t.equal(await storage.blocks.count(subject, later(1)), 1, 'those since a time are counted')
      t.equal(await storage.blocks.count('nobody', now), 0)
    })

    await t.test('of those who block one subject at once, one adds', async t => {
      const subject = `ip:secret ${randomUUID()}`
      const results = await race(20, (storage, racer) => {
        const reason = racer % 3 === 0 ? 'clients_probed' : 'secret_flood'
        return storage.blocks.add(fixtures.block({ subject, reason, expiresAt: later(60 + racer) }))
      })
      t.strictSame(tally(results), { added: 1, known: 19 })
      t.equal(await storage.blocks.count(subject, now), 1)
      const [stored, ...more] = (await elsewhere.blocks.active(now)).filter(
        block => block.subject === subject,
      )
      t.strictSame(more, [])
      const standing = results.flatMap(result => (result.outcome === 'known' ? [result.standing] : []))
      t.strictSame(standing, Array(19).fill(stored), 'and the others are told which one')
    })

    await t.test('a block is lifted once, with its audit entry, and counts no more', async t => {
      const workspaceId = randomUUID()
      const block = fixtures.block({ workspaceId })
      await storage.blocks.add(block)
      const results = await race(10, storage =>
        storage.blocks.lift(
          block.id,
          later(1),
          fixtures.audit({ workspaceId, action: 'block.lifted' }),
          NO_FAILURES,
        ),
      )
      t.strictSame(tally(results), { lifted: 1, already_over: 9 })
      t.equal((await elsewhere.audit.list(workspaceId, 10)).length, 1)
      t.strictSame(await elsewhere.blocks.get([block.id]), [{ ...block, liftedAt: later(1) }])
      t.notOk((await elsewhere.blocks.active(later(2))).some(({ id }) => id === block.id))
      t.equal(await elsewhere.blocks.count(block.subject, now), 0)
      const next = fixtures.block({ subject: block.subject })
      t.strictSame(await elsewhere.blocks.add(next), { outcome: 'added' }, 'the subject can be blocked again')
    })

    await t.test(
      'lifting forgets the failures behind it, and that the subject was blocked before',
      async t => {
        const purpose = randomUUID()
        const subject = `ip-client:${purpose} a x`
        const of = (origin: string) => fixtures.failure({ purpose, origin, subject: 'x' })
        for (const origin of ['a', 'a', 'b']) await storage.failures.record(of(origin), now)
        const made = [1, 60, 120].map(seconds => fixtures.block({ subject, expiresAt: later(seconds) }))
        for (const block of made) await addAnyway(storage, block)
        const stranger = fixtures.block()
        await storage.blocks.add(stranger)
        const range = { purpose, origin: 'a', subject: 'x' }
        t.strictSame(await elsewhere.blocks.lift(made[1]?.id ?? '', later(2), fixtures.audit(), range), {
          outcome: 'lifted',
        })
        t.match(await storage.failures.record(of('a'), now), { pair: 1, subject: 2 })
        const after = await storage.blocks.get([...made, stranger].map(({ id }) => id))
        const lifted = new Map(after.map(({ id, liftedAt }) => [id, liftedAt]))
        t.strictSame(
          [...made, stranger].map(({ id }) => lifted.get(id)),
          [undefined, later(2), later(2), undefined],
          'every block of the subject that was in force, and no other',
        )
        t.equal(await storage.blocks.count(subject, now), 0, 'the one that had expired counts no more either')
        const next = fixtures.block({ subject, createdAt: later(3), expiresAt: later(63) })
        t.strictSame(await storage.blocks.add(next), { outcome: 'added' })
        t.equal(await storage.blocks.count(subject, now), 1)
      },
    )

    await t.test('lifting what is over forgets nothing', async t => {
      const purpose = randomUUID()
      const failure = fixtures.failure({ purpose, origin: 'a', subject: 'x' })
      await storage.failures.record(failure, now)
      const block = fixtures.block()
      await storage.blocks.add(block)
      const range = { purpose, origin: 'a', subject: 'x' }
      await storage.blocks.lift(block.id, block.expiresAt, fixtures.audit(), range)
      const again = fixtures.failure({ purpose, origin: 'a', subject: 'x' })
      t.match(await storage.failures.record(again, now), { pair: 2 })
    })

    await t.test(
      'those who lift the blocks of one subject at once do not wait for each other for ever',
      async t => {
        const subject = `ip:secret ${randomUUID()}`
        const made = [60, 120, 180].map(seconds => fixtures.block({ subject, expiresAt: later(seconds) }))
        for (const block of made) await addAnyway(storage, block)
        const results = await race(12, (storage, racer) =>
          storage.blocks.lift(made[racer % 3]?.id ?? '', later(1), fixtures.audit(), NO_FAILURES),
        )
        t.strictSame(tally(results), { lifted: 1, already_over: 11 })
      },
    )

    await t.test('one that has expired, and one that never was, cannot be lifted', async t => {
      const workspaceId = randomUUID()
      const block = fixtures.block({ workspaceId })
      await storage.blocks.add(block)
      const lift = (id: string) =>
        storage.blocks.lift(id, block.expiresAt, fixtures.audit({ workspaceId }), NO_FAILURES)
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
