import { fixtures } from '@xwms/storage-contract'
import t from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { postgres } from '../src/index.ts'
import { together } from './programs/together.ts'

const PROCESSES = 3

t.test('processes that race meet in the database', async t => {
  const database = await freshDatabase()
  const storage = postgres(database.url)
  t.teardown(async () => {
    await storage.close()
    await database.drop()
  })

  await t.test('one of them redeems the code', async t => {
    const client = await fixtures.storedClient(storage)
    const code = fixtures.code(client)
    await storage.codes.create(code)
    const told = await together<string[]>('racer.ts', PROCESSES, [database.url, 'code', code.hash, '40'])
    const outcomes = told.flat()
    t.equal(outcomes.length, PROCESSES * 40)
    t.equal(outcomes.filter(outcome => outcome === 'consumed').length, 1)
    t.equal(outcomes.filter(outcome => outcome === 'replayed').length, PROCESSES * 40 - 1)
  })

  await t.test('together they are admitted as often as the limit says', async t => {
    const told = await together<string[]>('racer.ts', PROCESSES, [database.url, 'limit', 'shared', '80'])
    const admitted = told.map(outcomes => outcomes.filter(outcome => outcome === 'admitted').length)
    t.equal(
      admitted.reduce((sum, count) => sum + count, 0),
      100,
      `admitted ${admitted.join(' + ')}`,
    )
  })
})
