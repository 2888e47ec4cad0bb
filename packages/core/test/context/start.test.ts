import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { Start } from '../../src/context/start.ts'
import { StorageUnavailableError } from '../../src/errors.ts'

const AWAY = new StorageUnavailableError('No PostgreSQL answers.')
const turn = () => new Promise(setImmediate)

/** A start whose attempts fail with these, one after the other, and then succeed. */
function scene(...failures: readonly Error[]) {
  const told: unknown[] = []
  const logged: unknown[] = []
  let attempts = 0
  const quiet = () => {}
  const logger = { debug: quiet, info: quiet, warn: quiet, error: (facts: object) => logged.push(facts) }
  const start = new Start({ logger, outage: { tell: error => told.push(error) } }, async () => {
    const failure = failures[attempts++]
    if (failure === undefined) return
    // As a question to a database does, it outlasts the turn.
    if (failure === AWAY) await wait(5)
    throw failure
  })
  t.teardown(() => start.close())
  return { start, told, logged, attempts: () => attempts }
}

t.test('it begins by itself in the next turn, and once', async t => {
  const { start, attempts } = scene()
  start.inBackground()
  t.equal(attempts(), 0)
  await turn()
  await turn()
  t.equal(start.isDone, true)
  await start.now()
  t.equal(attempts(), 1)
})

t.test('what stands in the way is told, and tried again without anybody asking', async t => {
  const { start, told, attempts } = scene(AWAY)
  start.inBackground()
  while (told.length === 0) await wait(5)
  t.strictSame(told, [AWAY])
  t.equal(start.isDone, false)
  for (let waited = 0; waited < 10_000 && !start.isDone; waited += 50) await wait(50)
  t.equal(start.isDone, true)
  t.equal(attempts(), 2)
})

t.test('whoever waits for it hears of a failure, and the log does not repeat it', async t => {
  const { start, told, attempts } = scene(AWAY)
  start.inBackground()
  await t.rejects(start.now(), AWAY)
  await turn()
  await turn()
  t.strictSame(told, [])
  t.equal(attempts(), 1)
  await start.now()
  t.equal(attempts(), 2)
})

t.test('what is no outage is logged once as long as it is the same', async t => {
  const { start, told, logged } = scene(...Array(2).fill(new Error('A key cannot be read.')))
  start.inBackground()
  for (let waited = 0; waited < 10_000 && !start.isDone; waited += 50) await wait(50)
  t.strictSame(told, [])
  t.match(logged, [{ error: { message: 'A key cannot be read.' } }])
  t.equal(logged.length, 1)
})

t.test('once closed it does not begin', async t => {
  const { start, attempts } = scene()
  start.inBackground()
  start.close()
  await turn()
  await turn()
  t.equal(attempts(), 0)
})
