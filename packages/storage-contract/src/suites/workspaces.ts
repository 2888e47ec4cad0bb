import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { later } = fixtures

export const workspaces: Suite = {
  name: 'workspaces',
  async run(t, { storage, elsewhere }) {
    await t.test('a workspace comes back as it went in, with its members, oldest first', async t => {
      const billing = { name: 'Müller', addressLines: ['Straße 1', 'Köln'], country: 'DE', vatId: 'DE1' }
      const workspace = fixtures.workspace({
        billing,
        monthlyRequestCap: 2 ** 40,
        monthlySpendCapNanoEuro: 2 ** 50,
      })
      const second = fixtures.member(workspace, { role: 'viewer', createdAt: later(1) })
      const first = fixtures.member(workspace)
      const entry = fixtures.audit({ workspaceId: workspace.id, action: 'workspace.created' })
      await storage.workspaces.create(workspace, [second, first], entry)
      t.strictSame(await elsewhere.workspaces.find(workspace.id), workspace)
      t.strictSame(await elsewhere.workspaces.members(workspace.id), [first, second])
      t.strictSame(await elsewhere.audit.list(workspace.id, 10), [entry])
    })

    await t.test('a workspace may begin without members', async t => {
      const workspace = fixtures.workspace()
      await storage.workspaces.create(workspace, [], fixtures.audit())
      t.strictSame(await storage.workspaces.members(workspace.id), [])
    })

    await t.test('an update replaces everything but the time of creation, and is audited', async t => {
      const workspace = await fixtures.storedWorkspace(storage)
      const changed = fixtures.workspace({
        ...workspace,
        name: 'Neu',
        plan: 'enterprise',
        planStatus: 'inactive',
        monthlyRequestCap: 0,
        monthlySpendCapNanoEuro: 0,
        createdAt: later(1),
      })
      const entry = fixtures.audit({
        workspaceId: workspace.id,
        at: later(1),
        before: { ...workspace, createdAt: 0 },
      })
      t.strictSame(await storage.workspaces.update(workspace, changed, entry), { outcome: 'updated' })
      t.strictSame(await elsewhere.workspaces.find(workspace.id), {
        ...changed,
        createdAt: workspace.createdAt,
      })
      const [newest] = await storage.audit.list(workspace.id, 1)
      t.equal(newest?.id, entry.id)
    })

    await t.test('the plans in use are those that a workspace is on now, with how many are', async t => {
      const ours = fixtures.hash()
      const [gold, silver, größe] = [`gold ${ours}`, `silver ${ours}`, `größe ${ours}`] as const
      const inUse = async () => {
        const plans = await elsewhere.workspaces.plansInUse()
        return plans.filter(({ plan }) => plan.endsWith(ours)).sort((a, b) => (a.plan < b.plan ? -1 : 1))
      }
      t.strictSame(await inUse(), [])
      await fixtures.storedWorkspace(storage, { plan: gold })
      await fixtures.storedWorkspace(storage, { plan: gold, planStatus: 'inactive' })
      const moving = await fixtures.storedWorkspace(storage, { plan: silver })
      const both = { plan: gold, workspaces: 2 }
      t.strictSame(await inUse(), [both, { plan: silver, workspaces: 1 }])
      const entry = fixtures.audit({ workspaceId: moving.id })
      await storage.workspaces.update(moving, { ...moving, plan: größe }, entry)
      t.strictSame(await inUse(), [both, { plan: größe, workspaces: 1 }])
    })

    await t.test(
      'a workspace that is not there is not found, has no members and cannot be updated',
      async t => {
        const workspace = fixtures.workspace()
        const entry = fixtures.audit({ workspaceId: workspace.id })
        t.equal(await storage.workspaces.find(workspace.id), undefined)
        t.strictSame(await storage.workspaces.members(workspace.id), [])
        t.strictSame(await storage.workspaces.update(workspace, workspace, entry), { outcome: 'not_found' })
        t.strictSame(
          await storage.audit.list(workspace.id, 10),
          [],
          'nothing happened, so nothing is audited',
        )
      },
    )
  },
}
