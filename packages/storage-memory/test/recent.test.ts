import { fixtures } from '@xwms/storage-contract'
import t from 'tap'
import { memory } from '../src/index.ts'
import { Recent } from '../src/recent.ts'

t.test('a full list forgets its oldest entry for each new one', async t => {
  const recent = new Recent<number>(3)
  t.strictSame(recent.list(), [])
  const lists = [[1], [1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6], [5, 6, 7]]
  for (const [index, list] of lists.entries()) {
    recent.push(index + 1)
    t.strictSame(recent.list(), list)
  }
})

t.test('changes without end do not fill the memory with their audit', async t => {
  const storage = memory()
  const workspace = fixtures.workspace()
  const entry = (id: string) => fixtures.audit({ id, workspaceId: workspace.id })
  await storage.workspaces.create(workspace, [], entry('aud_first'))
  for (let change = 0; change < 3000; change++) {
    await storage.workspaces.update(workspace, workspace, entry(`aud_${change}`))
  }
  const entries = await storage.audit.list(workspace.id, 5000)
  t.equal(entries.length, 1000)
  t.ok(entries.some(({ id }) => id === 'aud_2999'))
  t.notOk(entries.some(({ id }) => id === 'aud_first'))
})
