import t from 'tap'
import { scene } from './scene.ts'

t.test('a plan says what it costs, includes and allows', async t => {
  const at = await scene()
  const { status, body } = await at.manage(await at.tokenOf('viewer', 'manage:read'), '/plan')
  t.equal(status, 200)
  t.strictSame(body, {
    workspace_id: at.workspaceId,
    plan: 'enterprise',
    status: 'active',
    title: 'Clients Enterprise',
    monthly_fee_nano_euro: '29000000000',
    monthly_fee: 'EUR 29.00',
    included_requests: 100_000,
    hard_cap: false,
    rate_limit: { requests: 60_000, window_seconds: 60, sliding: false },
    clients: null,
    domains: null,
    members: null,
    secrets: null,
  })
})

t.test('of a plan that is configured no more only the name is known', async t => {
  const at = await scene()
  const accessToken = await at.token()
  for (const plan of ['gold', '__proto__']) {
    const workspace = await at.storage.workspaces.find(at.workspaceId)
    if (workspace === undefined) throw new Error('The workspace is gone.')
    await at.storage.workspaces.update(
      workspace,
      { ...workspace, plan, planStatus: 'inactive' },
      {
        id: `aud_${plan}`,
        at: at.now(),
        actor: 'test',
        action: 'workspace.updated',
        workspaceId: workspace.id,
        target: workspace.id,
        ip: undefined,
        before: undefined,
        after: undefined,
      },
    )
    const { body } = await at.manage(accessToken, '/plan')
    t.match(body, { plan, status: 'inactive', title: null, monthly_fee: null, included_requests: null })
  }
})
