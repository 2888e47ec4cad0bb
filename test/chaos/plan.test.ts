import t from 'tap'
import { planFaults } from './plan.ts'
import { SCENES } from './scenes.ts'

const OPTIONS = { seed: 7, seconds: 120, processes: 4 }

t.test('the same seed plans the same, another one something else', async t => {
  const plan = SCENES.refuse.plan(OPTIONS)
  t.strictSame(SCENES.refuse.plan(OPTIONS), plan)
  t.notSame(SCENES.refuse.plan({ ...OPTIONS, seed: 8 }), plan)
})

t.test('everything happens within the time, in order, to every process', async t => {
  const plan = SCENES.refuse.plan(OPTIONS)
  const times = plan.map(({ atMs }) => atMs)
  t.strictSame(
    times,
    [...times].sort((one, other) => one - other),
  )
  t.ok(times.every(atMs => atMs > 0 && atMs < OPTIONS.seconds * 1000))
  const killed = plan.flatMap(fault => (fault.kind === 'kill' ? [fault.process] : []))
  t.strictSame([...new Set(killed)].sort(), [0, 1, 2, 3])
  const stops = plan.flatMap(fault => (fault.kind === 'restart' ? [fault.stop] : []))
  t.strictSame(stops, ['fast', 'crash'])
})

t.test('nobody is killed whose queue is memory', async t => {
  for (const scene of [SCENES.queue, SCENES.admit]) {
    const kinds = scene.plan(OPTIONS).map(({ kind }) => kind)
    t.notOk(kinds.includes('kill'))
    t.ok(kinds.includes('restart'))
  }
})

t.test('what is not asked for does not happen', async t => {
  t.strictSame(planFaults({ ...OPTIONS, every: {}, restarts: 0, awaySeconds: 1, revokes: false }), [])
})
