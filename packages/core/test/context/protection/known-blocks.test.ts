import { randomUUID } from 'node:crypto'
import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { createKnownBlocks } from '../../../src/context/protection/known-blocks.ts'
import { blockSubject, originOf } from '../../../src/context/protection/trial.ts'
import type { Block } from '../../../src/model/block.ts'
import { NOW } from '../../installation.ts'
import { AUDIT } from '../surroundings.ts'

const PLACE = originOf({ ip: '192.0.2.7' })
const DEVICE = originOf({ ip: '192.0.2.7', device: 'name' })
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)
const NO_FAILURES = { purpose: 'none', origin: undefined, subject: undefined }
const turn = () => new Promise(setImmediate)

function scene(storage = memory()) {
  let time = NOW.getTime()
  const errors: object[] = []
  const quiet = () => {}
  const logger = { debug: quiet, info: quiet, warn: quiet, error: (facts: object) => errors.push(facts) }
  const lifted: string[] = []
  const blocks = createKnownBlocks({ storage, now: () => new Date(time), logger }, ({ subject }) =>
    lifted.push(subject),
  )
  return {
    storage,
    blocks,
    errors,
    lifted,
    pass(seconds: number) {
      time += seconds * 1000
    },
  }
}

const about = (
  kind: 'origin' | 'pair' | 'subject',
  given: Partial<Block> = {},
  place = PLACE.name,
  purpose: 'secret' | 'sign_in' = 'sign_in',
): Block => ({
  id: randomUUID(),
  subject: blockSubject(kind, purpose, place, 'ada'),
  answer: 'block',
  reason: 'credential_stuffing',
  score: 100,
  workspaceId: undefined,
  clientId: undefined,
  exempt: [],
  createdAt: NOW,
  expiresAt: later(60),
  liftedAt: undefined,
  facts: {},
  ...given,
})

t.test('a block that is stored anywhere is known here, until it ends or is lifted', async t => {
  const { storage, blocks, pass } = scene()
  t.equal(blocks.any('sign_in'), false)
  const block = about('origin')
  await storage.blocks.add(block)
  await turn()
  t.equal(blocks.any('sign_in'), true)
  t.equal(blocks.any('secret'), false, 'for nothing else')
  t.strictSame(blocks.find('sign_in', PLACE, 'ada'), block)
  t.equal(blocks.find('sign_in', originOf({ ip: '192.0.2.8' }), 'ada'), undefined)
  await storage.blocks.lift(block.id, NOW, AUDIT, NO_FAILURES)
  await turn()
  t.equal(blocks.find('sign_in', PLACE, 'ada'), undefined)
  t.equal(blocks.any('sign_in'), false)

  await storage.blocks.add(about('origin', { expiresAt: later(120) }))
  await turn()
  pass(119)
  t.equal(blocks.any('sign_in'), true)
  pass(1)
  t.equal(blocks.any('sign_in'), false, 'nothing is left to be looked up')
  t.equal(blocks.find('sign_in', PLACE, 'ada'), undefined)
})

t.test(
  'a block that is lifted ends what stands for its subject here, and whoever remembers more is told',
  async t => {
    const { storage, blocks, lifted, pass } = scene()
    const stored = about('pair')
    await storage.blocks.add(stored)
    await turn()
    // As when two processes come to the same end at once: the one is stored, the other holds here.
    const own = about('pair', { expiresAt: later(90) })
    blocks.add(own)
    pass(1)
    await storage.blocks.lift(stored.id, later(1), AUDIT, NO_FAILURES)
    await turn()
    t.equal(blocks.find('sign_in', PLACE, 'ada'), undefined)
    t.strictSame(lifted, [stored.subject])
    const anew = about('pair', { createdAt: later(2), expiresAt: later(92) })
    blocks.add(anew)
    blocks.add({ ...stored, liftedAt: later(1) })
    t.strictSame(blocks.find('sign_in', PLACE, 'ada'), anew, 'but none that was made since')
  },
)

t.test('what the storage has takes the place of what was added here, if that still stands', t => {
  const { blocks, pass } = scene()
  const own = about('pair', { expiresAt: later(90) })
  t.equal(blocks.has(own.subject), false)
  blocks.add(own)
  t.equal(blocks.has(own.subject), true)
  const stored = about('pair')
  blocks.replace(own, stored)
  t.strictSame(blocks.find('sign_in', PLACE, 'ada'), stored, 'although it ends sooner')
  blocks.add({ ...stored, liftedAt: later(1) })
  blocks.replace(stored, about('pair'))
  t.equal(blocks.has(own.subject), false, 'it was lifted meanwhile')

  const late = about('pair', { createdAt: later(2), expiresAt: later(92) })
  blocks.add(late)
  pass(60)
  blocks.replace(late, stored)
  t.equal(blocks.has(late.subject), false, 'what is over in the storage is over here')
  t.end()
})

t.test('of several blocks the one that holds longest answers', t => {
  const { blocks } = scene()
  const [short, long] = [about('pair'), about('subject', { expiresAt: later(120) })]
  blocks.add(short)
  blocks.add(long)
  t.strictSame(blocks.find('sign_in', PLACE, 'ada'), long)
  blocks.add(about('subject', { expiresAt: later(10) }))
  t.strictSame(blocks.find('sign_in', PLACE, 'ada'), long, 'a shorter one does not replace it')
  t.end()
})

t.test('a known device is held to what it did itself', t => {
  const { blocks } = scene()
  blocks.add(about('origin'))
  blocks.add(about('subject'))
  t.equal(blocks.find('sign_in', DEVICE, 'ada'), undefined)
  const own = about('pair', {}, DEVICE.name)
  blocks.add(own)
  t.strictSame(blocks.find('sign_in', DEVICE, 'ada'), own)
  t.end()
})

t.test('a block does not hold where it is known that the person was before', t => {
  const { blocks } = scene()
  blocks.add(about('subject', { exempt: [PLACE.name] }))
  t.equal(blocks.find('sign_in', PLACE, 'ada'), undefined)
  t.ok(blocks.find('sign_in', originOf({ ip: '192.0.2.8' }), 'ada'))
  t.end()
})

t.test('reading all of them brings what was missed, and lets go of what is over elsewhere', async t => {
  const storage = memory()
  const missed = about('origin')
  await storage.blocks.add(missed)
  const { blocks, pass, lifted } = scene(storage)
  t.equal(blocks.any('sign_in'), false)
  const gone = about('pair', {}, PLACE.name, 'secret')
  blocks.add(gone)
  pass(1)
  const beingStored = about('pair', { createdAt: later(1) })
  blocks.add(beingStored)
  await blocks.ready()
  t.strictSame(blocks.find('sign_in', PLACE, 'grace'), missed)
  t.equal(blocks.any('secret'), false, 'one that is in no storage any more')
  t.strictSame(lifted, [gone.subject], 'it may have been lifted while nothing was heard')
  t.equal(blocks.find('sign_in', PLACE, 'ada')?.id !== undefined, true)
})

t.test('however many there are, so many are kept in memory', t => {
  const { blocks } = scene()
  for (let number = 0; number <= 50_000; number++) blocks.add(about('origin', {}, `place-${number}`))
  const found = (number: number) =>
    blocks.find('sign_in', { name: `place-${number}`, device: false, known: true }, 'x') !== undefined
  t.equal(found(0), false, 'the oldest is forgotten')
  t.equal(found(1), true)
  t.equal(found(50_000), true)
  t.end()
})

t.test('what cannot be read is logged, and what is known goes on to hold', async t => {
  const storage = memory()
  const { blocks, errors } = scene({
    ...storage,
    blocks: { ...storage.blocks, get: () => Promise.reject(new Error('away')) },
  })
  blocks.add(about('origin'))
  await storage.blocks.add(about('pair'))
  await turn()
  t.match(errors, [{ error: { message: 'away' } }])
  t.equal(blocks.any('sign_in'), true)
})

t.test('once closed it hears nothing more', async t => {
  const { storage, blocks } = scene()
  blocks.close()
  await storage.blocks.add(about('origin'))
  await turn()
  t.equal(blocks.any('sign_in'), false)
})
