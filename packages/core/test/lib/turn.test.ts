import t from 'tap'
import { endOfTurn } from '../../src/lib/turn.ts'

t.test('all who wait in one turn go on together, after what had arrived', async t => {
  const order: string[] = []
  const waiting = ['first', 'second'].map(async name => {
    await endOfTurn()
    order.push(name)
    await null
    order.push(`${name} again`)
  })
  process.nextTick(() => order.push('tick'))
  queueMicrotask(() => order.push('microtask'))
  await Promise.all(waiting)
  t.strictSame(order.slice().sort(), ['first', 'first again', 'microtask', 'second', 'second again', 'tick'])
  t.ok(order.indexOf('second') < order.indexOf('first again'), 'no turn lies between the two')
  t.ok(Math.max(order.indexOf('tick'), order.indexOf('microtask')) < order.indexOf('first'))
})

t.test('the next turn has an end of its own', async t => {
  const one = endOfTurn()
  t.equal(endOfTurn(), one)
  await one
  const next = endOfTurn()
  t.not(next, one)
  await next
})
