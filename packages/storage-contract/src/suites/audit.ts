import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { later } = fixtures

export const audit: Suite = {
  name: 'audit',
  async run(t, { storage, elsewhere }) {
    await t.test(
      "a workspace's entries come back as they went in, newest first, at most so many",
      async t => {
        const workspace = fixtures.workspace()
        const entry = (given: Parameters<typeof fixtures.audit>[0]) =>
          fixtures.audit({ workspaceId: workspace.id, ...given })
        const created = entry({
          action: 'workspace.created',
          ip: '::1',
          after: { name: 'ä', nested: [1, { a: null }] },
        })
        const renamed = entry({
          at: later(1),
          actor: fixtures.sub(),
          before: { name: 'ä' },
          after: undefined,
        })
        const again = entry({ at: later(1), action: 'workspace.renamed' })
        await storage.workspaces.create(workspace, [], created)
        await storage.workspaces.update(workspace, workspace, renamed)
        await storage.workspaces.update(workspace, workspace, again)
        t.strictSame(await elsewhere.audit.list(workspace.id, 10), [again, renamed, created])
        t.strictSame(await elsewhere.audit.list(workspace.id, 1), [again])
        t.strictSame(await storage.audit.list('unknown', 10), [])
      },
    )

    await t.test('an entry without a workspace is kept and belongs to nobody', async t => {
      const user = fixtures.user()
      await t.resolves(storage.users.create(user, fixtures.audit()))
      t.strictSame(await storage.audit.list('', 10), [])
    })
  },
}
