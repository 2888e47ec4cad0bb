import { fixtures } from '@xwms/storage-contract'
import t from 'tap'
import { memory } from '../src/index.ts'
import { Recent } from '../src/recent.ts'
import { RecentEvents } from '../src/recent-events.ts'

t.test('a full list forgets its oldest entry for each new one', async t => {
  const recent = new Recent<number>(3)
  t.strictSame(recent.list(), [])
  const lists = [[1], [1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6], [5, 6, 7]]
  for (const [index, list] of lists.entries()) {
    recent.push(index + 1)
    t.strictSame(recent.list(), list)
  }
})

t.test(
  'events that others take the place of are known to be missing, and those that are removed',
  async t => {
    const events = new RecentEvents(2)
    const push = (at: string) =>
      events.push({ ...fixtures.meteredRequest({ at: new Date(at) }), id: at, month: new Date('2026-05-01') })
    const complete = (at: string) => t.strictSame(events.completeSince, new Date(at))
    push('2026-05-05T11:00:00Z')
    push('2026-05-05T12:30:00Z')
    complete('1970-01-01T00:00:00Z')
    push('2026-05-05T10:15:00Z')
    complete('2026-05-05T12:00:00Z')
    events.deleteWhere(({ at }) => at < new Date('2026-05-05T11:00:00Z'))
    complete('2026-05-05T12:00:00Z')
    events.deleteWhere(() => true)
    complete('2026-05-05T13:00:00Z')
    t.strictSame(events.list(), [])
  },
)

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
