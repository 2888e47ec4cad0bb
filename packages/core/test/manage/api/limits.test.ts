import t from 'tap'
import { updateClient } from '../../../src/manage/clients.ts'
import { updateWorkspace } from '../../../src/manage/workspaces.ts'
import { scene } from './scene.ts'

const NONE = {
  monthly_request_cap: null,
  monthly_spend_cap_nano_euro: null,
  monthly_spend_cap: null,
}

t.test('a workspace sees what its plan and its caps allow', async t => {
  const at = await scene()
  const { status, body } = await at.manage(await at.tokenOf('viewer', 'manage:read'), '/limits')
  t.equal(status, 200)
  t.strictSame(body, {
    workspace_id: at.workspaceId,
    ...NONE,
    included_requests: 100_000,
    hard_cap: false,
    rate_limit: { requests: 60_000, window_seconds: 60, sliding: false },
  })
})

t.test('an owner changes caps one by one, with money exactly as it is written', async t => {
  const at = await scene()
  const accessToken = await at.tokenOf('billing')
  const patch = (json: unknown) => at.manage(accessToken, '/limits', { method: 'PATCH', json })
  t.match((await patch({ monthly_request_cap: 5000 })).body, { ...NONE, monthly_request_cap: 5000 })
  t.match((await patch({ monthly_spend_cap_nano_euro: '9007199254740991' })).body, {
    monthly_request_cap: 5000,
    monthly_spend_cap_nano_euro: '9007199254740991',
    monthly_spend_cap: 'EUR 9007199.254740991',
  })
  t.match((await patch({ monthly_spend_cap_nano_euro: 10_000 })).body, { monthly_spend_cap: 'EUR 0.00001' })
  t.match((await patch({})).body, { monthly_request_cap: 5000, monthly_spend_cap: 'EUR 0.00001' })
  t.match((await patch({ monthly_request_cap: null, monthly_spend_cap_nano_euro: null })).body, NONE)
  const audit = await at.storage.audit.list(at.workspaceId, 10)
  t.match(audit[0], { action: 'workspace.updated', actor: '4714', before: { monthlyRequestCap: 5000 } })
})

t.test('what is no cap is refused whole, every member named', async t => {
  const at = await scene()
  const accessToken = await at.tokenOf('owner')
  const patch = (json: unknown) => at.manage(accessToken, '/limits', { method: 'PATCH', json })
  const { status, body } = await patch({
    monthly_request_cap: -1,
    monthly_spend_cap_nano_euro: '1.5',
    plan: 'enterprise',
    id: 'ws_other',
  })
  t.equal(status, 422)
  t.match(body, {
    code: 'validation_failed',
    fields: {
      monthly_request_cap: 'must not be negative',
      monthly_spend_cap_nano_euro: /whole number/,
      plan: /not known here/,
      id: /not known here/,
    },
  })
  for (const cap of ['5', 0.5, true, [], {}, 2 ** 53])
    t.equal((await patch({ monthly_request_cap: cap })).status, 422, String(cap))
  for (const cap of ['', '-1', '1e3', '0x10', '9007199254740993', '99999999999999999', ' 1', true, {}])
    t.equal((await patch({ monthly_spend_cap_nano_euro: cap })).status, 422, String(cap))
  t.match((await at.manage(accessToken, '/limits')).body, NONE)
})

t.test('where the plan ends, no cap goes beyond', async t => {
  const plans = {
    enterprise: { title: 'Free', monthlyFeeNanoEuro: 0, includedRequests: 1000, hardCap: true },
  }
  const at = await scene({ plans })
  const json = { monthly_request_cap: 1001 }
  t.match(await at.manage(await at.tokenOf('owner'), '/limits', { method: 'PATCH', json }), {
    status: 422,
    body: { fields: { monthly_request_cap: 'must be at most 1000, where the plan ends' } },
  })
})

t.test('the limit of a client is its own or its plan’s; its developer lowers it within the plan', async t => {
  const at = await scene()
  const path = `/clients/${at.shop.client.id}/limits`
  const accessToken = await at.tokenOf('developer')
  const patch = (rate_limit: unknown) =>
    at.manage(accessToken, path, { method: 'PATCH', json: { rate_limit } })
  const ofPlan = {
    client_id: at.shop.client.id,
    name: 'Shop',
    rate_limit: { requests: 60_000, window_seconds: 60, sliding: false },
    rate_limit_of: 'plan',
    rate_limit_set_by: null,
    rate_limit_set_at: null,
    operator_rate_limit: null,
    operator_rate_limit_set_by: null,
    operator_rate_limit_set_at: null,
  }
  t.strictSame((await at.manage(accessToken, path)).body, ofPlan)
  const own = { requests: 100, window_seconds: 60, sliding: true }
  const lowered = await patch(own)
  t.strictSame(lowered.body, {
    ...ofPlan,
    rate_limit: own,
    rate_limit_of: 'client',
    rate_limit_set_by: '4713',
    rate_limit_set_at: at.now().toISOString(),
  })
  t.strictSame((await at.manage(accessToken, path)).body, lowered.body)
  t.match(await at.storage.audit.list(at.workspaceId, 1), [
    { action: 'client.updated', actor: '4713', ip: '203.0.113.10', after: { rateLimitSetBy: '4713' } },
  ])
  t.strictSame((await at.storage.clients.find(at.shop.client.id))?.rateLimit, {
    requests: 100,
    windowSeconds: 60,
    sliding: true,
  })
  t.match(await patch({ requests: 60_001, window_seconds: 60 }), {
    status: 422,
    body: { fields: { rate_limit: /must stay within the plan's 60000 requests in 60 seconds/ } },
  })
  for (const bad of [
    undefined,
    {},
    [],
    '100/60s',
    { requests: 0, window_seconds: 60 },
    { requests: 1, window_seconds: 86_401 },
    { ...own, burst: 1 },
  ])
    t.equal((await patch(bad)).status, 422, JSON.stringify(bad))
  t.strictSame((await patch(null)).body, ofPlan)
})

t.test('a developer chooses within what the operator gave, and is led back to it', async t => {
  const at = await scene()
  const { id } = at.shop.client
  const accessToken = await at.tokenOf('developer')
  const patch = (rate_limit: unknown) =>
    at.manage(accessToken, `/clients/${id}/limits`, { method: 'PATCH', json: { rate_limit } })
  const operator = { ...at.environment, actor: 'cli', now: at.now() }
  await updateClient(operator, id, { rateLimit: { requests: 90_000, windowSeconds: 60 } })
  const given = { requests: 90_000, window_seconds: 60, sliding: false }
  const ofOperator = {
    operator_rate_limit: given,
    operator_rate_limit_set_by: 'cli',
    operator_rate_limit_set_at: at.now().toISOString(),
  }
  const between = { requests: 60_001, window_seconds: 60, sliding: false }
  t.match((await patch(between)).body, {
    rate_limit: between,
    rate_limit_of: 'client',
    rate_limit_set_by: '4713',
    ...ofOperator,
  })
  t.match(await patch({ ...between, requests: 90_001 }), {
    status: 422,
    body: { fields: { rate_limit: /the plan's 60000 .* or the operator's 90000 requests in 60 seconds/ } },
  })
  t.match((await patch(null)).body, { rate_limit: given, rate_limit_set_by: 'cli', ...ofOperator })
})

t.test('a cap and a limit that others change each time a moment before are a conflict', async t => {
  let overtaken = false
  const at = await scene({}, {}, storage => ({
    ...storage,
    workspaces: {
      ...storage.workspaces,
      update: async (...given) =>
        overtaken ? { outcome: 'outdated' } : await storage.workspaces.update(...given),
    },
    clients: {
      ...storage.clients,
      update: async (...given) => (overtaken ? { outcome: 'outdated' } : storage.clients.update(...given)),
    },
  }))
  const accessToken = await at.tokenOf('owner')
  const asked = [
    ['/limits', { monthly_request_cap: 5 }],
    [`/clients/${at.shop.client.id}/limits`, { rate_limit: { requests: 5, window_seconds: 60 } }],
  ] as const
  for (const [path, json] of asked) {
    overtaken = true
    const { status, headers, body } = await at.manage(accessToken, path, { method: 'PATCH', json })
    t.equal(status, 409)
    t.match(headers, { 'content-type': 'application/problem+json' })
    t.match(body, { code: 'changed_meanwhile', fix: /ask again/ })
    overtaken = false
    t.equal((await at.manage(accessToken, path, { method: 'PATCH', json })).status, 200)
  }
})

t.test('whoever may not change a limit does not', async t => {
  const at = await scene()
  const ofClient = `/clients/${at.shop.client.id}/limits`
  const cap = { monthly_request_cap: 5 }
  const limit = { rate_limit: { requests: 1, window_seconds: 60 } }
  const table: [accessToken: string, path: string, json: object, code: string][] = [
    [await at.tokenOf('owner', 'manage:read'), '/limits', cap, 'insufficient_scope'],
    [await at.token({ scope: 'manage:read' }), ofClient, limit, 'insufficient_scope'],
    [await at.tokenOf('viewer'), '/limits', cap, 'not_permitted'],
    [await at.tokenOf('viewer'), ofClient, limit, 'not_permitted'],
    [await at.tokenOf('developer'), '/limits', cap, 'not_permitted'],
    [await at.tokenOf('billing'), ofClient, limit, 'not_permitted'],
    [await at.token(), '/limits', cap, 'not_permitted'],
    [await at.tokenOf(undefined), '/limits', cap, 'workspace_not_found'],
  ]
  for (const [accessToken, path, json, code] of table)
    t.equal((await at.manage(accessToken, path, { method: 'PATCH', json })).body.code, code)
  t.match((await at.manage(await at.token(), '/limits')).body, NONE)
  t.match((await at.manage(await at.token(), ofClient)).body, { rate_limit_of: 'plan' })

  const { body } = await at.manage(await at.token(), '/limits', { method: 'PATCH', json: cap })
  t.match(body, {
    detail: 'A client that acts for itself is not permitted limits:change in this workspace.',
    fix: /; a client that acts for itself needs the token of a member whose role allows it\.$/,
  })
  t.notMatch(body.title, /role/, 'a client has none')
})

t.test('the client of somebody else is not there', async t => {
  const at = await scene()
  const other = await at.client()
  const accessToken = await at.token()
  for (const id of [other.client.id, 'cl_unknown']) {
    for (const asked of [{}, { method: 'PATCH', json: { rate_limit: null } }])
      t.match(await at.manage(accessToken, `/clients/${id}/limits`, asked), {
        status: 404,
        body: { code: 'client_not_found' },
      })
  }
})

t.test('where the plan is configured no more, nothing is changed', async t => {
  const at = await scene()
  const accessToken = await at.tokenOf('owner')
  const plans = { gone: { title: 'Gone', monthlyFeeNanoEuro: 0, includedRequests: 1, hardCap: false } }
  await updateWorkspace({ ...at.environment, plans }, at.workspaceId, { plan: 'gone' })
  const json = { monthly_request_cap: 5 }
  t.match(await at.manage(accessToken, '/limits', { method: 'PATCH', json }), {
    status: 409,
    body: { code: 'unknown_plan' },
  })
  t.match((await at.manage(accessToken, '/limits')).body, {
    ...NONE,
    included_requests: null,
    rate_limit: null,
  })
})
