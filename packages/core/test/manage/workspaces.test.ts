import t from 'tap'
import { createWorkspace } from '../../src/manage/workspaces.ts'
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
