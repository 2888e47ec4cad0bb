import t from 'tap'
import { createLimitRefusals } from '../../../src/context/protection/limit-refusals.ts'

t.test('of many refusals a few are told of, and none is lost but the last part', t => {
  const refusals = createLimitRefusals(1000, 600)
  let [told, total] = [0, 0]
  for (let refusal = 0; refusal < 1100; refusal++) {
    const weight = refusals.add('caller')
    if (weight > 0) told++
    total += weight
  }
  t.equal(told, 4)
  t.equal(total, 1000)
  t.end()
})

t.test('callers are counted apart, and a threshold of one tells of each', t => {
  const refusals = createLimitRefusals(8, 600)
  t.strictSame(
    ['a', 'b', 'a', 'b'].map(caller => refusals.add(caller)),
    [0, 0, 2, 2],
  )
  const strict = createLimitRefusals(1, 600)
  t.strictSame([strict.add('a'), strict.add('a')], [1, 1])
  t.end()
})

t.test('what is forgotten counts no more', t => {
  const refusals = createLimitRefusals(8, 600)
  refusals.add('a')
  refusals.add('b')
  refusals.forget('a')
  t.strictSame([refusals.add('a'), refusals.add('b')], [0, 2])
  t.end()
})
