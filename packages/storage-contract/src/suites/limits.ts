import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const limits: Suite = {
  name: 'limits',
  async run(t, { storage, elsewhere, race }) {
    await t.test('a window admits as many as its limit and counts them', async t => {
      const reservation = fixtures.reservation({ limit: 2 })
      t.strictSame(await storage.limits.admit([reservation]), { admitted: true, used: [1] })
      t.strictSame(await elsewhere.limits.admit([reservation]), { admitted: true, used: [2] })
      t.strictSame(await storage.limits.admit([reservation]), { admitted: false, refusedBy: 0 })
    })

    await t.test('the next window begins at nothing', async t => {
      const reservation = fixtures.reservation({ limit: 1 })
      await storage.limits.admit([reservation])
      const next = { ...reservation, windowStart: later(60), windowEnd: later(120) }
      t.strictSame(await storage.limits.admit([next]), { admitted: true, used: [1] })
      t.strictSame(await storage.limits.admit([reservation]), { admitted: false, refusedBy: 0 })
    })

    await t.test('a limit of nothing admits nobody, no limit at all everybody', async t => {
      const closed = fixtures.reservation({ limit: 0 })
      t.strictSame(await storage.limits.admit([closed]), { admitted: false, refusedBy: 0 })
      t.strictSame(await storage.limits.admit([]), { admitted: true, used: [] })
    })

    await t.test('a limit that was lowered holds at once, one that was raised admits again', async t => {
      const reservation = fixtures.reservation({ limit: 3 })
      for (let request = 0; request < 3; request++) await storage.limits.admit([reservation])
      t.equal((await storage.limits.admit([{ ...reservation, limit: 1 }])).admitted, false)
      t.strictSame(await storage.limits.admit([{ ...reservation, limit: 4 }]), { admitted: true, used: [4] })
    })

    await t.test(
      'a request that one ceiling refuses counts under none; the first without room is named',
      async t => {
        // In an order that is not the alphabet's, because a storage may lock in another than the one it is asked in.
        const wide = fixtures.reservation({ key: 'z wide', limit: 10 })
        const narrow = fixtures.reservation({ key: 'm narrow', limit: 1 })
        const narrowToo = fixtures.reservation({ key: 'a narrow too', limit: 1 })
        t.strictSame(await storage.limits.admit([wide, narrow, narrowToo]), {
          admitted: true,
          used: [1, 1, 1],
        })
        t.strictSame(await storage.limits.admit([wide, narrow, narrowToo]), { admitted: false, refusedBy: 1 })
        t.strictSame(await storage.limits.admit([narrowToo, wide, narrow]), { admitted: false, refusedBy: 0 })
        t.strictSame(await elsewhere.limits.admit([wide]), { admitted: true, used: [2] })
      },
    )

    await t.test('of 200 at once exactly as many are admitted as fit under every ceiling', async t => {
      const roomy = fixtures.reservation({ key: 'rate', limit: 150 })
      const tight = fixtures.reservation({ key: 'quota', limit: 37 })
      const results = await race(200, (storage, racer) =>
        storage.limits.admit(racer % 3 === 0 ? [tight, roomy] : [roomy, tight]),
      )
      t.equal(results.filter(({ admitted }) => admitted).length, 37)
      const probe = await storage.limits.admit([{ ...roomy, limit: 1000 }])
      t.strictSame(probe, { admitted: true, used: [38] }, 'the refused ones were counted nowhere')
    })

    await t.test('windows are told apart by key and by beginning', async t => {
      const [one, two] = [fixtures.reservation({ limit: 1 }), fixtures.reservation({ limit: 1 })]
      const results = await race(2, (storage, racer) => storage.limits.admit([racer === 0 ? one : two]))
      t.strictSame(results, [
        { admitted: true, used: [1] },
        { admitted: true, used: [1] },
      ])
      const unicode = fixtures.reservation({ key: 'rate:ключ 🔑', windowStart: now, limit: 1 })
      t.strictSame(await storage.limits.admit([unicode]), { admitted: true, used: [1] })
      t.strictSame(await elsewhere.limits.admit([unicode]), { admitted: false, refusedBy: 0 })
    })
  },
}
