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

  await t.test('changes of one workspace all hold, each made to what the one before it left', async t => {
    const TIMES = 10
    const workspace = await fixtures.storedWorkspace(storage)
    await together<string[]>('racer.ts', PROCESSES, [database.url, 'workspace', workspace.id, String(TIMES)])
    const entries = (await storage.audit.list(workspace.id, 100)).reverse().slice(1)
    t.equal(entries.length, PROCESSES * TIMES)
    const changes = new Set<string>()
    for (const [index, { before, after }] of entries.entries()) {
      t.strictSame(before, entries[index - 1]?.after ?? JSON.parse(JSON.stringify(workspace)))
      const changed = Object.entries(after ?? {}).filter(([member, value]) => before?.[member] !== value)
      t.equal(changed.length, 1, 'one member each')
      changes.add(String(changed[0]))
    }
    t.equal(changes.size, PROCESSES * TIMES, 'and none of another twice')
    t.strictSame(
      JSON.parse(JSON.stringify(await storage.workspaces.find(workspace.id))),
      entries.at(-1)?.after,
    )
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
