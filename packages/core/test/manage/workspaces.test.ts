import t from 'tap'
import { createWorkspace, updateWorkspace } from '../../src/manage/workspaces.ts'
import { environment, NOW, OWNER, refusal } from './environment.ts'

t.test('a workspace starts with an active plan and one owner', async t => {
  const env = environment()
  const workspace = await createWorkspace(env, { name: ' Acme ', plan: 'basic', owner: OWNER })
  t.match(workspace, { id: /^ws_/, name: 'Acme', plan: 'basic', planStatus: 'active', createdAt: NOW })
  t.same(await env.storage.workspaces.find(workspace.id), workspace)
  t.same(await env.storage.workspaces.members(workspace.id), [
    { workspaceId: workspace.id, sub: OWNER, role: 'owner', createdAt: NOW },
  ])
})

t.test('the audit names the owner', async t => {
  const env = environment()
  const { id } = await createWorkspace(env, { name: 'Acme', plan: 'basic', owner: OWNER })
  t.match(await env.storage.audit.list(id, 10), [
    { action: 'workspace.created', workspaceId: id, target: id, actor: 'test', after: { owner: OWNER } },
  ])
})

t.test('every bad field is named at once', async t => {
  const attempt = createWorkspace(environment(), { name: '', plan: 'gold', owner: 'ann' })
  t.match(await refusal(attempt), {
    code: 'invalid_input',
    fields: {
      name: 'must not be empty',
      plan: 'must be one of the plans basic, enterprise',
      owner: /sub of a user/,
    },
  })
})

t.test('an operator changes what a workspace is called, holds and may use', async t => {
  const env = environment()
  const before = await createWorkspace(env, { name: 'Acme', plan: 'basic', owner: OWNER })
  const later = { ...env, now: new Date(NOW.getTime() + 1000), actor: 'cli' }
  const changes = {
    name: 'Acme Ltd',
    plan: 'enterprise',
    planStatus: 'inactive',
    monthlyRequestCap: 1000,
    monthlySpendCapNanoEuro: 5_000_000_000,
  } as const
  const after = await updateWorkspace(later, before.id, changes)
  t.strictSame(after, { ...before, ...changes })
  t.same(await env.storage.workspaces.find(before.id), after)
  t.match(await env.storage.audit.list(before.id, 1), [
    {
      action: 'workspace.updated',
      actor: 'cli',
      target: before.id,
      before: { plan: 'basic' },
      after: changes,
    },
  ])
  const removed = { monthlyRequestCap: null, monthlySpendCapNanoEuro: null }
  t.match(await updateWorkspace(env, before.id, removed), {
    name: 'Acme Ltd',
    monthlyRequestCap: undefined,
    monthlySpendCapNanoEuro: undefined,
  })
})

t.test('a ceiling of money may be a bigint, as money is where programs reckon with it', async t => {
  const env = environment()
  const { id } = await createWorkspace(env, { name: 'Acme', plan: 'basic', owner: OWNER })
  const capped = await updateWorkspace(env, id, { monthlySpendCapNanoEuro: 25_000_000_000n })
  t.equal(capped.monthlySpendCapNanoEuro, 25_000_000_000)
  for (const monthlySpendCapNanoEuro of [-1n, 1n << 53n])
    t.match(await refusal(updateWorkspace(env, id, { monthlySpendCapNanoEuro })), { code: 'invalid_input' })
  t.match(await updateWorkspace(env, id, { name: 'B' }), { monthlySpendCapNanoEuro: 25_000_000_000 })
})

t.test('what a workspace cannot become is refused whole', async t => {
  const env = environment()
  const before = await createWorkspace(env, { name: 'Acme', plan: 'basic', owner: OWNER })
  const changes = {
    name: '',
    plan: 'gold',
    planStatus: 'paused',
    monthlyRequestCap: -1,
    monthlySpendCapNanoEuro: 0.5,
    id: 'ws_other',
  }
  t.match(await refusal(updateWorkspace(env, before.id, changes as object)), {
    code: 'invalid_input',
    fields: {
      name: 'must not be empty',
      plan: /must be one of the plans/,
      planStatus: 'must be one of active, inactive',
      monthlyRequestCap: 'must not be negative',
      monthlySpendCapNanoEuro: 'must be a whole number',
      id: /is not known here/,
    },
  })
  t.same(await env.storage.workspaces.find(before.id), before)
  t.match(await refusal(updateWorkspace(env, 'ws_unknown', {})), { code: 'workspace_not_found' })
})
