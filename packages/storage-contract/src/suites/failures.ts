import { randomUUID } from 'node:crypto'
import type { Failure } from '@xwms/core'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const failures: Suite = {
  name: 'failures',
  async run(t, { storage, elsewhere, race }) {
    /** Failures of a purpose of their own, so that tests do not count each other's. */
    function trial() {
      const purpose = randomUUID()
      return (origin: string, subject: string, given: Partial<Failure> = {}) =>
        fixtures.failure({ purpose, origin, subject, ...given })
    }

    await t.test('counts by origin, by subject and by both, one’s own included', async t => {
      const of = trial()
      const { failures } = storage
      t.strictSame(await failures.record(of('a', 'x'), now), {
        pair: 1,
        origin: 1,
        originSubjects: 1,
        subject: 1,
        subjectOrigins: 1,
        originTriedAt: undefined,
        pairTriedAt: undefined,
        subjectTriedAt: undefined,
      })
      await failures.record(of('a', 'y', { at: later(1), weight: 3 }), now)
      await failures.record(of('b', 'x', { at: later(2) }), now)
      await failures.record(trial()('a', 'x'), now)
      t.strictSame(await elsewhere.failures.record(of('a', 'x', { at: later(3) }), now), {
        pair: 2,
        origin: 5,
        originSubjects: 2,
        subject: 3,
        subjectOrigins: 2,
        originTriedAt: later(1),
        pairTriedAt: now,
        subjectTriedAt: later(2),
      })
    })

    await t.test('what lies before the time asked for no longer counts', async t => {
      const of = trial()
      await storage.failures.record(of('a', 'x'), now)
      const counts = await elsewhere.failures.record(of('a', 'x', { at: later(60) }), later(1))
      t.equal(counts.pair, 1)
      t.equal(counts.originSubjects, 1)
      t.equal(counts.pairTriedAt, undefined)
    })

    await t.test('of a hundred at once each counts all before it', async t => {
      const of = trial()
      const results = await race(100, (storage, racer) =>
        storage.failures.record(of('a', `x${racer % 4}`), now),
      )
      const sorted = (counts: readonly number[]) => counts.toSorted((a, b) => a - b)
      t.strictSame(
        sorted(results.map(({ origin }) => origin)),
        Array.from({ length: 100 }, (_, index) => index + 1),
      )
      t.equal(Math.max(...results.map(({ originSubjects }) => originSubjects)), 4)
      t.equal(results.filter(({ pairTriedAt }) => pairTriedAt === undefined).length, 4)
    })

    await t.test('crossed pairs never wait for each other for ever', async t => {
      const of = trial()
      const results = await race(60, (storage, racer) =>
        storage.failures.record(of(`o${racer % 3}`, `s${(racer >> 1) % 3}`), now),
      )
      t.equal(Math.max(...results.map(({ origin }) => origin)), 20)
    })

    await t.test('one is taken back, or all of a subject from one origin', async t => {
      const of = trial()
      const mistake = of('a', 'x')
      await storage.failures.record(mistake, now)
      await elsewhere.failures.forget(mistake.id)
      await elsewhere.failures.forget('unknown')
      t.equal((await storage.failures.record(of('a', 'x'), now)).pair, 1)
      await storage.failures.record(of('a', 'y'), now)
      await storage.failures.record(of('b', 'x'), now)
      await elsewhere.failures.forgive({ purpose: mistake.purpose, origin: 'a', subject: 'x' })
      const counts = await storage.failures.record(of('a', 'x'), now)
      t.match(counts, { pair: 1, origin: 2, subject: 2 })
    })

    await t.test('all from one origin are taken back, or all of one subject, and no others', async t => {
      for (const [range, left] of [
        [
          { origin: 'a', subject: undefined },
          { pair: 1, origin: 1, originSubjects: 1, subject: 2 },
        ],
        [
          { origin: undefined, subject: 'x' },
          { pair: 1, origin: 2, originSubjects: 2, subject: 1 },
        ],
      ] as const) {
        const [of, other] = [trial(), trial()]
        const { purpose } = of('a', 'x')
        for (const failure of [of('a', 'x'), of('a', 'y'), of('b', 'x'), of('b', 'y'), other('a', 'x')])
          await storage.failures.record(failure, now)
        await elsewhere.failures.forgive({ purpose, ...range })
        t.match(await storage.failures.record(of('a', 'x'), now), left)
        t.match(await storage.failures.record(other('a', 'x'), now), { pair: 2 }, 'of the other purpose')
      }
    })
  },
}
