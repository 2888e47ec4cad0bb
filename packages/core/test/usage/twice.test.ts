import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { StorageUnavailableError } from '../../src/errors.ts'
import { twice } from '../../src/usage/twice.ts'

const CUT = new StorageUnavailableError('The connection broke.')

/** Does these in turn, and tells how often it was asked. */
function steps(...works: readonly (() => Promise<string>)[]) {
  let tried = 0
  return {
    work: () => (works[tried++] as () => Promise<string>)(),
    tried: () => tried,
  }
}

const done = async () => 'done'
const cut = () => Promise.reject(CUT)

t.test('a second attempt is made where the storage seemed to be away, and no third', async t => {
  const mended = steps(cut, done)
  t.equal(await twice(mended.work), 'done')
  const away = steps(cut, cut, done)
  await t.rejects(twice(away.work), CUT)
  t.equal(away.tried(), 2)
  const once = steps(done)
  t.equal(await twice(once.work), 'done')
  t.equal(once.tried(), 1)
})

t.test('what failed for another reason, or after a long time, is not tried again', async t => {
  const wrong = steps(() => Promise.reject(new Error('The disk is full.')), done)
  await t.rejects(twice(wrong.work), { message: 'The disk is full.' })
  t.equal(wrong.tried(), 1)
  const slow = steps(() => wait(550).then(cut), done)
  await t.rejects(twice(slow.work), CUT)
  t.equal(slow.tried(), 1)
})

t.test('whoever waits hears when the second attempt takes long, too, and it goes on', async t => {
  const told: unknown[] = []
  const slow = steps(cut, () => wait(400).then(done))
  t.equal(await twice(slow.work, error => told.push(error)), 'done')
  t.strictSame(told, [CUT])
  const quick = steps(cut, done)
  await twice(quick.work, error => told.push(error))
  await wait(300)
  t.equal(told.length, 1)
})
