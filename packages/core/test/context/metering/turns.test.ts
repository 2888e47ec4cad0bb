import t from 'tap'
import { Turns } from '../../../src/context/metering/turns.ts'

const NOW = new Date('2026-05-14T12:00:00Z').getTime()

t.test('a turn comes back by itself after four to five seconds, wherever in a period it began', async t => {
  for (const offset of [0, 1, 400, 999]) {
    const turns = new Turns()
    const taken = NOW + offset
    turns.take(taken)
    t.equal(turns.out(taken), 1)
    t.equal(turns.out(taken + 4000), 1, `${offset} ms into a period`)
    t.equal(turns.out(taken + 5000), 0, `${offset} ms into a period`)
  }
})

t.test('turns come back one period after the other, also where nobody looks meanwhile', async t => {
  const turns = new Turns()
  for (let period = 0; period < 8; period++) turns.take(NOW + period * 1000)
  t.equal(turns.out(NOW + 7000), 5)
  t.equal(turns.out(NOW + 8000), 4)
  t.equal(turns.out(NOW + 10_500), 2)
  t.equal(turns.out(NOW + 86_400_000), 0)
})

t.test('a turn is given back once: what has come back by itself is nobody else’s', async t => {
  const turns = new Turns()
  const early = turns.take(NOW)
  const late = turns.take(NOW + 2000)
  turns.giveBack(late)
  t.equal(turns.out(NOW + 2000), 1)
  turns.giveBack(early)
  t.equal(turns.out(NOW + 2000), 0)
  const forgotten = turns.take(NOW + 2000)
  // Those of the period that has its place in the ring now.
  turns.take(NOW + 7000)
  turns.giveBack(forgotten)
  t.equal(turns.out(NOW + 7000), 1)
})

t.test('a clock that is set back keeps no turn for longer', async t => {
  const turns = new Turns()
  const turn = turns.take(NOW)
  turns.take(NOW)
  const back = NOW - 3_600_000
  t.equal(turns.out(back), 2)
  turns.giveBack(turn)
  t.equal(turns.out(back), 1)
  t.equal(turns.out(back + 4000), 0)
  turns.take(back + 4000)
  t.equal(turns.out(NOW), 0, 'nor does one that is set forward')
})
